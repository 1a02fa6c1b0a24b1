"""Searches from their first trial to their end: stopped, ended early, failing. Their worker is this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from searching import BASE, ReallyTraining, Searches, asked, ended

from vae_core.cli.main import main
from vae_core.errors import LoupeError
from vae_core.runs import locks, store
from vae_core.runs.store import Run
from vae_core.search import queue, study, trials
from vae_core.search.space import Vary
from vae_core.settings import Settings


@pytest.fixture
def searches(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searches]:
    found = Searches(settings, monkeypatch)
    yield found
    assert not found.trainer.alive, "the trainer was not told that it may go"


@pytest.fixture
def real(searches: Searches) -> Searches:
    """They train, too."""
    searches.trainer = ReallyTraining(searches.settings)
    return searches


def test_a_search_is_stopped_and_goes_on_with_more_trials(searches, here):
    found = searches.begin(lambda found: ended(found) and main(["searches", found.name, "--stop"]), trials=50)
    assert found.state() == "stopped" and not any(worker.has_process() for worker in found.workers())
    before = trials.every(found)
    assert [trial.state for trial in before] == ["done", "running"] and found.winner() is None
    found.set_budget(len(before) + 1, 0)
    searches.go_on(found)
    assert found.state() == "done", found.error()
    after = trials.every(found)
    assert len(after) == len(before) + 1 and {trial.state for trial in after} == {"done"}
    assert [trial.settings for trial in after[: len(before)]] == [trial.settings for trial in before]
    assert after[1].runs == before[1].runs


@pytest.mark.parametrize("pruner", ["halving", "median"])
def test_a_hopeless_trial_is_pruned_and_says_so(searches, settings, pruner):
    tried = Vary("learning_rate", choices=(0.02, 0.01, 0.015, 0.012, 1e-6, 2e-6, 3e-6))
    base = replace(BASE, epochs=20)
    found = searches.begin(base=base, space=(tried,), sampler="grid", pruner=pruner, trials=7)
    assert found.state() == "done", found.error()
    states = {trial.settings["learning_rate"]: trial.state for trial in trials.every(found)}
    assert {states[rate] for rate in (1e-6, 2e-6, 3e-6)} == {"pruned"}
    pruned = [Run(trial.runs[0], settings) for trial in trials.every(found) if trial.state == "pruned"]
    assert {run.state() for run in pruned} == {"stopped"} and all(len(run.history()) < base.epochs for run in pruned)
    assert found.winner()["trial"] == trials.best(trials.every(found)).number


def test_a_trial_that_is_hopeless_in_its_first_fold_costs_no_other(searches):
    tried = Vary("learning_rate", choices=(0.02, 1e-6))
    found = searches.begin(
        base=replace(BASE, epochs=4), space=(tried,), sampler="grid", pruner="halving", trials=2, folds=2
    )
    assert found.state() == "done", found.error()
    assert [(trial.state, len(trial.runs)) for trial in trials.every(found)] == [("done", 2), ("pruned", 1)]


def test_when_all_trials_fail_the_search_says_why(searches, settings, caplog):
    wild = Vary("learning_rate", choices=(8.0, 9.0, 10.0))
    with pytest.raises(LoupeError, match="All of the first 5 trials failed"):
        searches.begin(space=(wild,), trials=12)
    (found,) = study.every(settings)
    assert found.state() == "failed"
    assert "All of the first 5 trials failed" in found.error() and "number" in found.error()
    assert len(trials.every(found)) == queue.MOST_FAILURES
    assert "trial 1 failed" in caplog.text and "trial 0" not in caplog.text  # counted as the page counts them


def test_a_search_whose_winner_is_not_trained_to_its_end_says_so_and_trains_it_later(searches, settings):
    def stop_the_winner(found: study.Study) -> None:
        for line in store.list_runs(settings):
            if not line.study:
                Run(line.id, settings).request_stop()

    with pytest.raises(LoupeError, match="not trained to its end"):
        searches.begin(stop_the_winner, folds=2, trials=1)
    (found,) = study.every(settings)
    winner = Run(found.winner()["run"], settings)
    assert (found.state(), winner.state()) == ("failed", "stopped") and winner.id in found.error()
    searches.go_on(found)
    assert (found.state(), winner.state()) == ("done", "done"), found.error()
    assert found.winner()["run"] == winner.id and [trial.state for trial in trials.every(found)] == ["done"]


def test_a_trial_leaves_a_picture_of_each_fold_and_none_of_the_test_images(real, settings):
    found = real.begin(base=replace(BASE, epochs=1), folds=2, trials=1)
    (trial,) = trials.every(found)
    sheets = [Image.open(BytesIO(Run(run, settings).thumbs())) for run in trial.runs]
    assert {sheet.size[0] > 2 * sheet.size[1] for sheet in sheets} == {True}
    assert np.asarray(sheets[0]).std() > 20 and not np.array_equal(*map(np.asarray, sheets))


def test_a_trial_whose_loss_is_no_number_fails_and_the_others_go_on(real):
    wild = Vary("learning_rate", choices=(9.0, 1e-7, 2e-7))
    base = replace(BASE, optimizer="sgd", encoder="flatten dense64 dense64 dense64", loss="mse", sigma=0.01, epochs=1)
    found = real.begin(base=base, space=(wild,), sampler="grid", trials=3)
    assert found.state() == "done", found.error()
    by_rate = {trial.settings["learning_rate"]: trial for trial in trials.every(found)}
    assert [by_rate[rate].state for rate in wild.choices] == ["failed", "done", "done"]
    assert "number" in by_rate[9.0].error and found.winner()["trial"] != by_rate[9.0].number


def test_folds_of_one_image_each_are_trained(real):
    found = real.begin(base=replace(BASE, train_size=3, epochs=1), folds=3, trials=1)
    (trial,) = trials.every(found)
    assert (found.state(), trial.state, len(trial.runs)) == ("done", "done", 3), found.error() or trial.error
    assert np.isfinite(trial.values).all()


def test_a_database_holds_the_trials_of_several_folders(settings, tmp_path, monkeypatch):
    import optuna

    url = f"sqlite:///{tmp_path / 'studies.db'}"
    settings = replace(settings, study_storage=url)
    found = Searches(settings, monkeypatch).begin(trials=2)
    assert found.state() == "done", found.error()
    losses = [trial.values[0] for trial in trials.every(found)]
    assert [trial.value for trial in optuna.load_study(study_name=found.title, storage=url).trials] == losses
    other = replace(settings, checkpoints=tmp_path / "other")
    namesake = study.create(other, found.search(), found.name)
    assert trials.every(namesake) == [] and len(losses) == 2
    study.remove(found)
    assert optuna.get_all_study_names(url) == []
    study.remove(namesake)


def test_of_workers_that_end_together_one_alone_is_the_last(settings):
    found = study.create(settings, asked())
    both = [found._hire(number) for number in (1, 2)]
    queues = [queue.Queue(worker) for worker in both]
    held = [locks.take(worker.lock, 1) for worker in both]
    for worker in both:
        worker.set_status(state="running")
    assert [each.others() for each in queues] == [{2}, {1}]
    assert [each.is_last() for each in queues] == [False, True]
    for lock in held:
        lock.release()


def test_two_goals_give_a_front_and_no_trial_is_pruned(searches):
    wanted = (Vary("filters", choices=(0.25, 1.0, 4.0)),)
    goals = ("reconstruction", "parameters")
    found = searches.begin(space=wanted, sampler="grid", goals=goals, trials=3, pruner="halving")
    assert found.state() == "done", found.error()
    values = {trial.settings["filters"]: trial.values for trial in trials.every(found)}
    assert all(len(each) == 2 for each in values.values())
    assert values[0.25][1] < values[1.0][1] < values[4.0][1]


def test_a_search_whose_folder_is_taken_away_ends_and_its_runs_stay(searches, settings):
    with pytest.raises(LoupeError, match="is gone"):
        searches.begin(lambda found: found.path.exists() and ended(found) and _take_away(found), trials=50)
    runs = [line for line in store.list_runs(settings) if line.study]
    assert [line.state for line in runs] == ["done", "done"]  # one was under way
    with pytest.raises(LoupeError, match="no search called"):
        study.find(settings, runs[0].study)


def _take_away(found: study.Study) -> None:
    os.rename(found.path, found.settings.checkpoints.parent / "taken away")


def test_time_is_a_budget_too(searches):
    found = searches.begin(lambda found: ended(found) and found.set_budget(1000, 1e-6), trials=1000)  # over already
    assert found.state() == "done", found.error()
    assert [trial.state for trial in trials.every(found)] == ["done", "pruned"]
    assert found.winner() is not None
