"""What the Tune page asks for, counts and draws, without the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest
from searching import made_up

from ui.tune import asked, curves, figures, labels
from ui.tune import rates as range_view
from vae_core.cli import worker as worker
from vae_core.design import recipes
from vae_core.errors import LoupeError
from vae_core.runs import tasks
from vae_core.search import contest, expected, rates, space, wanted
from vae_core.search.contest import Side
from vae_core.search.trials import Trial
from vae_core.search.wanted import Search

BASE = recipes.default("digits", (8, 8, 1))
RATE = space.read("learning_rate=0.001..0.1")
LAYERS = space.read("filters=0.5..2")


# What is asked for.


@pytest.mark.parametrize("name", space.VARIED)
def test_every_setting_has_words_and_a_usual_range_that_can_be_searched(name):
    assert labels.setting(name) and labels.setting_help(name)
    if not space.VARIED[name].choices:
        each = space.read(f"{name}={asked.usual(name, BASE).replace(' ', '')}")
        assert expected.examples(Search(BASE, (each,), ("elbo",)))


def test_every_goal_sampler_and_pruner_has_words():
    assert set(labels.GOALS) == set(labels.VALUE_HELP) == set(wanted.GOALS)
    assert set(labels.SAMPLERS) == set(wanted.SAMPLERS)
    assert set(labels.PRUNERS) == set(wanted.PRUNERS)


def test_trainings_are_counted_by_fold_and_a_grid_has_an_end():
    assert expected.trainings(Search(BASE, (RATE,), folds=3, trials=7)) == 21
    assert expected.trainings(Search(BASE, (RATE,), sampler="grid", trials=100)) == space.STEPS


def test_a_search_whose_every_model_is_impossible_is_refused_before_it_starts():
    wide = Search(recipes.convolutions((8, 8, 1), "digits"), (space.read("latent=8,500"),))
    assert {each.architecture().code.size for each in expected.examples(wide)} == {8, 500}
    deep = space.read("depth=8,8")
    with pytest.raises(LoupeError):
        expected.examples(Search(recipes.convolutions((4096, 4096, 3), "x"), (space.read("filters=15,16"), deep)))


def test_a_search_from_settings_that_validate_on_the_test_set_takes_another_split():
    base = asked.base(replace(BASE, split="test"), {"epochs": 3, "train_size": 100, "latent": 5})
    assert (base.split, base.epochs, base.train_size, base.architecture().code.size) == ("shuffled", 3, 100, 5)


# Numbers.


def test_each_optimiser_begins_with_a_rate_that_suits_it():
    adam, sgd = replace(BASE, learning_rate=0.003), replace(BASE, optimizer="sgd", learning_rate=0.03)
    assert [contest.usual(adam, name).learning_rate for name in ("adam", "sgd")] == [0.003, 0.03]
    assert [contest.usual(sgd, name).learning_rate for name in ("adam", "sgd")] == [0.003, 0.03]
    assert contest.usual(replace(BASE, learning_rate=9.0), "sgd").learning_rate == 10


def test_sides_of_a_contest_differ_in_nothing_but_the_optimiser():
    adam = contest.configs(BASE, Side("adam", 0.005), 3, 4)
    sgd = contest.configs(BASE, Side("sgd", 0.05), 3, 4)
    assert [each.seed for each in adam] == [each.seed for each in sgd] == [BASE.seed + more for more in range(3)]
    assert [replace(each, optimizer="adam", learning_rate=0.005) for each in sgd] == adam


def test_the_running_mean_of_a_range_test_is_that_of_pandas():
    losses = np.random.default_rng(1).normal(10, 3, 80)
    oracle = pd.Series(losses).ewm(alpha=1 - rates.MEMORY, adjust=True).mean().to_numpy()
    assert rates.smoothed(losses) == pytest.approx(oracle)


def test_a_range_test_finds_where_a_model_learns():
    tried = np.geomspace(1e-6, 1, 200)
    losses = 40 - 20 / (1 + (1e-3 / tried) ** 2) + 200 * np.maximum(0, tried - 0.05)
    found = rates.read(list(zip(tried, losses, strict=True)))
    assert found and found.low < found.steepest < found.high
    assert 1e-4 < found.low < 2e-3 < found.high < 0.3
    assert rates.read([(rate, 40.0 + place) for place, rate in enumerate(tried)]) is None
    assert rates.read([(1e-3, 1.0)] * 5) is None


def test_a_range_test_takes_steps_and_leaves_the_run_as_it_was(own):
    before = {path.name: path.read_bytes() for path in own.path.iterdir() if path.is_file()}
    task = tasks.begin(own, rates.KIND, rates.SPEC)
    worker.work(task)
    assert task.state() == "done"
    points = task.result()["points"]
    assert points[0][0] == pytest.approx(rates.SPEC["low"]) and len(points) > 100
    found = rates.read(points)
    assert found and found.low < found.high and min(found.smooth) < 0.8 * points[0][1]
    assert {path.name: path.read_bytes() for path in own.path.iterdir() if path.name in before} == before


# Pictures.


def trial(number: int, state: str, runs: tuple[str, ...] = ()) -> Trial:
    return Trial(number, state, {"learning_rate": 0.01}, (30.0 - number,) if state == "done" else None, runs, 1.0)


def test_curves_have_a_chart_a_fold_and_a_gap_after_each_trial():
    row = {"validation_total_nats_per_image": 30.0}
    histories = {f"{name}{fold}": [{"epoch": 1, **row}, {"epoch": 2, **row}] for name in "abc" for fold in (1, 2)}
    listed = [trial(0, "done", ("a1", "a2")), trial(1, "done", ("b1", "b2")), trial(2, "running", ("c1",))]
    figure = curves.draw(listed, histories, 2, "loss", best=1, ticked=[], unit="nats per image")
    lines = {(line.name, line.xaxis): line.x for line in figure.data if line.x}
    assert lines[("Best", "x")] == lines[("Best", "x2")] == lines[("Others", "x")] == (1, 2, None)
    assert ("Training now", "x") in lines and ("Training now", "x2") not in lines


def test_one_lost_trial_does_not_flatten_all_other_curves():
    low, high = curves.span([*np.linspace(20, 30, 99), 1e6, None])
    assert low < 20 and 29 < high < 35


def test_a_loss_that_explodes_does_not_flatten_the_range_test():
    points = [[10.0 ** (place / 20 - 6), 40.0 - place / 5] for place in range(100)] + [[0.5, 1e23]]
    low, high = range_view.draw(points, rates.read(points), "nats per image").layout.yaxis.range
    assert low < 20.2 and 40 < high < 60


@pytest.fixture(scope="module")
def found_study() -> optuna.Study:
    return made_up()


@pytest.mark.parametrize("kind", [kind for kind in figures.NAMES if kind != "pareto"])
def test_optunas_figures_speak_the_words_of_the_house(found_study, kind):
    text = figures.draw(found_study, Search(BASE, (RATE, LAYERS)), kind, 0).to_json()
    assert "Width" in text or kind == "history"
    assert '"learning_rate"' not in text and '"filters"' not in text
    assert "Learning rate" in text or kind == "history"


def test_the_best_trial_has_the_strongest_line(found_study):
    figure = figures.draw(found_study, Search(BASE, (RATE, LAYERS)), "parallel", 0)
    lines = sorted((line for line in figure.data if line.mode == "lines"), key=lambda line: line.y[0])
    assert lines[0].line.color == figures.BEST.upper() and lines[-1].line.color == figures.WORST.upper()


@pytest.mark.parametrize("kind", ["history", "slice"])
def test_the_first_trial_is_trial_1(found_study, kind):
    dots = figures.draw(found_study, Search(BASE, (RATE, LAYERS)), kind, 0).data[0]
    assert min(dots.x if kind == "history" else dots.marker.color) == 1


def test_two_goals_have_a_picture_of_bargains(found_study):
    made = optuna.create_study(directions=["minimize"] * 2)
    for place, old in enumerate(found_study.trials):
        made.add_trial(
            optuna.trial.create_trial(
                params=old.params, distributions=old.distributions, values=[old.value, 1000 - place]
            )
        )
    search = Search(BASE, (RATE, LAYERS), ("loss", "parameters"))
    assert "pareto" in figures.kinds(search)
    figure = figures.draw(made, search, "pareto", 0)
    assert {trace.name for trace in figure.data if len(trace.x)} == {"Best bargains"}
    assert figure.layout.xaxis.title.text == "Loss" and figure.layout.yaxis.title.text == "Parameters"
