"""The Tune page: what it asks for, its pictures, its bad days, and the way through it in a browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browser import LONG, Server, eventually, press, serving, told, without_trouble
from conftest import environment, run_cli
from streamlit.testing.v1 import AppTest

from ui.tune import asked, curves, figures, words
from ui.tune import rates as range_view
from vae_core.errors import LoupeError
from vae_core.runs import locks, store, tasks
from vae_core.runs.store import Run
from vae_core.search import contest, rates, space, spec, study
from vae_core.search.contest import Side
from vae_core.search.spec import Search
from vae_core.search.study import Study
from vae_core.search.trials import Trial
from vae_core.settings import PROJECT, Settings
from vae_core.spec import recipes

SECONDS = 60
BASE = recipes.default("digits", (8, 8, 1))
RATE = space.read("learning_rate=0.001..0.1")
LAYERS = space.read("filters=0.5..2")
Page = Callable[..., AppTest]


# What is asked for.


@pytest.mark.parametrize("name", space.NAMES)
def test_every_setting_has_words_and_a_usual_range_that_can_be_searched(name):
    assert words.setting(name) and words.setting_help(name)
    if space.NAMES[name][0] is not str:
        each = space.read(f"{name}={asked.usual(name, BASE).replace(' ', '')}")
        assert asked.examples(Search(BASE, (each,), ("elbo",)))


def test_every_goal_sampler_and_pruner_has_words():
    assert set(words.GOALS) == set(words.VALUE_HELP) == set(spec.GOALS)
    assert set(words.SAMPLERS) == set(spec.SAMPLERS)
    assert set(words.PRUNERS) == set(spec.PRUNERS)


def test_trainings_are_counted_by_fold_and_a_grid_has_an_end():
    assert asked.trainings(Search(BASE, (RATE,), folds=3, trials=7)) == 21
    assert asked.trainings(Search(BASE, (RATE,), sampler="grid", trials=100)) == space.STEPS


def test_a_search_whose_every_model_is_impossible_is_refused_before_it_starts():
    wide = Search(recipes.auto((8, 8, 1), "digits"), (space.read("latent=8,500"),))
    assert {each.architecture().code.size for each in asked.examples(wide)} == {8, 500}
    deep = space.read("depth=8,8")
    with pytest.raises(LoupeError):
        asked.examples(Search(recipes.auto((4096, 4096, 3), "x"), (space.read("filters=15,16"), deep)))


def test_a_search_from_settings_that_validate_on_the_test_set_takes_another_split():
    from dataclasses import replace

    base = asked.base(replace(BASE, split="test"), {"epochs": 3, "train_size": 100, "latent": 5})
    assert (base.split, base.epochs, base.train_size, base.architecture().code.size) == ("shuffled", 3, 100, 5)


# Numbers.


def test_each_optimiser_begins_with_a_rate_that_suits_it():
    from dataclasses import replace

    adam, sgd = replace(BASE, learning_rate=0.003), replace(BASE, optimizer="sgd", learning_rate=0.03)
    assert [contest.usual(adam, name).learning_rate for name in ("adam", "sgd")] == [0.003, 0.03]
    assert [contest.usual(sgd, name).learning_rate for name in ("adam", "sgd")] == [0.003, 0.03]
    assert contest.usual(replace(BASE, learning_rate=9.0), "sgd").learning_rate == 10


def test_sides_of_a_contest_differ_in_nothing_but_the_optimiser():
    adam = contest.configs(BASE, Side("adam", 0.005), 3, 4)
    sgd = contest.configs(BASE, Side("sgd", 0.05), 3, 4)
    assert [each.seed for each in adam] == [each.seed for each in sgd] == [BASE.seed + more for more in range(3)]
    from dataclasses import replace

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


def test_a_range_test_takes_steps_and_leaves_the_run_as_it_was(settings, trained):
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    run = Run(trained.id, settings)
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    task = tasks.begin(run, rates.KIND, rates.SPEC)
    done = run_cli(settings, "task", task.id)
    assert done.returncode == 0, done.stderr
    points = task.result()["points"]
    assert points[0][0] == pytest.approx(rates.SPEC["low"]) and len(points) > 100
    found = rates.read(points)
    assert found and found.low < found.high and min(found.smooth) < 0.8 * points[0][1]
    assert {path.name: path.read_bytes() for path in run.path.iterdir() if path.name in before} == before


# Pictures.


def trial(number: int, state: str, runs: tuple[str, ...] = ()) -> Trial:
    return Trial(number, state, {"learning_rate": 0.01}, (30.0 - number,) if state == "done" else None, runs, 1.0)


def test_curves_have_a_chart_a_fold_and_a_gap_after_each_trial():
    row = {"validation_total_nats_per_image": 30.0}
    histories = {f"{name}{fold}": [{"epoch": 1, **row}, {"epoch": 2, **row}] for name in "abc" for fold in (1, 2)}
    listed = [trial(0, "done", ("a1", "a2")), trial(1, "done", ("b1", "b2")), trial(2, "running", ("c1",))]
    figure = curves.draw(listed, histories, 2, "loss", best=1, ticked=[])
    lines = {(line.name, line.xaxis): line.x for line in figure.data if line.x}
    assert lines[("Best", "x")] == lines[("Best", "x2")] == lines[("Others", "x")] == (1, 2, None)
    assert ("Training now", "x") in lines and ("Training now", "x2") not in lines


def test_one_lost_trial_does_not_flatten_all_other_curves():
    low, high = curves.span([*np.linspace(20, 30, 99), 1e6, None])
    assert low < 20 and 29 < high < 35


def test_a_loss_that_explodes_does_not_flatten_the_range_test():
    points = [[10.0 ** (place / 20 - 6), 40.0 - place / 5] for place in range(100)] + [[0.5, 1e23]]
    low, high = range_view.draw(points, rates.read(points)).layout.yaxis.range
    assert low < 20.2 and 40 < high < 60


@pytest.fixture
def found_study() -> Any:
    """Optuna's own, with trials that somebody made up: the lower the learning rate, the better."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(directions=["minimize"])
    distributions = {"learning_rate": optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True),
                     "filters": optuna.distributions.FloatDistribution(0.5, 2)}  # fmt: skip
    for rate in np.geomspace(1e-3, 1e-1, 6):
        made.add_trial(optuna.trial.create_trial(
            params={"learning_rate": rate, "filters": 0.5 + 10 * rate}, distributions=distributions,
            value=20 + 100 * rate,
        ))  # fmt: skip
    return made


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
    import optuna

    made = optuna.create_study(directions=["minimize"] * 2)
    for place, old in enumerate(found_study.trials):
        made.add_trial(optuna.trial.create_trial(
            params=old.params, distributions=old.distributions, values=[old.value, 1000 - place]
        ))  # fmt: skip
    search = Search(BASE, (RATE, LAYERS), ("loss", "parameters"))
    assert "pareto" in figures.kinds(search)
    figure = figures.draw(made, search, "pareto", 0)
    assert {trace.name for trace in figure.data if len(trace.x)} == {"Best bargains"}
    assert figure.layout.xaxis.title.text == "Loss" and figure.layout.yaxis.title.text == "Parameters"


