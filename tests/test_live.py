"""The chosen run on the Train page: running, finished, broken off, removed while it is shown."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from support import SECONDS, click, end_work, eventually, fine, labels, made_run, shown_before

from ui import cached
from ui.train import downloads
from vae_core.design import recipes
from vae_core.look import doctor
from vae_core.runs import locks, store
from vae_core.runs.store import Run

Page = Callable[[Run], AppTest]


@pytest.fixture
def page(visit: Any, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The Train page with a run chosen by the address."""
    shown_before(monkeypatch)
    return lambda run: visit(run.settings, "train", run=run.id)


def test_a_finished_run_is_shown_with_all_that_can_be_done(page, settings):
    run = made_run(settings, "done")
    app = fine(page(run))
    assert app.main.subheader[0].value == run.id.replace("-", "\\-")
    assert {metric.label: metric.value for metric in app.main.metric}["Epochs"] == "2 of 60"
    assert "Resume" not in labels(app) and "Stop" not in labels(app)
    assert {"Train on", "Start the fork"} <= set(labels(app))
    assert "History, CSV" not in {each.label for each in app.get("download_button")}, "the drawer is closed"


def test_the_bar_is_not_full_while_the_end_is_written(page, settings):
    short = store.create(settings, replace(recipes.default("digits", (8, 8, 1)), epochs=2), {})
    run = made_run(settings, "running", run=short)
    with locks.exclusive(run.lock):
        app = fine(page(run))
    (bar,) = [each for each in app.main.get("progress") if "Epoch 2 of 2" in each.proto.text]
    assert bar.proto.value < 100


@pytest.mark.parametrize("state", ["stopped", "interrupted", "failed"])
def test_a_run_that_broke_off_has_a_resume_button(page, settings, state):
    app = page(made_run(settings, state))
    assert not app.exception
    assert "Resume" in labels(app)
    assert bool(app.main.error) == (state != "stopped")


def test_a_dead_trainer_is_shown_as_interrupted(page, settings):
    run = made_run(settings, "running")
    run.set_status(pid=2**22 + 1, pid_started=1.0)  # the lock is free: nobody is at work
    app = page(run)
    assert "Resume" in labels(app)


def test_a_run_without_an_epoch_has_no_pictures_and_says_so(page, settings):
    app = page(made_run(settings, "failed", epochs=0))
    assert not app.exception
    assert "Train on" not in labels(app)


def test_a_model_of_many_numbers_leads_to_its_map(page, settings):
    config = recipes.auto((8, 8, 1), "digits")
    large = store.create(settings, config, {})
    large.set_status(state="stopped")

    def links() -> set[str]:
        cached.refresh()
        return {link.proto.label for link in fine(page(large)).main.get("page_link")}

    assert "Walk on its map" not in links()
    beside = store.create(settings, recipes.flat(config), {})
    beside.set_status(state="stopped")
    assert "Its own map: stopped" in links()
    beside.set_status(state="done")
    assert "Walk on its map" in links()


def test_each_run_is_found_by_its_own_name_and_no_other(settings, here):
    older, newer = made_run(settings, "done"), made_run(settings, "stopped")
    assert [cached.find(run.id).id for run in (older, newer)] == [older.id, newer.id]
    assert cached.find(older.id[:-1]) is None and downloads.per_image(older) == ""


def test_a_run_that_is_removed_while_it_is_shown(page, settings):
    run = made_run(settings, "done")
    app = page(run)
    shutil.rmtree(run.path)
    app.run()
    assert not app.exception
    told = [each.value for each in (*app.main.warning, *app.main.info, *app.sidebar.warning)]
    expected = ("no longer there", "may have been removed", "No run is chosen", "There is no run yet")
    assert any(words in text for words in expected for text in told)


def test_the_unit_changes_the_numbers(page, settings):
    run = made_run(settings, "done")
    run.set_status(best={"epoch": 2, "validation": {"nats_per_image": 32.0, "nats_per_pixel": 0.5}})
    app = page(run)
    best = {metric.label: metric.value for metric in app.main.metric}["Best loss"]
    assert best == "0.5"
    app.main.button_group(key="loss_per").set_value("per image").run()
    assert {metric.label: metric.value for metric in app.main.metric}["Best loss"] == "32"


def test_the_page_does_not_wait_for_the_doctor(page, own, monkeypatch):
    """However long he takes: here until the page has been drawn."""
    drawn, examine = Event(), doctor.examine
    monkeypatch.setattr(doctor, "examine", lambda *asked: drawn.wait(SECONDS) and examine(*asked))
    app = page(own)
    assert "The doctor looks at it..." in labels(app) and not app.exception
    drawn.set()
    eventually(lambda: any(label.startswith("The doctor found") for label in labels(app.run())))


@pytest.fixture
def begun(own: Run) -> Iterator[None]:
    """What was begun is ended while it still loads TensorFlow: the page has shown it by then."""
    yield
    end_work(own.settings)


def test_what_is_trained_longer_is_a_new_run_that_is_shown_at_once(begun, page, own):
    app = click(page(own), "Train on")
    (child,) = [run for run in store.list_runs(own.settings) if run.id != own.id]
    assert not app.exception
    assert child.parent == own.id
    assert Run(child.id, own.settings).has_process()
    assert "Stop" in labels(app) and "Train on" not in labels(app)
    assert app.main.subheader[0].value == child.id.replace("-", "\\-")


def test_history_and_losses_can_be_taken_home(trained):
    rows = list(csv.DictReader(io.StringIO(downloads.as_csv(trained.history()))))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["validation_total_nats_per_image"]) > 0
    images = list(csv.DictReader(io.StringIO(downloads.per_image(trained))))
    codes = trained.codes()
    assert len(images) == len(codes["mean"])
    assert float(images[7]["reconstruction_nats"]) == pytest.approx(float(codes["reconstruction"][7]), rel=1e-5)
    assert set(images[0]) == {"image", "label", "reconstruction_nats", "kl_nats", "z1", "z2"}
