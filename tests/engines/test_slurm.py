"""Trainings on a real Slurm of one machine: to the end, taken back, over their time, without its controller."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import support
from slurm import Slurm, missing
from support import eventually, settings_in, train
from trainings import WHOLE, alike

from vae_core.errors import LoupeError
from vae_core.place import Place
from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(missing()) or os.getuid() != 0, reason=f"no Slurm to start as root: {missing()}"),
]
LONG = replace(WHOLE, epochs=300)
Sent = Callable[..., Run]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    started = Slurm(tmp_path_factory.mktemp("slurm"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(support, "SECONDS", 600)  # trainings that others' slow down
        monkeypatch.setenv("SLURM_CONF", str(started.config))
        try:
            started.begin()
            yield started
        finally:
            started.end()


@pytest.fixture
def places(tmp_path: Path, slurm: Slurm) -> Iterator[Settings]:
    main = Place("cluster", "slurm", partition="main", time="20", cpus=1)
    yield settings_in(tmp_path, places=(main, replace(main, name="wrong", partition="nowhere")))
    slurm.ask("scancel", "--me")


@pytest.fixture
def sent(places: Settings) -> Sent:
    def send(config=WHOLE, place: str = "cluster") -> Run:
        run = store.create(places, config, {})
        jobs.start(places, run, place=place)
        return run

    return send


def test_a_training_runs_to_its_end_and_its_losses_come_meanwhile(sent: Sent) -> None:
    run = sent(replace(LONG, epochs=1, steps=4000))
    assert run.state() == "queued" and run.has_process()
    eventually(lambda: run.progress() and run.state() == "running", run)
    assert not run.history() and run.progress()[-1]["step"] < run.progress()[-1]["steps"]
    eventually(lambda: run.state() == "done" and not run.has_process(), run)
    assert len(run.history()) == 1 and run.told() == ""


def test_who_runs_is_stopped_in_order_and_goes_on_at_its_place(sent: Sent, places: Settings) -> None:
    run = sent(LONG)
    eventually(run.history, run)
    assert jobs.request_stop(run) in ("running", "stopped")
    eventually(lambda: run.state() == "stopped" and not run.has_process(), run)
    jobs.start(places, run)
    eventually(lambda: run.state() == "running", run)
    jobs.request_stop(run)
    eventually(lambda: run.state() == "stopped", run)


def test_who_waits_says_for_what_and_is_taken_back(sent: Sent, places: Settings, slurm: Slurm) -> None:
    slurm.ask("scontrol", "update", "PartitionName=main", "State=DOWN")
    try:
        run = sent()
        eventually(lambda: run.told() == "Waiting in Slurm: closed for now.", run.told())
        assert run.state() == "queued" and store.list_runs(places)[0].told == run.told()
        assert jobs.request_stop(run) == "stopped"
        assert not run.has_process() and run.status()["state"] == "stopped"
    finally:
        slurm.ask("scontrol", "update", "PartitionName=main", "State=UP")


def test_what_is_cancelled_outside_is_interrupted_and_told(sent: Sent, slurm: Slurm) -> None:
    run = sent(LONG)
    eventually(run.history, run)
    slurm.ask("scancel", "--signal=KILL", run.job().number)
    eventually(lambda: run.state() == "interrupted", run)
    assert run.told().startswith("Slurm ended it: ")


def test_a_place_of_a_wrong_partition_is_a_sentence(sent: Sent, places: Settings) -> None:
    with pytest.raises(LoupeError, match=r"could not be sent to wrong\. Slurm said: .*[Ii]nvalid partition"):
        sent(place="wrong")
    (line,) = store.list_runs(places)
    assert line.state == "failed" and "nvalid partition" in line.error


def test_nothing_is_lost_when_slurms_controller_dies(sent: Sent, slurm: Slurm) -> None:
    runs = [sent(replace(WHOLE, epochs=100, seed=seed)) for seed in range(3)]  # of which one may have to wait
    eventually(runs[0].history, runs[0])
    slurm.kill("slurmctld")
    known = len(runs[0].history())
    eventually(lambda: len(runs[0].history()) > known or runs[0].state() == "done", runs[0])
    assert {run.state() for run in runs} <= {"queued", "running", "done"}
    slurm.start("slurmctld", "-D")
    for run in runs:
        eventually(lambda run=run: run.state() == "done", run)


def test_who_meets_the_limit_of_time_goes_on_to_the_same_end(sent: Sent, slurm: Slurm, tmp_path: Path) -> None:
    run = sent(LONG)
    job = f"JobId={run.job().number}"
    eventually(lambda: len(run.history()) > 5, run)
    ran = slurm.ask("squeue", "--noheader", "--format=%M", f"--jobs={run.job().number}").strip()
    minutes = int(ran.split(":")[0]) + 2  # nearly over: Slurm says so within half a minute
    slurm.ask("scontrol", "update", job, f"TimeLimit={minutes}")
    eventually(lambda: run.told().startswith("Waiting in Slurm: goes on"), run)
    broken = len(run.history())
    assert run.state() == "queued" and run.status()["state"] == "queued" and 5 < broken < LONG.epochs
    slurm.ask("scontrol", "update", job, "TimeLimit=20", "StartTime=now")  # not in two minutes
    eventually(lambda: run.state() == "done", run)
    assert "Restarts=1" in slurm.ask("scontrol", "show", "job", run.job().number)
    assert len(run.history()) == LONG.epochs and alike(run, train(settings_in(tmp_path / "unbroken"), LONG))
