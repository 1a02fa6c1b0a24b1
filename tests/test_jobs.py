"""Jobs as real processes: started, queued, stopped, killed, and found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from vae_core.errors import LoupeError
from vae_core.runs import jobs, locks, slots, store, work
from vae_core.settings import PROJECT, Settings
from vae_core.spec.config import Config

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32:gelu", epochs=3)
OPENING = (
    "import os, sys, time; from pathlib import Path\n"
    "from vae_core import settings; from vae_core.errors import LoupeError; from vae_core.runs import jobs, store\n"
    "here = settings.load(); run = store.open_run(here, sys.argv[-1])\n"
)
UNTIL_STOPPED = OPENING + (
    "with jobs.hold(run):\n"
    "    print('begun', os.getpid(), flush=True); run.set_status(epoch=1)\n"
    "    while not jobs.stop_requested(run): time.sleep(0.01)\n"
    "    run.set_status(state='stopped')\n"
)
AT_ONCE = OPENING + (
    "with jobs.hold(run):\n"
    "    (here.checkpoints / 'order.txt').open('a').write(run.id + '\\n'); run.set_status(state='done')\n"
)
DEAF = OPENING + "with jobs.hold(run):\n    while True: time.sleep(60)\n"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(cache=tmp_path / "cache", checkpoints=tmp_path / "checkpoints")
    yield settings
    for line in store.list_runs(settings):
        status = store.open_run(settings, line.id).status()
        if locks.alive(status["pid"], status["pid_started"]):
            os.kill(status["pid"], signal.SIGTERM)


def new(settings: Settings, owner: str = "Ada", seed: int = 0) -> store.Run:
    return store.create(settings, replace(CONFIG, seed=seed), {}, owner=owner)


def start(settings: Settings, run: store.Run, script: str = UNTIL_STOPPED) -> int:
    return jobs.start(settings, run, command=(sys.executable, "-c", script))


def running(settings: Settings, run: store.Run, script: str = UNTIL_STOPPED) -> int:
    pid = start(settings, run, script)
    eventually(lambda: run.state() == "running", run)
    return pid


def waiting(settings: Settings, run: store.Run, script: str = UNTIL_STOPPED) -> int:
    pid = start(settings, run, script)
    eventually(lambda: jobs.place(settings, run) is not None, run)
    return pid


def child(script: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment}, text=True, **pipes)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    eventually(lambda: not psutil.pid_exists(pid))


def eventually(condition: Callable[[], object], run: store.Run | None = None, seconds: float = 30) -> None:
    tick, end = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, run and (run.status(), run.log.read_text())
        tick.wait(0.01)


# Start, stop, kill


def test_a_job_runs_apart_from_who_started_it_until_it_is_stopped(settings: Settings) -> None:
    run = new(settings)
    pid = running(settings, run)
    status = run.status()
    assert status["pid"] == pid and locks.alive(pid, status["pid_started"])
    assert not locks.alive(pid, status["pid_started"] - 60), "another process of the same number"
    assert psutil.Process(pid).cwd() == str(PROJECT)
    if sys.platform != "win32":
        assert os.getsid(pid) == pid and psutil.Process(pid).nice() >= jobs.NICENESS
    assert jobs.request_stop(run) == "running"
    eventually(lambda: run.state() == "stopped", run)
    assert run.log.read_text() == f"begun {pid}\n"


def test_no_dead_child_stays_in_the_process_table(settings: Settings) -> None:
    run = new(settings)
    pid = start(settings, run, AT_ONCE)
    eventually(lambda: not psutil.pid_exists(pid), run)
    assert run.state() == "done" and run.status()["pid"] is None
    assert jobs.request_stop(run) == "done" and not run.stop_requested()


def test_waiting_for_a_job_returns_at_its_end(settings: Settings) -> None:
    run = new(settings)
    jobs.start(settings, run, wait=True, command=(sys.executable, "-c", AT_ONCE))
    assert run.state() == "done"


def test_a_killed_job_is_interrupted_and_can_be_started_again(settings: Settings) -> None:
    run = new(settings)
    kill(running(settings, run))
    assert run.status()["state"] == "running", "nobody was there to write anything else"
    assert jobs.state(run) == "interrupted" and store.list_runs(settings)[0].state == "interrupted"
    start(settings, run, AT_ONCE)
    eventually(lambda: run.state() == "done", run)
    with pytest.raises(LoupeError, match="what has finished does not change"):
        start(settings, run, AT_ONCE)


def test_a_job_outlives_the_server_that_started_it(settings: Settings) -> None:
    run = new(settings)
    script = OPENING + (
        "jobs.start(here, run, command=(sys.executable, '-c', sys.argv[1])); print('up', flush=True); input()\n"
    )
    server = child(script, UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints))
    assert server.stdout is not None and server.stdout.readline() == "up\n"
    eventually(lambda: run.state() == "running", run)
    server.kill()
    server.communicate()
    assert run.state() == "running" and locks.alive(run.status()["pid"], run.status()["pid_started"])
    jobs.request_stop(run)
    eventually(lambda: run.state() == "stopped", run)


def test_two_that_start_one_run_get_one_process(settings: Settings) -> None:
    run = new(settings)
    script = OPENING + (
        "print('ready', flush=True); input()\n"
        "try: print(jobs.start(here, run, command=(sys.executable, '-c', sys.argv[1])))\n"
        "except LoupeError as error: print(error)\n"
    )
    both = [child(script, UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints)) for _ in range(2)]
    for one in both:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = sorted(one.communicate()[0].strip() for one in both)
    eventually(lambda: "begun" in run.log.read_text(), run)
    assert said[0] == str(run.status()["pid"]) and f"{run.id} is already" in said[1]
    with pytest.raises(LoupeError, match="is already running"):
        start(settings, run)
    jobs.request_stop(run)
    eventually(lambda: not run.has_process(), run)
    assert run.log.read_text().count("begun") == 1


def test_who_has_a_run_has_it_alone(settings: Settings) -> None:
    run = new(settings)
    running(settings, run)
    second = child(UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints))
    assert f"{run.id} is already running" in second.communicate()[0]
    with pytest.raises(LoupeError, match="is at work. Stop it first"):
        store.remove(run)
    assert run.state() == "running" and run.path.exists()


def test_a_process_that_is_still_loading_is_neither_lost_nor_started_twice(settings: Settings) -> None:
    run = new(settings)
    pid = start(settings, run, "input_never_comes = __import__('threading').Event().wait()")
    assert run.state() == "queued" and jobs.place(settings, run) is None
    with pytest.raises(LoupeError, match="is already queued"):
        start(settings, run)
    kill(pid)
    assert run.state() == "interrupted"


def test_a_job_that_is_stopped_while_it_loads_never_begins(settings: Settings) -> None:
    run, gate = new(settings), settings.checkpoints / "gate.txt"
    wait = f"while not Path({str(gate)!r}).exists(): time.sleep(0.01)\n"
    start(settings, run, OPENING + wait + UNTIL_STOPPED)
    assert jobs.request_stop(run) == "stopped"
    gate.touch()
    eventually(lambda: not run.has_process(), run)
    assert run.status()["state"] == "stopped" and not run.stop_requested()
    eventually(lambda: "stopped before its turn came" in run.log.read_text(), run)
    assert "begun" not in run.log.read_text()


def test_a_run_that_nobody_starts_is_not_queued_for_ever(settings: Settings) -> None:
    run = new(settings)
    assert run.state() == "queued"
    long_ago = time.time() - work.GRACE_SECONDS - 1
    os.utime(run.path / work.STATUS_FILE, (long_ago, long_ago))
    assert run.state() == "interrupted"


def test_a_run_that_nobody_started_can_be_stopped(settings: Settings) -> None:
    run = new(settings)
    assert jobs.request_stop(run) == "stopped" and run.status()["state"] == "stopped"


def test_a_stop_that_a_killed_job_never_saw_does_not_stop_the_next(settings: Settings) -> None:
    run = new(settings)
    pid = running(settings, run, DEAF)
    jobs.request_stop(run)
    kill(pid)
    assert run.state() == "interrupted" and run.stop_requested()
    foreground = child(UNTIL_STOPPED, run.id, LOUPE_CHECKPOINTS=str(settings.checkpoints))
    eventually(lambda: run.state() == "running" and run.status()["pid"] == foreground.pid, run)
    assert not run.stop_requested()
    jobs.request_stop(run)
    foreground.communicate()
    assert foreground.returncode == 0 and run.state() == "stopped"


def test_a_command_that_cannot_run_is_told(settings: Settings) -> None:
    run = new(settings)
    with pytest.raises(LoupeError, match="No process could be started"):
        jobs.start(settings, run, command=("no-such-python",))
    assert run.state() == "failed" and "No process could be started" in run.status()["error"]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [("LoupeError('The loss is no number')", "failed"), ("KeyboardInterrupt()", "interrupted")],
)
def test_whatever_ends_a_job_it_leaves_a_final_state(settings: Settings, trouble: str, state: str) -> None:
    run = new(settings)
    start(settings, run, OPENING + f"with jobs.hold(run):\n    run.add_progress({{'step': 1}}); raise {trouble}\n")
    eventually(lambda: run.state() == state, run)
    assert run.status()["error"] == ("The loss is no number." if state == "failed" else None)
    eventually(lambda: not run.has_process(), run)
    assert run.progress() == [] and run.status()["pid"] is None


def test_a_job_whose_folder_is_deleted_ends_and_frees_its_slot(settings: Settings) -> None:
    run, other = new(settings), new(settings)
    pid = running(settings, run, OPENING + "with jobs.hold(run):\n    while True: run.set_status(epoch=1)\n")
    hidden = settings.checkpoints / ".gone"
    os.replace(run.path, hidden)
    eventually(lambda: not psutil.pid_exists(pid))
    assert "is gone" in (hidden / "log.txt").read_text() and not run.path.exists()
    running(settings, other)


def test_the_settings_here_are_the_settings_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_DATA", "/from/the/environment")
    run, wanted = new(settings), replace(settings, train_slots=3, host="0.0.0.0")
    jobs.start(wanted, run, wait=True, command=(sys.executable, "-c", OPENING + "print(here)\n"))
    assert run.log.read_text() == f"{wanted}\n"


# The queue


def test_the_second_job_waits_until_the_first_is_dead(settings: Settings) -> None:
    first, second, third = (new(settings, seed=seed) for seed in range(3))
    pid = running(settings, first)
    waiting(settings, second)
    waiting(settings, third)
    assert [jobs.place(settings, run) for run in (first, second, third)] == [None, 1, 2]
    assert [line.state for line in store.list_runs(settings)] == ["queued", "queued", "running"]
    kill(pid)
    eventually(lambda: second.state() == "running", second)
    assert jobs.place(settings, third) == 1 and third.state() == "queued"


def test_as_many_run_as_there_are_slots(settings: Settings) -> None:
    two = replace(settings, train_slots=2)
    runs = [new(two, seed=seed) for seed in range(4)]
    pids = [start(two, run) for run in runs]
    eventually(lambda: sorted(run.state() for run in runs) == ["queued", "queued", "running", "running"])
    eventually(lambda: sorted(jobs.place(two, run) or 0 for run in runs) == [0, 0, 1, 2])
    kill(next(pid for pid, run in zip(pids, runs, strict=True) if run.state() == "running"))
    eventually(lambda: sorted(run.state() for run in runs) == ["interrupted", "queued", "running", "running"])


def test_a_queued_job_is_stopped_at_once_and_a_killed_one_is_forgotten(settings: Settings) -> None:
    first, second, third, fourth = (new(settings, seed=seed) for seed in range(4))
    running(settings, first)
    pids = {run.id: waiting(settings, run) for run in (second, third, fourth)}
    assert jobs.request_stop(second) == "stopped"
    kill(pids[third.id])
    assert third.state() == "interrupted"
    eventually(lambda: jobs.place(settings, fourth) == 1)
    eventually(lambda: not psutil.pid_exists(pids[second.id]))
    assert second.status()["state"] == "stopped" and "begun" not in second.log.read_text()
    assert not second.stop_requested() and first.state() == "running"


def test_owners_take_turns(settings: Settings) -> None:
    first = new(settings, "Ada")
    running(settings, first)
    queued = [new(settings, owner, seed) for seed, owner in enumerate(["Ada", "Ada", "Bo", "Bo", "Cy"], start=1)]
    for run in queued:
        waiting(settings, run, AT_ONCE)
    ada, ada_2, bo, bo_2, cy = queued
    fair = [bo, cy, ada, bo_2, ada_2]
    assert [jobs.place(settings, run) for run in fair] == [1, 2, 3, 4, 5]
    jobs.request_stop(first)
    eventually(lambda: all(run.state() == "done" for run in queued))
    assert (settings.checkpoints / "order.txt").read_text().split() == [run.id for run in fair]


@pytest.mark.parametrize(
    ("waiting", "served", "order"),
    [
        ("a1 a2 a3", {}, "a1 a2 a3"),
        ("a1 a2 b3 c4", {}, "a1 b3 c4 a2"),
        ("a1 b2", {"a": 7, "b": 3}, "b2 a1"),
        ("a1 a2 b3 b4 c5", {"a": 1, "b": 2}, "c5 a1 b3 a2 b4"),
    ],
)
def test_the_order_of_the_queue(waiting: str, served: dict[str, int], order: str) -> None:
    tickets = {token: f"{token[1]}~{token[0]}~run~x.ticket" for token in waiting.split()}
    assert slots.in_order(reversed(tickets.values()), served) == [tickets[token] for token in order.split()]


def test_spoiled_books_of_the_queue_stop_nobody(settings: Settings) -> None:
    line = slots.line_of(settings, "train")
    line.tickets.mkdir(parents=True)
    line.turns.write_text("not JSON")
    (line.tickets / "0000000001.000000~x~y~dead.ticket").write_text("")
    run = new(settings)
    start(settings, run, AT_ONCE)
    eventually(lambda: run.state() == "done", run)
    assert len(line.served()) == 1


def test_dead_tickets_are_tidied_away(settings: Settings) -> None:
    line = slots.line_of(settings, "train")
    line.tickets.mkdir(parents=True)
    dead = line.tickets / "0000000001.000000~x~y~dead.ticket"
    dead.write_text("")
    os.utime(dead, (1, 1))
    run = new(settings)
    start(settings, run, AT_ONCE)
    eventually(lambda: run.state() == "done" and not run.has_process(), run)
    assert list(line.tickets.iterdir()) == []


def test_looking_at_a_lock_takes_it_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.held(path) and not path.exists()
    lock = locks.take(path, 0)
    assert lock is not None and locks.held(path) and locks.take(path, 0) is None
    lock.release()
    looking, stop = [], threading.Event()

    def look() -> None:
        while not stop.is_set():
            looking.append(locks.held(path))

    watchers = [threading.Thread(target=look) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    eventually(lambda: len(looking) > 2000)
    stop.set()
    for watcher in watchers:
        watcher.join()
    assert not any(looking), "two that look must not take each other for the holder"
