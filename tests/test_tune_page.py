"""The Tune page: its forms, a search in each of its states, the contest of two optimisers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest
from conftest import Visit
from searching import made_up
from streamlit.testing.v1 import AppTest
from support import captions, fine, labels, plain

from ui.tune import asked, figures
from vae_core.design import recipes
from vae_core.runs import locks, store
from vae_core.search import contest, space, study
from vae_core.search.study import Study
from vae_core.search.wanted import Search
from vae_core.settings import Settings

if TYPE_CHECKING:
    import optuna

BASE = recipes.default("digits", (8, 8, 1))
SPACE = (space.read("learning_rate=0.001..0.1"), space.read("filters=0.5..2"))
Page = Callable[..., AppTest]


@pytest.fixture
def page(settings: Settings, visit: Visit) -> Page:
    """The Tune page, at an address with these words."""
    return partial(visit, settings, "tune")


@pytest.fixture(scope="module")
def found_study() -> optuna.Study:
    return made_up()


def made(settings: Settings, state: str = "done", found: optuna.Study | None = None, error: str = "") -> Study:
    """A search as its workers leave it, without the minutes."""
    search = study.create(settings, Search(BASE, SPACE), "mine")
    kept = search.optuna(1)
    for old in found.trials if found else ():
        kept.add_trial(old)
    search._hire(1).set_status(state=state, error=error or None)
    return search


def can_start(app: AppTest) -> bool:
    (start,) = (button for button in app.main.button if button.label == "Start the search")
    return not start.disabled


# A new search.


def test_without_searches_the_page_is_a_form_that_can_start_at_once(page):
    app = fine(page())
    assert can_start(app)
    app.segmented_control(key="tune_view").set_value("Searches").run()
    assert "There are no searches yet" in plain(app)
    next(button for button in app.main.button if button.label == "Set up a search").click().run()
    assert "Start the search" in labels(app)


def test_a_wrong_range_is_told_beside_it(page):
    app = page()
    for values in ("lots", "0.1..0.001", "0..0.1", "1..1000", ""):
        app.text_input(key="tune_values_learning_rate").set_value(values).run()
        assert not app.exception and len(app.error) == 1, values
        assert not can_start(app), values
    app.text_input(key="tune_values_learning_rate").set_value("0.001..0.1").run()
    assert can_start(fine(app))


def test_a_ready_made_search_can_be_started(page):
    app = page()
    for name, ready in asked.READY.items():
        app.pills(key="tune_ready").set_value(name).run()
        assert can_start(fine(app)), name
        assert set(app.multiselect(key="tune_vary").value) == set(ready.vary), name


def test_beta_that_varies_is_not_measured_by_a_loss_that_contains_it(page):
    app = page()
    app.multiselect(key="tune_vary").set_value(["beta"]).run()
    assert "the smallest beta would always win" in plain(app)
    app.multiselect(key="tune_goals").set_value(["elbo"]).run()
    assert not app.error


def test_a_setting_may_depend_on_another(page):
    app = page()
    app.multiselect(key="tune_vary").set_value(["schedule", "warmup"]).run()
    app.selectbox(key="tune_when_warmup").set_value(("schedule", "cosine")).run()
    fine(app)


# One that is there.


def test_a_search_that_ended_is_shown_with_all_its_pictures(page, settings, found_study):
    made(settings, found=found_study)
    app = fine(page())
    assert {metric.label: metric.value for metric in app.main.metric}["Best Loss"] == "20.1"
    assert len(app.dataframe[0].value) == 6
    said = set()
    for kind in ("curves", *figures.NAMES):
        if kind != "pareto":
            app.segmented_control(key="tune_picture").set_value(kind).run()
            assert not app.exception and not app.error, (kind, plain(app))
            said.add(captions(app))
    assert len(said) == len(figures.NAMES), "two kinds show the same picture"


@pytest.mark.parametrize("state", ["stopped", "interrupted", "failed"])
def test_a_search_that_broke_off_can_go_on(page, settings, found_study, state):
    made(settings, state, found_study, "All of the first 5 trials failed" if state == "failed" else "")
    app = page()
    assert not app.exception
    assert "Go on" in labels(app)
    assert bool(app.main.error) == (state != "stopped")


def test_an_address_with_another_search_is_told(page, settings):
    made(settings)
    assert "There is no search" in plain(page(search="x<script>"))


@pytest.mark.parametrize("text", [None, "not a journal\n", '{"op_code": 99}\n{"op_code": 98}\n'])
def test_a_search_whose_storage_is_gone_or_broken_is_told(page, settings, found_study, text):
    search = made(settings, found=found_study)
    for path in search.path.glob("journal.log"):
        path.write_text(text) if text else path.unlink()
    app = page()
    assert not app.exception
    assert "cannot be read" in plain(app) or "Its trials are gone" in plain(app)


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
    assert "There are no searches yet" in plain(app)


# From a run: views of their own, and a contest.


@pytest.mark.parametrize("view", ["optimisers", "rates"])
def test_views_of_a_run_say_so_where_none_is_chosen(page, own, view):
    app = page(view=view)
    assert "Choose a run in the sidebar" in plain(app) and not app.exception


def test_a_contest_needs_only_what_was_not_trained_before(page, own):
    app = page(view="optimisers", run=own.id)
    assert not app.exception, app.exception
    assert "Train it" in labels(app)
    app.number_input(key=f"tune_duel_{own.id}_seeds").set_value(3).run()
    assert "5" in plain(app) and "Train both" in labels(app)
    app.selectbox(key=f"tune_duel_{own.id}_optimizer_1").set_value("adam").run()
    app.number_input(key=f"tune_duel_{own.id}_rate_1").set_value(own.config().learning_rate).run()
    assert "Both sides are the same" in plain(app)


def test_a_contest_that_is_over_says_no_more_than_the_seeds_allow(page, settings, own):
    """One seed of each: the sentence is that of the Compare page."""
    config = own.config()
    (other,) = contest.configs(config, contest.usual(config, "sgd"), 1, config.epochs)
    done = store.create(settings, other, {})
    kept = shutil.ignore_patterns("config.json", "card.json")
    shutil.copytree(own.path, done.path, ignore=kept, dirs_exist_ok=True)
    app = page(view="optimisers", run=own.id)
    assert not app.exception, app.exception
    assert "These two trainings cannot be told apart" in plain(app) and "could turn it around" in plain(app)
    assert len([metric for metric in app.main.metric if metric.value != "–"]) == 2
    assert "Compare them closely" in labels(app)


# Its trials.


def test_a_trial_may_be_chosen_by_its_address(page, settings):
    run = store.create(settings, BASE, {}, study="mine")
    run.set_status(state="done")
    app = page(run=run.id)
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key="picked_run").value == run.id and not app.exception and not app.warning
    assert "A trial of the search mine" in plain(app)


def test_a_trial_that_trains_can_be_watched_without_drawing_the_page_for_ever(page, settings):
    run = store.create(settings, BASE, {}, study="mine")
    run.set_status(state="running")
    with locks.exclusive(run.lock):
        assert not page(run=run.id).exception


def test_trials_stand_on_tune_and_not_among_the_runs(page, settings, own):
    store.create(settings, BASE, {}, study="mine").set_status(state="done")
    app = page()
    assert len(app.selectbox(key="picked_run").options) == 2
    app.switch_page("pages/home.py").run()
    app.segmented_control(key="home_view").set_value("Table").run()
    assert len(app.dataframe[0].value) == 1 and not app.exception