# The page.


@pytest.fixture
def page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The Tune page, at an address with these words."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def open_page(**address: str) -> AppTest:
        app = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=SECONDS)
        for name, value in address.items():
            app.query_params[name] = value
        return app.switch_page("pages/tune.py").run()

    return open_page


def made(settings: Settings, state: str = "done", found: Any = None, error: str = "") -> Study:
    """A search as its workers leave it, without the minutes."""
    search = study.create(settings, Search(BASE, (RATE, LAYERS)), "mine")
    kept = search.optuna(1)
    for old in found.trials if found else ():
        kept.add_trial(old)
    search._hire(1).set_status(state=state, error=error or None)
    return search


def texts(app: AppTest) -> str:
    kinds = (app.info, app.warning, app.error, app.caption, app.markdown)
    return " ".join(each.value.replace("\\", "") for kind in kinds for each in kind)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.main.button]


def test_without_searches_the_page_is_a_form_that_can_start_at_once(page):
    app = page()
    assert not app.exception and not app.error
    assert not next(button for button in app.main.button if button.label == "Start the search").disabled
    app.segmented_control(key="tune_view").set_value("Searches").run()
    assert "There are no searches yet" in texts(app)
    next(button for button in app.main.button if button.label == "Set up a search").click().run()
    assert "Start the search" in labels(app)


