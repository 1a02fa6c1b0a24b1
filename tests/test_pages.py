"""What holds for every page: with a run, with none, with one that is gone; the run that all of them show."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support import HOSTILE, SECONDS, as_served, button, fine, loaded_by, shown_before, texts

from ui import frame

PAGES = tuple(frame.PAGES)
NEEDS_A_RUN = {  # each with the view that does
    "explore": (),
    "project": (),
    "train": ("train_view", "Watch"),
    "compare": (),
    "tune": ("tune_view", "Learning rate"),
}
TRAINER = {"tensorflow", "keras", "ai_edge_litert"}


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    shown_before(monkeypatch)


def turned(app: AppTest, page: str) -> AppTest:
    return fine(app.switch_page(f"pages/{page}.py").run())


# Every page.


@pytest.mark.parametrize("page", ["home", "data"])
def test_a_page_without_runs(warm, visit, settings, page):
    assert fine(visit(settings, page)).title


@pytest.mark.parametrize("page", NEEDS_A_RUN)
def test_where_there_is_no_run_a_first_one_is_offered(warm, visit, settings, page):
    app = fine(visit(settings, page))
    assert app.title
    if NEEDS_A_RUN[page]:
        key, view = NEEDS_A_RUN[page]
        app.segmented_control(key=key).set_value(view).run()
    assert "There is no run yet" in fine(app).info[0].value
    assert button(app, "Train a model (30 s)")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_a_run(warm, visit, trained, page):
    app = fine(visit(trained.settings, "train" if page == "home" else "home", run=trained.id))
    assert turned(app, page).title
    assert app.query_params["run"] == trained.id  # a page switch clears it, the page writes it again


@pytest.mark.parametrize("page", PAGES)
def test_the_first_page_that_a_fresh_server_shows_stands_in_its_frame(visit, trained, monkeypatch, page):
    as_served(monkeypatch)
    app = fine(visit(trained.settings, page, run=trained.id))
    assert app.title and app.selectbox(key="picked_run").value == trained.id


@pytest.mark.parametrize("page", PAGES)
def test_a_page_whose_run_is_removed_meanwhile(warm, visit, own, page):
    app = fine(visit(own.settings, page, run=own.id))
    shutil.rmtree(own.path)
    fine(app.run())


def test_no_page_loads_what_trains(trained):
    code = (
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file('app.py', default_timeout={SECONDS})\n"
        f"app.query_params['run'] = {trained.id!r}\n"
        f"for name in {PAGES}:\n"
        "    assert not app.switch_page(f'pages/{name}.py').run().exception, name"
    )
    loaded = {name.partition(".")[0] for name in loaded_by(code, trained.settings)}
    assert "ui" in loaded and not loaded & TRAINER


@pytest.mark.parametrize(("name", "value"), [("train_slots", "many"), ("checkpoints", Path(__file__))])
def test_wrong_settings_are_told(warm, visit, settings, name, value):
    app = visit(replace(settings, **{name: value}), "home")
    assert not app.exception
    assert str(value) in app.error[0].value.replace("\\", "")


# The chosen run.


def test_a_run_is_chosen_for_all_pages(warm, visit, trained):
    app = fine(visit(trained.settings, "explore"))
    app.selectbox(key="picked_run").set_value(trained.id).run()
    assert fine(app).query_params["run"] == trained.id
    assert "What the decoder draws all over the map" in texts(app)
    assert turned(app, "project").query_params["run"] == trained.id
    app.selectbox(key="picked_run").set_value("").run()
    assert "run" not in fine(app).query_params


@pytest.mark.parametrize("name", HOSTILE)
def test_an_address_with_another_name_is_told(warm, visit, trained, name):
    app = visit(trained.settings, "home", run=name)
    assert not app.exception
    assert "There is no run" in app.warning[0].value
