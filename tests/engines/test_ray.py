"""Trainings on a real Ray of a head and two workers: to the end, taken back, without a worker, without the head."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import support
from ray_cluster import RAY, WORKERS, Ray
from support import eventually, run_cli, settings_in, train
from trainings import WHOLE, alike

from vae_core.place import Place, written
from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not RAY.exists(), reason="no Ray: make ray"),
]
BROAD = replace(WHOLE, epochs=4, steps=1500)  # so that much may happen within an epoch
LONG = replace(BROAD, epochs=300)
Sent = Callable[..., Run]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ray]:
    with pytest.MonkeyPatch.context() as monkeypatch, TemporaryDirectory(prefix="ray-") as folder:
        started = Ray(Path(folder))  # the path of a socket may have 107 characters at most
        monkeypatch.setattr(support, "SECONDS", 600)  # trainings that others' slow down
        try:
            started.begin()
            yield started
        finally:
            started.end()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(settings_in(tmp_path_factory.mktemp("unbroken")), BROAD)


@pytest.fixture
def places(tmp_path: Path, cluster: Ray) -> Iterator[Settings]:
    settings = settings_in(tmp_path, places=(Place("cluster", "ray", cluster.address),))
    yield settings
    for line in store.list_runs(settings):
        jobs.request_stop(store.open_run(settings, line.id))
    for line in store.list_runs(settings):
        eventually(lambda line=line: not store.open_run(settings, line.id).has_process(), line.id)


@pytest.fixture
def sent(places: Settings) -> Sent:
    def send(config=BROAD) -> Run:
        run = store.create(places, config, {})
        jobs.start(places, run, place="cluster")
        return run

    return send


def _is_amid(run: Run) -> bool:
    """In the middle of an epoch, after the first."""
    said = run.progress()
    return len(run.history()) >= 1 and bool(said) and 0 < said[-1]["step"] < said[-1]["steps"]


def test_a_training_runs_to_its_end_and_its_losses_come_meanwhile(sent: Sent) -> None:
    run = sent(replace(BROAD, epochs=1, steps=4000))
    assert run.state() == "queued" and run.has_process()
    eventually(lambda: run.progress() and run.state() == "running", run)
    assert not run.history() and run.progress()[-1]["step"] < run.progress()[-1]["steps"]
    eventually(lambda: run.state() == "done" and not run.has_process(), run)
    assert len(run.history()) == 1 and run.told() == "" and "INFO" in run.log.read_text()


def test_who_waits_says_for_what_is_taken_back_and_never_begins(sent: Sent) -> None:
    runs = [sent(LONG) for _ in (*WORKERS, "a third")]
    eventually(lambda: [run.state() for run in runs].count("running") == len(WORKERS), runs[0])
    (waiting,) = [run for run in runs if run.state() == "queued"]
    eventually(lambda: waiting.told() == "Waiting in Ray: no machine is free.", waiting.told())
    assert jobs.request_stop(waiting) == "stopped" and not waiting.has_process()
    for run in runs:
        jobs.request_stop(run)
        eventually(lambda run=run: run.state() == "stopped" and not run.has_process(), run)
    last = sent(replace(BROAD, epochs=1, steps=10))  # after the one that was taken back
    eventually(lambda: last.state() == "done", last)
    assert waiting.state() == "stopped" and not waiting.history()


def test_who_sends_may_go_and_another_who_comes_finds_it_and_stops_it(
    places: Settings, cluster: Ray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_PLACES", written(places.places))
    words = ("--dataset", "digits", "--encoder", "flatten dense16", "--epochs", "300", "--place", "cluster", "--json")
    run = store.open_run(places, json.loads(run_cli(places, "train", *words).stdout)["run"])
    shutil.rmtree(places.cache)  # what the one who sent it knew of the cluster
    eventually(lambda: json.loads(run_cli(places, "show", run.id, "--json").stdout)["history"], run)
    assert json.loads(run_cli(places, "stop", run.id, "--json").stdout)["state"] in ("running", "stopped")
    eventually(lambda: run.state() == "stopped" and not run.has_process(), run)
    again = json.loads(run_cli(places, "resume", run.id, "--json").stdout)
    assert again["run"] == run.id and run.job().place == "cluster"
    eventually(lambda: run.state() == "running", run)


def test_a_machine_that_dies_in_mid_epoch_is_told_and_the_run_goes_on_to_the_same_end(
    sent: Sent, places: Settings, cluster: Ray, unbroken: Run
) -> None:
    run = sent()
    eventually(lambda: _is_amid(run), run)
    machine = cluster.of(run.status()["pid"])
    cluster.kill(machine)
    eventually(lambda: run.state() == "interrupted", run)
    assert run.told() == "Ray ended it: its machine failed." and len(run.history()) < BROAD.epochs
    jobs.start(places, run)  # on the other
    eventually(lambda: run.state() == "done", run)
    assert alike(run, unbroken)
    cluster.start_worker(machine)


def test_a_head_that_dies_and_is_started_anew_is_told_and_the_run_goes_on_to_the_same_end(
    sent: Sent, places: Settings, cluster: Ray, unbroken: Run
) -> None:
    run, waiting = sent(), None
    eventually(lambda: _is_amid(run), run)
    cluster.kill("head")
    waiting = store.create(places, BROAD, {})
    with pytest.raises(support.LoupeError, match="no Ray answers at"):
        jobs.start(places, waiting, place="cluster")
    assert run.state() == "running", "its machine lives on for a while"
    cluster.start_head()
    for machine in WORKERS:
        cluster.kill(machine)  # they had another head
    cluster.start_workers()
    eventually(lambda: run.state() == "interrupted", run)
    assert run.told() == "Ray ended it: it was started anew, or has forgotten the job."
    for each in (run, waiting):
        jobs.start(places, each, place="cluster")
        eventually(lambda each=each: each.state() == "done", each)
        assert alike(each, unbroken)
