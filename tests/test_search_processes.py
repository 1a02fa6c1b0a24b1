"""Searches with processes of their own: from the command line to the winner, with a killed worker, with a full disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest
from conftest import Once
from searching import BASE, Searches, asked
from support import end_work, eventually, run_cli, settings_in

from vae_core.runs import forks, locks, store
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import study, trials
from vae_core.search.study import Study
from vae_core.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    yield settings
    end_work(settings)


@pytest.fixture(scope="module")
def finished(once: Once) -> Study:
    """A search over two folds that went through, from the command line. Not to be changed."""
    (found,) = study.every(settings_in(once("searched", _search)))
    return found


def _search(folder: Path) -> None:
    settings = settings_in(folder)
    told = run_cli(
        settings,
        "tune",
        "--dataset",
        "digits",
        "--encoder",
        "flatten dense16",
        "--epochs",
        "3",
        "--train-size",
        "300",
        "--vary",
        "learning_rate=0.001..0.03",
        "--folds",
        "2",
        "--trials",
        "4",
        "--pruner",
        "none",
        "--json",
    )
    assert told.returncode == 0, told.stderr
    assert Study(json.loads(told.stdout)["search"], settings).state() == "done"


def test_trials_are_runs_and_their_value_is_the_mean_over_folds(finished):
    found = trials.every(finished)
    assert finished.state() == "done" and len(found) == 4
    for trial in found:
        assert trial.state == "done" and len(trial.runs) == 2
        runs = [Run(name, finished.settings) for name in trial.runs]
        best = [min(row["validation_total_nats_per_image"] for row in run.history()) for run in runs]
        assert trial.values == pytest.approx([np.mean(best)])
        assert {run.study for run in runs} == {finished.name}
        assert [run.config().learning_rate for run in runs] == [trial.settings["learning_rate"]] * 2


def test_only_the_winner_has_looked_at_the_test_images(finished):
    winner = finished.winner()
    assert winner["trial"] == trials.best(trials.every(finished)).number
    kept = Run(winner["run"], finished.settings)
    assert kept.state() == "done" and not kept.study and kept.metrics() and len(kept.codes()["mean"])
    assert kept.config().split == "shuffled"
    for line in store.list_runs(finished.settings):
        if line.study:
            run = Run(line.id, finished.settings)
            assert run.metrics() is None and not run.snapshot_epochs() and not run.model.exists()


def test_all_trials_begin_with_the_same_weights_and_folds(finished):
    """The loss of the first step is that of the fresh weights, so folds of different rates begin alike."""
    from vae_core.data import catalog, splits

    data = catalog.load("digits", finished.settings)
    held = [
        splits.split(data, seed=config.seed, split=config.split, train_size=config.train_size).validation.tolist()
        for trial in trials.every(finished)
        for config in [Run(trial.runs[0], finished.settings).config()]
    ]
    assert all(each == held[0] for each in held)


def test_the_storage_is_optunas_own(finished):
    import optuna

    loaded = optuna.load_study(study_name=finished.name, storage=finished.storage())
    assert [trial.value for trial in loaded.trials] == [trial.values[0] for trial in trials.every(finished)]


def test_a_removed_search_takes_its_trials_and_leaves_what_became_a_run(finished, settings):
    shutil.copytree(finished.settings.checkpoints, settings.checkpoints)
    copy = Study(finished.name, settings)
    kept = forks.adopt(settings, Run(trials.every(copy)[1].runs[0], settings))
    kept.set_card(name="second best")
    winner = copy.winner()["run"]
    study.remove(copy)
    assert {line.id: line.study for line in store.list_runs(settings)} == {winner: "", kept.id: ""}
    assert kept.card()["name"] == "second best" and len(kept.history()) == BASE.epochs
    assert study.every(settings) == []


def begin(settings: Settings, workers: int = 1, **wanted: Any) -> Study:
    found = study.create(settings, asked(base=replace(BASE, epochs=1, train_size=100), **wanted))
    found.start(workers)
    return found


def test_a_search_goes_on_at_once_though_its_worker_has_yet_to_go(settings):
    found = begin(settings, trials=1)
    (worker,) = found.workers()
    found.stop()
    eventually(lambda: worker.state() == "stopped" and not worker.has_process(), worker)
    lock = locks.take(worker.lock, 10)  # as a worker has it that has said so, and still closes what it opened
    Timer(0.2, lock.release).start()
    found.start()
    assert worker.state() in ("queued", "running") and not worker.stop_requested()


def test_two_workers_lose_no_trial_and_double_none_even_if_one_is_killed(settings):
    found = begin(settings, workers=2, trials=4)
    storage, (first, second) = found.storage(), found.workers()

    def at_work() -> int:
        return sum(trial.state == "running" and bool(trial.runs) for trial in trials.every(found, storage))

    eventually(lambda: at_work() == 2, first)
    assert locks.held(first.lock) and locks.held(second.lock)
    os.kill(first.status()["pid"], signal.SIGKILL)
    eventually(lambda: second.state() == "done", second)
    after = trials.every(found)
    assert [trial.state for trial in after] == ["done"] * 4
    assert len({run for trial in after for run in trial.runs}) == 4
    assert found.winner() is not None


@pytest.mark.parametrize("pruner", ["none", "median"], ids=["at its end", "in an epoch"])
@pytest.mark.parametrize("room", [0, 50], ids=["nothing written", "half a line written"])
def test_a_full_disk_ends_the_search_with_a_sentence_and_it_goes_on_later(settings, monkeypatch, pruner, room):
    """What a process may still write is so little that its storage takes no more, or half a line."""
    pytest.importorskip("resource", reason="this system sets no limits to processes")
    work = f"searching.work_on_a_disk_that_gets_full(sys.argv[-1], {room})"
    monkeypatch.setattr(
        study, "COMMAND", (sys.executable, "-c", f"import sys; sys.path.append('tests'); import searching; {work}")
    )
    found = begin(settings, trials=50, pruner=pruner)
    (worker,) = found.workers()
    eventually(lambda: found.state() in FINAL and not worker.has_process(), worker)
    assert found.state() == "failed", worker.log.read_text()
    assert "cannot be read or written" in found.error() and "Make room" in found.error()
    before = trials.every(found)
    found.set_budget(len(before) + 1, 0)
    Searches(settings, monkeypatch).go_on(found)
    assert found.state() == "done", found.error()
    after = trials.every(found)
    assert len(after) == len(before) + 1 and all(trial.ended for trial in after) and found.winner()
    assert [trial for trial in after if trial in before] == [trial for trial in before if trial.ended]
