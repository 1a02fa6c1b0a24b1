"""Searches and ladders on a real Slurm of two nodes with a real PostgreSQL: what is lost comes back and counts once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import support
from postgres import PASSWORD, WRITTEN, Postgres
from postgres import missing as no_database
from searching import asked, ended
from slurm import ACCOUNTS, Slurm, missing
from support import eventually, settings_in
from trainings import WHOLE

from vae_core.errors import LoupeError
from vae_core.place import Place
from vae_core.runs import arms, jobs, store, tasks
from vae_core.search import ladder, study, trials
from vae_core.search.study import Study
from vae_core.settings import Settings

LACKING = [*missing(), *no_database()]
pytestmark = [
    pytest.mark.engines,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        bool(LACKING) or os.getuid() != 0, reason=f"no Slurm and PostgreSQL to start as root: {LACKING}"
    ),
]
KEEPS = not missing(ACCOUNTS)  # slurmdbd, so that what ended long ago is told
SMALL = replace(WHOLE, epochs=2)
Begun = Callable[..., Study]


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(support, "SECONDS", 900)  # trainings that others' slow down
        yield monkeypatch


@pytest.fixture(scope="module")
def postgres(patch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    started = Postgres()
    try:
        started.begin(patch)
        yield started
    finally:
        started.end()


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Iterator[Slurm]:
    started = Slurm(tmp_path_factory.mktemp("slurm"), nodes=2, cpus=2, keeps_accounts=KEEPS)
    patch.setenv("SLURM_CONF", str(started.config))
    try:
        started.begin()
        yield started
    finally:
        started.end()


@pytest.fixture
def places(tmp_path: Path, slurm: Slurm, postgres: Postgres) -> Iterator[Settings]:
    main = Place("cluster", "slurm", partition="main", time="20", cpus=1)
    yield settings_in(tmp_path, places=(main,), study_storage=postgres.url)
    slurm.ask("scancel", "--me")
    eventually(lambda: not slurm.ask("squeue", "--noheader").strip(), "jobs stay")


@pytest.fixture
def begun(places: Settings) -> Begun:
    def begin(workers: int, **wanted: Any) -> Study:
        found = study.create(places, asked(**wanted))
        found.start(workers, "cluster")
        return found

    return begin


@pytest.fixture
def quick(patch: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started trains by waiting, an epoch in half a second."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).with_name("standin")), prepend=os.pathsep)


def is_done(found: Study) -> bool:
    assert found.state() != "failed", found.error()
    return found.state() == "done"


def check(found: Study, count: int) -> None:
    """All trials are there, each counted once, and each of its runs was trained whole."""
    listed = trials.every(found)
    assert [trial.number for trial in listed] == list(range(count)) and {trial.state for trial in listed} == {"done"}
    names = [name for trial in listed for name in trial.runs]
    epochs = found.search().base.epochs
    assert len(names) == len(set(names)) == count * found.search().runs_a_trial
    for name in names:
        assert [row["epoch"] for row in store.Run(name, found.settings).history()] == list(range(1, epochs + 1))
    assert found.winner()["trial"] == trials.best(listed).number


def test_four_workers_share_a_search_and_no_file_has_the_password(begun: Begun, places: Settings) -> None:
    found = begun(4, trials=8, folds=2)
    assert {worker.job().number.partition("_")[2] for worker in found.workers()} == {"0", "1", "2", "3"}
    eventually(lambda: is_done(found), found.path.name)
    check(found, 8)
    told = [path for path in places.checkpoints.rglob("*") if path.is_file()]
    assert len(told) > 8
    for path in told:
        assert not any(word.encode() in path.read_bytes() for word in (PASSWORD, WRITTEN)), path


def test_a_worker_that_is_killed_in_mid_epoch_loses_no_trial(quick: None, begun: Begun) -> None:
    found = begun(2, trials=4, base=replace(SMALL, epochs=30))
    first = eventually(lambda: next((run for run in _trained(found) if run.history()), None), "nothing trains")
    victim = next(worker for worker in found.workers() if worker.job() == first.job())
    _kill(victim.status()["pid"])
    eventually(lambda: victim.state() in ("interrupted", "done"), victim)
    eventually(lambda: ended(found) == 4 and found.winner(), found.path.name)
    assert victim.state() == "interrupted" and victim.told().startswith("Slurm ended it: its program failed")
    found.start(2)
    eventually(lambda: is_done(found), found.path.name)
    check(found, 4)


def test_a_database_that_is_gone_for_half_a_minute_costs_nothing(quick: None, begun: Begun, postgres: Postgres) -> None:
    found = begun(2, trials=6, base=replace(SMALL, epochs=15))
    eventually(lambda: ended(found) >= 1, found.path.name)
    postgres.kill()
    with pytest.raises(LoupeError, match="cannot be read or written") as told:
        ended(found)
    assert PASSWORD not in str(told.value) and WRITTEN not in str(told.value)
    eventually(_over(30), "time stands still")
    assert found.state() == "running"
    postgres.start()
    eventually(lambda: is_done(found), found.path.name)
    check(found, 6)


def test_a_node_that_is_drained_or_lost_and_a_controller_that_dies_lose_no_trial(
    quick: None, begun: Begun, slurm: Slurm
) -> None:
    found = begun(3, trials=6, base=replace(SMALL, epochs=20))
    eventually(lambda: len([run for run in _trained(found) if run.history()]) >= 3, found.path.name)
    slurm.ask("scontrol", "update", "NodeName=n1", "State=DRAIN", "Reason=test")  # what runs there goes on
    slurm.kill("slurmctld")
    slurm.start("slurmctld", "-D")
    eventually(lambda: slurm.ask("sinfo", "--noheader"), "no controller came up")
    slurm.ask("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=test")  # what runs there is lost
    eventually(lambda: ended(found) >= 1, found.path.name)
    for name in slurm.names:
        slurm.ask("scontrol", "update", f"NodeName={name}", "State=RESUME")
    eventually(lambda: ended(found) == 6 and found.winner(), found.path.name)
    for worker in found.workers():  # the one that was lost waits two minutes for its next turn, and finds nothing left
        slurm.ask("scontrol", "update", f"JobId={worker.job().number}", "StartTime=now")
    eventually(lambda: is_done(found), found.path.name)
    check(found, 6)


def test_a_worker_whose_time_is_over_goes_on_with_its_trial(quick: None, begun: Begun, slurm: Slurm) -> None:
    found = begun(1, trials=2, base=replace(SMALL, epochs=60))
    eventually(lambda: any(run.history() for run in _trained(found)), found.path.name)
    (worker,) = found.workers()
    slurm.ask("scancel", "--batch", "--signal=USR1", worker.job().number)  # as Slurm does it
    eventually(lambda: found.told().startswith("Waiting in Slurm: goes on"), worker)
    assert found.state() == "queued"
    slurm.ask("scontrol", "update", f"JobId={worker.job().number}", "StartTime=now")  # not in two minutes
    eventually(lambda: is_done(found), found.path.name)
    check(found, 2)


def test_a_ladder_sends_a_look_as_one_array(places: Settings, slurm: Slurm) -> None:
    lowest = replace(SMALL, epochs=1)
    arms.start_missing(places, lowest, 1, place="cluster")
    run = store.Run(store.list_runs(places)[0].id, places)
    eventually(lambda: run.state() == "done", run)
    task = ladder.begin(run, minutes=0.5, pairs=2, place="cluster")
    jobs.start(places, task, command=tasks.COMMAND)
    eventually(lambda: task.state() == "done", task)
    assert ladder.read(run, 2).seeds >= arms.LEAST
    sent = [run for run in map(_opened(places), store.list_runs(places)) if run.id != task.run.id]
    assert {run.job().number.partition("_")[2] for run in sent} >= {str(part) for part in range(8)}


@pytest.mark.skipif(not KEEPS, reason="no slurmdbd")
def test_what_ended_before_anybody_looked_is_told_of_its_accounts(places: Settings, slurm: Slurm) -> None:
    (run,) = arms.start_missing(places, replace(WHOLE, epochs=300), 1, place="cluster")
    eventually(run.history, run)
    number = run.job().number
    slurm.ask("scancel", "--signal=KILL", number)
    eventually(lambda: number not in slurm.ask("squeue", "--noheader", "--states=all", "--format=%i"), "it stays known")
    assert run.state() == "interrupted" and run.told() in (
        "Slurm ended it: it was cancelled.",
        "Slurm ended it: its program failed, and the log says why.",
    )


def test_a_file_of_optuna_is_refused_there(places: Settings) -> None:
    settings = replace(places, study_storage="")
    found = study.create(settings, asked())
    with pytest.raises(LoupeError, match=r"PostgreSQL.*optuna#5138.*optuna#5971.*docs/cluster\.md"):
        found.start(1, "cluster")
    assert not found.workers()


def _trained(found: Study) -> list[store.Run]:
    lines = store.list_runs(found.settings)
    return [store.Run(line.id, found.settings) for line in lines if line.study == found.name]


def _opened(settings: Settings) -> Callable[[Any], store.Run]:
    return lambda line: store.Run(line.id, settings)


def _kill(pid: int) -> None:
    """The worker and what trains for it."""
    worker = psutil.Process(pid)
    for process in (*worker.children(recursive=True), worker):
        process.send_signal(signal.SIGKILL)


def _over(seconds: float) -> Callable[[], bool]:
    import time

    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end