@pytest.mark.parametrize("values", ["lots", "0.1..0.001", "0..0.1", "1..1000", ""])
def test_a_wrong_range_is_told_beside_it(page, values):
    app = page()
    app.text_input(key="tune_values_learning_rate").set_value(values).run()
    assert not app.exception and len(app.error) == 1
    assert next(button for button in app.main.button if button.label == "Start the search").disabled


@pytest.mark.parametrize("name", asked.READY)
def test_a_ready_made_search_can_be_started(page, name):
    app = page()
    app.pills(key="tune_ready").set_value(name).run()
    assert not app.exception and not app.error, texts(app)
    assert not next(button for button in app.main.button if button.label == "Start the search").disabled
    assert set(app.multiselect(key="tune_vary").value) == set(asked.READY[name].vary)


def test_beta_that_varies_is_not_measured_by_a_loss_that_contains_it(page):
    app = page()
    app.multiselect(key="tune_vary").set_value(["beta"]).run()
    assert "the smallest beta would always win" in texts(app)
    app.multiselect(key="tune_goals").set_value(["elbo"]).run()
    assert not app.error


def test_a_setting_may_depend_on_another(page):
    app = page()
    app.multiselect(key="tune_vary").set_value(["schedule", "warmup"]).run()
    app.selectbox(key="tune_when_warmup").set_value(("schedule", "cosine")).run()
    assert not app.exception and not app.error


@pytest.mark.parametrize("kind", ["curves", *figures.NAMES])
def test_a_search_that_ended_is_shown_with_all_its_pictures(page, settings, found_study, kind):
    made(settings, found=found_study)
    app = page()
    assert {metric.label: metric.value for metric in app.main.metric}["Best Loss"] == "20.1"
    assert len(app.dataframe[0].value) == 6
    if kind != "pareto":
        app.segmented_control(key="tune_picture").set_value(kind).run()
    assert not app.exception and not app.error, texts(app)


@pytest.mark.parametrize("state", ["stopped", "interrupted", "failed"])
def test_a_search_that_broke_off_can_go_on(page, settings, found_study, state):
    made(settings, state, found_study, "All of the first 5 trials failed" if state == "failed" else "")
    app = page()
    assert not app.exception
    assert "Go on" in labels(app)
    assert bool(app.main.error) == (state != "stopped")


def test_an_address_with_another_search_is_told(page, settings):
    made(settings)
    assert "There is no search" in texts(page(search="x<script>"))


@pytest.mark.parametrize("text", [None, "not a journal\n", '{"op_code": 99}\n{"op_code": 98}\n'])
def test_a_search_whose_storage_is_gone_or_broken_is_told(page, settings, found_study, text):
    search = made(settings, found=found_study)
    for path in search.path.glob("journal.log"):
        path.write_text(text) if text else path.unlink()
    app = page()
    assert not app.exception
    assert "cannot be read" in texts(app) or "Its trials are gone" in texts(app)


def test_a_search_that_is_removed_while_it_is_shown(page, settings, found_study):
    search = made(settings, found=found_study)
    app = page()
    shutil.rmtree(search.path)
    app.run()
    assert not app.exception


def test_a_search_is_removed_after_one_question(page, settings, found_study):
    search = made(settings, found=found_study)
    app = page()
    app.button(key="tune_remove_go").click().run()
    assert not app.exception and not search.path.exists()
    assert "There are no searches yet" in texts(app)


@pytest.mark.parametrize("view", ["optimisers", "rates"])
def test_views_of_a_run_say_so_where_none_is_chosen(page, settings, trained, view):
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    app = page(view=view)
    assert "Choose a run in the sidebar" in texts(app) and not app.exception


