"""Ray without a Ray: what its dashboard is asked, by a server that answers as it would, and what is told of its words.

tests/engines trains on a real one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from support import environment, settings_in
from workers import AT_ONCE, child, new

from vae_core.errors import LoupeError
from vae_core.place import Place
from vae_core.runs import jobs, locks, store
from vae_core.runs.places import ray
from vae_core.runs.places.job import Asked, Job
from vae_core.runs.work import LEASE
from vae_core.settings import Settings

SAYS = {  # status and error of a job: the state of the run, and what is told of it
    ("PENDING", None): ("queued", "Waiting in Ray: no machine is free."),
    ("RUNNING", None): ("running", ""),
    ("STOPPED", None): ("interrupted", "Ray ended it: it was stopped there."),
    ("FAILED", "JOB_SUPERVISOR_ACTOR_DIED"): ("interrupted", "Ray ended it: its machine failed."),
    ("FAILED", "SOMETHING_NEW"): ("interrupted", "Ray ended it: something new."),
    ("FAILED", None): ("interrupted", "Ray ended it: failed."),
}


@dataclass
class Dashboard:
    """What Ray says: its jobs, by name; a sentence where it refuses all."""

    jobs: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuses: str = ""

    def answer(self, method: str, path: str, document: dict[str, object]) -> object:
        self.asked.append(f"{method} {path}")
        name = path.removeprefix("/api/jobs/")
        if document:
            self.jobs[str(document["submission_id"])] = {"status": "PENDING", "error_type": None, **document}
        return self.jobs.get(name) if name and method == "GET" else list(self.jobs.values())


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


@contextmanager
def _serving(dashboard: Dashboard) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802  # so the class has it
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = dashboard.answer(self.command, self.path, json.loads(body or "{}"))
            self.send_response(500 if dashboard.refuses else 200 if found is not None else 404)
            self.end_headers()
            self.wfile.write((dashboard.refuses or json.dumps(found)).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def cluster(tmp_path: Path, dashboard: Dashboard) -> Iterator[Settings]:
    with _serving(dashboard) as address:
        yield settings_in(tmp_path, places=(Place("cluster", "ray", address, memory="2G", gpus=1),))


@pytest.mark.parametrize("said", SAYS)
def test_what_ray_says_is_told_in_words(cluster: Settings, dashboard: Dashboard, said: tuple[str, str | None]) -> None:
    run = new(cluster)
    run.set_job(Job("cluster", "ray", "7"))
    run.set_status(state="running")
    dashboard.jobs["loupe-7"] = {"submission_id": "loupe-7", "status": said[0], "error_type": said[1]}
    dashboard.jobs["raysubmit_another"] = {"submission_id": "raysubmit_another", "status": "RUNNING"}
    assert (run.state(), run.told()) == SAYS[said]
    assert store.list_runs(cluster)[0].told == run.told() and run.has_process() == (run.state() != "interrupted")
    assert dashboard.asked == ["GET /api/jobs/"], "one question, however many look"


def test_a_run_is_sent_with_what_it_asks_for_and_taken_back(cluster: Settings, dashboard: Dashboard) -> None:
    run = new(cluster)
    number = jobs.start(cluster, run, place="cluster")
    (sent,) = dashboard.jobs.values()
    wanted = {"entrypoint_num_cpus": 1, "entrypoint_num_gpus": 1, "entrypoint_memory": 2 * 2**30}
    assert wanted.items() <= sent.items() and sent["submission_id"] == f"loupe-{number}"
    assert str(run.script) in str(sent["entrypoint"]) and "runtime_env" not in sent
    assert (run.state(), run.has_process()) == ("queued", True)
    assert jobs.request_stop(run) == "stopped" and f"POST /api/jobs/loupe-{number}/stop" in dashboard.asked
    assert not run.has_process() and sent["status"] == "PENDING", "Ray says so until it has a machine"
    assert jobs.start(cluster, run) > number, "it may be sent again at once, to where it was"


def test_one_that_runs_is_left_to_see_its_stop(cluster: Settings, dashboard: Dashboard) -> None:
    run = new(cluster)
    number = jobs.start(cluster, run, place="cluster")
    dashboard.jobs[f"loupe-{number}"]["status"] = "RUNNING"
    run.set_status(state="running")
    assert jobs.request_stop(run) == "running" and run.stop_requested()
    assert not [line for line in dashboard.asked if line.endswith("/stop")]


@pytest.mark.skipif(sys.platform == "win32", reason="no cluster runs Windows")
def test_a_job_that_was_taken_back_or_sent_anew_does_nothing(cluster: Settings) -> None:
    run = new(cluster)
    for now in (None, Job("cluster", "ray", "8")):
        run.set_job(now)
        stray = child(AT_ONCE, run.id, **{**environment(cluster), ray.NUMBER: "7"})
        assert "taken back or sent anew" in stray.communicate(timeout=60)[0] and stray.returncode
        assert run.status()["state"] == "queued" and not locks.held(run.lock) and run.job() == now


def test_what_ray_refuses_and_where_there_is_none_is_a_sentence(cluster: Settings, dashboard: Dashboard) -> None:
    run = new(cluster)
    dashboard.refuses = "Traceback\n  File\nValueError: no such thing."
    with pytest.raises(LoupeError, match=r"could not be sent to cluster\. Ray said: ValueError: no such thing\."):
        jobs.start(cluster, run, place="cluster")
    assert run.state() == "failed" and run.job() is None
    gone = replace(cluster, places=(Place("cluster", "ray", "http://127.0.0.1:9"),))
    with pytest.raises(LoupeError, match=r"no Ray answers at http://127\.0\.0\.1:9\."):
        jobs.start(gone, run, place="cluster")


def test_while_ray_does_not_answer_the_lease_says_whether_it_lives(cluster: Settings, dashboard: Dashboard) -> None:
    run = new(cluster)
    run.set_job(Job("cluster", "ray", "7"))
    dashboard.refuses = "not now"
    assert (run.state(), run.told()) == ("queued", "Ray does not answer.")
    run.set_status(state="running")
    lease = run.take_lease()
    assert (run.state(), run.has_process()) == ("running", True)
    lease.release()
    assert (run.state(), run.has_process()) == ("interrupted", False) and "not heard of" in run.told()
    assert (run.path / LEASE).exists()


def test_a_place_that_is_taken_out_of_the_settings_has_no_jobs(cluster: Settings, dashboard: Dashboard) -> None:
    run = new(replace(cluster, places=()))
    run.set_job(Job("cluster", "ray", "7"))
    assert run.state() == "interrupted" and run.told() == "cluster is no place of loupe.toml any more."


@pytest.mark.skipif(sys.platform == "win32", reason="no cluster runs Windows")
def test_what_the_job_says_is_in_the_log_of_its_run(tmp_path: Path) -> None:
    says = (sys.executable, "-c", "import os; print(os.environ['A'], os.getcwd())")
    odd = tmp_path / "a folder's name"
    odd.mkdir()
    asked = Asked("a run", says, {"A": "it's $HOME"}, {}, odd, odd / "job.sh", odd / "log.txt")
    done = subprocess.run(["bash", "-c", ray.script(Place("cluster", "ray", "http://a"), asked)], capture_output=True)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)
    assert (odd / "log.txt").read_text() == f"it's $HOME {odd}\n"
