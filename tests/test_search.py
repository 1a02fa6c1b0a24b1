"""Searches: what may vary, and real ones on the digits with real processes that are stopped and killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import psutil
import pytest
from conftest import run_cli

from vae_core.errors import LoupeError
from vae_core.runs import forks, locks, store
from vae_core.runs.store import Run
from vae_core.search import coordinator, looks, reshaping, space, spec, study, trials
from vae_core.search.space import Vary
from vae_core.search.spec import Search
from vae_core.search.study import Study
from vae_core.settings import Settings
from vae_core.spec.config import Config

BASE = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", epochs=3, batch=64, train_size=300)
RATES = (Vary("learning_rate", 1e-3, 3e-2, log=True),)
SECONDS = 120


def until(condition, what: str = "that never happened", seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    yield settings
    for found in study.every(settings):
        for worker in found.workers():
            if locks.alive(worker.status()["pid"], worker.status()["pid_started"]):
                os.kill(worker.status()["pid"], signal.SIGKILL)


# What may vary.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("learning_rate=0.001..0.1", Vary("learning_rate", 0.001, 0.1, log=True)),
        ("batch=32,64", Vary("batch", choices=(32, 64))),
        ("latent = 2..8", Vary("latent", 2, 8)),
        ("warmup=0..5@schedule=cosine", Vary("warmup", 0, 5, when=("schedule", "cosine"))),
    ],
)
def test_what_to_vary_is_read_and_told(text, found):
    assert space.read(text) == found
    assert space.read(found.told()) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed=1..2", "cannot vary 'speed'"),
        ("learning_rate", "does not say what to vary"),
        ("learning_rate=1..x", "was given 'x'"),
        ("learning_rate=0.1..0.001", "A lower and a higher number"),
        ("batch=1.5..8", "whole number"),
        ("optimizer=adam,lion", "cannot be 'lion'"),
        ("optimizer=1..2", "neither a range nor choices|cannot be"),
        ("dropout=0..1", "from 0 to 0.95"),
    ],
)
def test_what_cannot_be_varied_is_refused(text, words):
    with pytest.raises(LoupeError, match=words):
        space.read(text)


def test_an_encoder_is_reshaped_and_its_decoder_follows():
    line = "conv8/2 bn conv16/2 bn flatten dense20"
    assert reshaping.reshaped(line, {"filters": 0.5}) == "conv4/2 bn conv8/2 bn flatten dense10"
    assert reshaping.reshaped(line, {"depth": 2}) == "conv8/2 bn conv16/2 bn conv16 bn conv16 bn flatten dense20"
    assert reshaping.reshaped(line, {"dropout": 0.25}) == "conv8/2 bn conv16/2 bn flatten dense20 drop0.25"
    assert reshaping.reshaped(line, {"dropout": 0.0}) == line
    assert reshaping.reshaped("flatten drop0.1 dense8:tanh", {"dropout": 0.0}) == "flatten dense8:tanh"
    assert reshaping.reshaped(line, {"activation": "gelu"}).startswith("conv8/2:gelu bn")
    changed = space.config(BASE, {"latent": 5, "filters": 2.0, "learning_rate": 0.01})
    assert (changed.encoder, changed.latent, changed.learning_rate) == ("flatten dense32", 5, 0.01)
    changed.architecture()


def test_a_setting_that_does_not_apply_is_not_varied():
    depends = (Vary("schedule", choices=("constant", "cosine")), space.read("warmup=0..4@schedule=cosine"))
    found = space.grid(depends)
    assert found[0] == {"schedule": "constant"} and len(found) == 1 + space.STEPS
    with pytest.raises(LoupeError, match="not varied before it"):
        Search(BASE, depends[::-1])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"space": ()}, "one training"),
        ({"goals": ("speed",)}, "cannot minimise"),
        ({"goals": ("loss",), "space": (Vary("beta", 0.1, 4),)}, "the smallest beta would always win"),
        ({"folds": 1}, "nothing to train on"),
        ({"base": Config(**{**vars(BASE), "split": "test"})}, "reads the test set once"),
        ({"trials": 0}, "trials is 0"),
        ({"base": Config(**{**vars(BASE), "kind": "ae", "beta": 0.0}), "goals": ("elbo",)}, "no KL term"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(wanted, words):
    with pytest.raises(LoupeError, match=words):
        Search(**{"base": BASE, "space": RATES, **wanted})


def test_a_search_survives_json():
    depends = (Vary("schedule", choices=("constant", "cosine")), space.read("warmup=0..4@schedule=cosine"))
    search = Search(BASE, (*RATES, *depends), goals=("reconstruction", "kl"), folds=3, minutes=2.5)
    assert spec.read(json.loads(json.dumps(search.to_json()))) == search
    with pytest.raises(LoupeError, match="version"):
        spec.read({**search.to_json(), "version": 99})


def test_folds_share_seed_and_first_weights():
    configs = Search(BASE, RATES, folds=3).configs({"learning_rate": 0.01})
    assert [config.split for config in configs] == ["fold:1/3", "fold:2/3", "fold:3/3"]
    assert {config.seed for config in configs} == {BASE.seed}


# Real ones.


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A search over two folds that went through, from the command line. Not to be changed."""
    folder = tmp_path_factory.mktemp("search")
    settings = Settings(cache=folder / "cache", checkpoints=folder / "checkpoints")
    told = run_cli(
        settings, "tune", "--dataset", "digits", "--encoder", "flatten dense16", "--epochs", "3", "--train-size", "300",
        "--vary", "learning_rate=0.001..0.03", "--folds", "2", "--trials", "4", "--pruner", "none", "--json",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return Study(json.loads(told.stdout)["search"], settings)


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


def begin(settings: Settings, workers: int = 1, **wanted: object) -> Study:
    found = study.create(settings, Search(**{"base": BASE, "space": RATES, "pruner": "none", **wanted}))
    found.start(workers)
    return found


def test_two_workers_lose_no_trial_and_double_none_even_if_one_is_killed(settings):
    found = begin(settings, workers=2, trials=6)
    first, second = found.workers()
    until(lambda: any(t.runs for t in trials.every(found) if t.state == "running"), "no trial began")
    until(lambda: first.status()["pid"] is not None and locks.held(first.lock))
    os.kill(first.status()["pid"], signal.SIGKILL)
    until(lambda: second.state() == "done", second.log.read_text())
    ended = trials.every(found)
    assert [trial.state for trial in ended] == ["done"] * 6
    assert len({run for trial in ended for run in trial.runs}) == 6
    assert found.winner() is not None


def test_a_search_is_stopped_and_goes_on_with_more_trials(settings, cli):
    found = begin(settings, trials=50)
    until(lambda: sum(trial.ended for trial in trials.every(found)) >= 1)
    assert cli("searches", found.name, "--stop").returncode == 0
    until(lambda: found.state() == "stopped" and not any(worker.has_process() for worker in found.workers()))
    before = trials.every(found)
    found.set_budget(len(before) + 1, 0)
    found.start()
    until(lambda: found.state() == "done", found.error())
    after = trials.every(found)
    assert len(after) == len(before) + 1 and {trial.state for trial in after} == {"done"}
    assert [trial.settings for trial in after[: len(before)]] == [trial.settings for trial in before]


@pytest.mark.parametrize("pruner", ["halving", "median"])
def test_a_hopeless_trial_is_pruned_and_says_so(settings, pruner):
    tried = Vary("learning_rate", choices=(0.02, 0.01, 0.015, 0.012, 1e-6, 2e-6, 3e-6))
    long = replace(BASE, epochs=20)  # else a trial is at its end before anybody has looked at it
    found = begin(settings, base=long, space=(tried,), sampler="grid", pruner=pruner, trials=7)
    until(lambda: found.state() == "done", found.error())
    states = {trial.settings["learning_rate"]: trial.state for trial in trials.every(found)}
    assert {states[rate] for rate in (1e-6, 2e-6, 3e-6)} == {"pruned"}
    pruned = {Run(trial.runs[0], settings).state() for trial in trials.every(found) if trial.state == "pruned"}
    assert "stopped" in pruned <= {"stopped", "done"}  # a busy machine may look at one only when it is at its end


@pytest.mark.parametrize(
    ("epochs", "folds", "expected"),
    [(20, 3, [6, 10, 20]), (20, 0, [6, 10]), (4, 2, [2, 4]), (2, 2, [1, 2]), (1, 3, [1]), (1, 0, [])],
)
def test_trials_are_looked_at_in_their_first_run(epochs, folds, expected):
    search = Search(replace(BASE, epochs=epochs), RATES, folds=folds)
    assert looks.moments(search) == expected


def test_only_the_best_third_of_what_came_so_far_goes_on():
    import optuna

    found = optuna.create_study(pruner=looks.pruner([2]))

    def goes_on(value: float) -> bool:
        trial = found.ask()
        for step, reported in ((1, 100 - value), (2, value), (3, 100.0)):
            trial.report(reported, step)
            if trial.should_prune():
                assert step == 2
                found.tell(trial, state=optuna.trial.TrialState.PRUNED)
                return False
        found.tell(trial, value)
        return True

    assert [goes_on(value) for value in (5, 6, 4, 4.5, 3, 3.5, 3.2, 8)] == [1, 0, 1, 0, 1, 1, 1, 0]


def test_a_trial_that_is_hopeless_in_its_first_fold_costs_no_other(settings):
    tried = Vary("learning_rate", choices=(0.02, 1e-6))
    found = begin(
        settings, base=replace(BASE, epochs=20), space=(tried,), sampler="grid", pruner="halving", trials=2, folds=2
    )
    until(lambda: found.state() == "done", found.error())
    assert [(trial.state, len(trial.runs)) for trial in trials.every(found)] == [("done", 2), ("pruned", 1)]


def test_when_all_trials_fail_the_search_says_why(settings):
    wild = Vary("learning_rate", choices=(8.0, 9.0, 10.0))
    base = Config(**{**vars(BASE), "optimizer": "sgd", "encoder": "flatten dense64 dense64 dense64", "loss": "mse",
                     "sigma": 0.001})  # fmt: skip
    found = begin(settings, base=base, space=(wild,), trials=12)
    until(lambda: found.state() == "failed", found.error())
    assert "All of the first 5 trials failed" in found.error() and "number" in found.error()
    assert len(trials.every(found)) == coordinator.MOST_FAILURES


def test_a_trial_whose_loss_is_no_number_fails_and_the_others_go_on(settings):
    wild = Vary("learning_rate", choices=(9.0, 1e-7, 2e-7))
    base = replace(BASE, optimizer="sgd", encoder="flatten dense64 dense64 dense64", loss="mse", sigma=0.01)
    found = begin(settings, base=base, space=(wild,), sampler="grid", trials=3)
    until(lambda: found.state() == "done", found.error())
    ended = {trial.settings["learning_rate"]: trial for trial in trials.every(found)}
    assert [ended[rate].state for rate in wild.choices] == ["failed", "done", "done"]
    assert "number" in ended[9.0].error and found.winner()["trial"] != ended[9.0].number


def test_folds_of_one_image_each_are_trained(settings):
    found = begin(settings, base=replace(BASE, train_size=3, epochs=1), folds=3, trials=1)
    until(lambda: found.state() in ("done", "failed"))
    (trial,) = trials.every(found)
    assert (found.state(), trial.state, len(trial.runs)) == ("done", "done", 3), found.error() or trial.error
    assert np.isfinite(trial.values).all()


@pytest.mark.timeout(600)
def test_a_full_disk_ends_the_search_with_a_sentence_and_it_goes_on_later(settings):
    """What a process may still write is so little that its storage takes no more."""
    found = begin(settings, trials=50)
    until(lambda: sum(trial.ended for trial in trials.every(found)) >= 1)
    (worker,) = found.workers()
    limited = psutil.Process(worker.status()["pid"])
    if not hasattr(limited, "rlimit"):
        pytest.skip("this system sets no limits to other processes")
    limited.rlimit(psutil.RLIMIT_FSIZE, (2000, 2000))
    until(lambda: found.state() == "failed", seconds=3 * SECONDS)  # Optuna may wait for its own lock first
    assert "cannot be read or written" in found.error() and "Make room" in found.error()
    before = [trial for trial in trials.every(found) if trial.state == "done"]
    found.set_budget(len(trials.every(found)), 0)
    until(lambda: not worker.has_process())
    found.start()
    until(lambda: found.state() == "done", found.error())
    assert [trial for trial in trials.every(found) if trial in before] == before and found.winner()


def test_a_storage_that_cannot_be_reached_is_told(settings):
    away = replace(settings, study_storage="sqlite:////no/such/folder/studies.db")
    with pytest.raises(LoupeError, match="cannot be read or written"):
        Study("any", away).storage()


def test_a_database_holds_the_trials_of_several_folders(settings, tmp_path):
    import optuna

    url = f"sqlite:///{tmp_path / 'studies.db'}"
    settings = replace(settings, study_storage=url)
    found = begin(settings, trials=2)
    until(lambda: found.state() == "done", found.error())
    losses = [trial.values[0] for trial in trials.every(found)]
    assert [trial.value for trial in optuna.load_study(study_name=found.title, storage=url).trials] == losses
    other = replace(settings, checkpoints=tmp_path / "other")
    namesake = study.create(other, found.search(), found.name)
    assert trials.every(namesake) == [] and len(losses) == 2
    study.remove(found)
    assert optuna.get_all_study_names(url) == []
    study.remove(namesake)


def test_two_goals_give_a_front_and_no_trial_is_pruned(settings):
    wanted = (Vary("filters", choices=(0.25, 1.0, 4.0)),)
    found = begin(settings, space=wanted, sampler="grid", goals=("reconstruction", "parameters"), trials=3)
    until(lambda: found.state() == "done", found.error())
    values = {trial.settings["filters"]: trial.values for trial in trials.every(found)}
    assert all(len(each) == 2 for each in values.values())
    assert values[0.25][1] < values[1.0][1] < values[4.0][1]


def test_a_search_whose_folder_is_taken_away_ends_and_its_runs_stay(settings):
    found = begin(settings, trials=50)
    until(lambda: sum(trial.ended for trial in trials.every(found)) >= 1)
    pid = found.workers()[0].status()["pid"]
    os.rename(found.path, settings.checkpoints.parent / "taken away")
    until(lambda: locks.started(pid) is None, "the worker went on")
    assert any(line.study == found.name and line.state == "done" for line in store.list_runs(settings))
    with pytest.raises(LoupeError, match="no search called"):
        study.find(settings, found.name)


def test_time_is_a_budget_too(settings):
    found = begin(settings, trials=1000)
    until(lambda: sum(trial.ended for trial in trials.every(found)) >= 1)
    found.set_budget(1000, 0.001)  # over already
    until(lambda: found.state() == "done", found.error())
    ended = trials.every(found)
    assert 1 <= len(ended) < 1000 and {trial.state for trial in ended} <= {"done", "pruned"}
    assert found.winner() is not None


def test_a_removed_search_takes_its_trials_and_leaves_what_became_a_run(finished, tmp_path):
    settings = Settings(cache=finished.settings.cache, checkpoints=tmp_path / "copy")
    shutil.copytree(finished.settings.checkpoints, settings.checkpoints)
    copy = Study(finished.name, settings)
    kept = forks.adopt(settings, Run(trials.every(copy)[1].runs[0], settings))
    kept.set_card(name="second best")
    winner = copy.winner()["run"]
    study.remove(copy)
    assert {line.id: line.study for line in store.list_runs(settings)} == {winner: "", kept.id: ""}
    assert kept.card()["name"] == "second best" and len(kept.history()) == BASE.epochs
    assert study.every(settings) == []


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a b", "x" * 99])
def test_a_name_from_outside_finds_searches_only(settings, name):
    with pytest.raises(LoupeError):
        study.find(settings, name)
    if name:
        with pytest.raises(LoupeError):
            study.create(settings, Search(BASE, RATES), name)