def test_a_contest_needs_only_what_was_not_trained_before(page, settings, trained):
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    app = page(view="optimisers", run=trained.id)
    assert not app.exception, app.exception
    assert "Train it" in labels(app)
    app.number_input(key=f"tune_duel_{trained.id}_seeds").set_value(3).run()
    assert "5" in texts(app) and "Train both" in labels(app)
    app.selectbox(key=f"tune_duel_{trained.id}_optimizer_1").set_value("adam").run()
    app.number_input(key=f"tune_duel_{trained.id}_rate_1").set_value(trained.config().learning_rate).run()
    assert "Both sides are the same" in texts(app)


def test_a_contest_that_is_over_says_no_more_than_the_seeds_allow(page, settings, trained):
    """One seed of each: the sentence is that of the Compare page."""
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    config = trained.config()
    (other,) = contest.configs(config, contest.usual(config, "sgd"), 1, config.epochs)
    done = store.create(settings, other, {})
    for path in trained.path.iterdir():
        if path.name not in ("config.json", "card.json"):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, done.path / path.name)
    app = page(view="optimisers", run=trained.id)
    assert not app.exception, app.exception
    assert "These two runs cannot be told apart" in texts(app) and "not credited" in texts(app)
    assert len([metric for metric in app.main.metric if metric.value != "–"]) == 2
    assert "Compare them closely" in labels(app)


def test_a_trial_may_be_chosen_by_its_address(page, settings):
    run = store.create(settings, BASE, {}, study="mine")
    run.set_status(state="done")
    app = page(run=run.id)
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key="picked_run").value == run.id and not app.exception and not app.warning
    assert "A trial of the search mine" in texts(app)


def test_a_trial_that_trains_can_be_watched_without_drawing_the_page_for_ever(page, settings):
    run = store.create(settings, BASE, {}, study="mine")
    run.set_status(state="running")
    with locks.exclusive(run.lock):
        assert not page(run=run.id).exception


def test_trials_stand_on_tune_and_not_among_the_runs(page, settings, trained):
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    store.create(settings, BASE, {}, study="mine").set_status(state="done")
    app = page()
    assert len(app.selectbox(key="picked_run").options) == 2
    app.switch_page("pages/home.py").run()
    app.segmented_control(key="home_view").set_value("Table").run()
    assert len(app.dataframe[0].value) == 1 and not app.exception


# In a browser.


@pytest.fixture
def searching(settings: Settings) -> Iterator[Server]:
    """The real page, whose searches end with it."""
    with serving(settings) as server:
        yield server
        for each in study.every(settings):
            each.stop()
            eventually(lambda each=each: not any(worker.has_process() for worker in each.workers()))


def test_start_watch_stop_go_on_and_open_the_best(searching, chromium, settings):
    page = chromium.new_page()
    page.goto(f"{searching.address}/tune")
    number(page, "Epochs", 12)
    number(page, "Trials, at most", 3)
    press(page, "Start the search")
    told(page, re.compile("of 3 trials"))
    (found,) = study.every(settings)
    eventually(lambda: any(line.study and line.epoch for line in store.list_runs(settings)))
    press(page, "Stop")
    told(page, "stopped")
    assert found.state() == "stopped" and found.winner() is None
    searching.kill()
    searching.start()
    page.goto(f"{searching.address}/tune?search={found.name}")
    press(page, "Go on")
    eventually(lambda: found.state() == "done")
    winner = found.winner()
    assert winner and Run(winner["run"], settings).state() == "done"
    page.get_by_role("link", name=re.compile("Explore the winner")).click(timeout=LONG)
    told(page, "What the decoder draws all over the map")
    assert f"run={winner['run']}" in page.url
    without_trouble(page)
    page.close()


def number(page: Any, label: str, value: int) -> None:
    """Type it, as a person does."""
    field = page.get_by_label(label, exact=True).first
    field.fill(str(value), timeout=LONG)
    field.press("Enter")
