"""The chosen run on the Train page: running, finished, broken off, removed while it is shown."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import psutil
import pytest
from conftest import environment
from streamlit.testing.v1 import AppTest

from ui import downloads
from vae_core.look import codes as look
from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings
from vae_core.spec import recipes

SECONDS = 60
Page = Callable[[str], AppTest]


@pytest.fixture
def page(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The Train page with a run chosen by the address."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def open_page(run_id: str) -> AppTest:
        app = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=SECONDS)
        app.query_params["run"] = run_id
        return app.switch_page("pages/train.py").run()

    return open_page


def make(settings: Settings, state: str, epochs: int = 2) -> Run:
    """A run as a trainer leaves it, without the minutes."""
    run = store.create(settings, recipes.default("digits", (8, 8, 1)), {})
    random = np.random.default_rng(0)
    for epoch in range(1, epochs + 1):
        run.add_history({"epoch": epoch, "train_total_nats_per_image": 30.0 - epoch})
        code = np.float32(random.normal(size=(20, 2)))
        pictures = random.integers(0, 256, (10, 8, 8, 1), np.uint8)
        grid = np.zeros((16, 16, 8, 8, 1), np.uint8)
        run.save_snapshot(epoch, {"index": np.arange(20), "code": code, "labels": np.arange(20) % 10,
                                  "plane": look.plane(code, True), "original": pictures, "reconstruction": pictures,
                                  "grid": grid})  # fmt: skip
    run.set_status(state=state, epoch=epochs)
    return run


def end(run: Run) -> None:
    """Stop the run, and wait until its process is gone."""
    pid = run.status()["pid"]
    jobs.request_stop(run)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(SECONDS)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.main.button]


def test_a_finished_run_is_shown_with_all_that_can_be_done(page, settings):
    run = make(settings, "done")
    app = page(run.id)
    assert not app.exception and not app.error
    assert app.main.subheader[0].value == run.id.replace("-", "\\-")
    assert {metric.label: metric.value for metric in app.main.metric}["Epochs"] == "2 of 60"
    assert "Resume" not in labels(app) and "Stop" not in labels(app)
    assert {"Train on", "Start the fork"} <= set(labels(app))


@pytest.mark.parametrize("state", ["stopped", "interrupted", "failed"])
def test_a_run_that_broke_off_has_a_resume_button(page, settings, state):
    app = page(make(settings, state).id)
    assert not app.exception
    assert "Resume" in labels(app)
    assert bool(app.main.error) == (state != "stopped")


def test_a_dead_trainer_is_shown_as_interrupted(page, settings):
    run = make(settings, "running")
    run.set_status(pid=2**22 + 1, pid_started=1.0)  # the lock is free: nobody is at work
    app = page(run.id)
    assert "Resume" in labels(app)


def test_a_run_without_an_epoch_has_no_pictures_and_says_so(page, settings):
    app = page(make(settings, "failed", epochs=0).id)
    assert not app.exception
    assert "Train on" not in labels(app)


def test_a_run_that_is_removed_while_it_is_shown(page, settings):
    run = make(settings, "done")
    app = page(run.id)
    shutil.rmtree(run.path)
    app.run()
    assert not app.exception
    told = [each.value for each in (*app.main.warning, *app.main.info, *app.sidebar.warning)]
    expected = ("no longer there", "may have been removed", "No run is chosen", "There is no run yet")
    assert any(words in text for words in expected for text in told)


def test_the_unit_changes_the_numbers(page, settings):
    run = make(settings, "done")
    run.set_status(best={"epoch": 2, "validation": {"nats_per_image": 32.0, "nats_per_pixel": 0.5}})
    app = page(run.id)
    best = {metric.label: metric.value for metric in app.main.metric}["Best loss"]
    assert best == "0.5"
    app.main.button_group(key="loss_unit").set_value("nats per image").run()
    assert {metric.label: metric.value for metric in app.main.metric}["Best loss"] == "32"


def test_what_is_trained_longer_is_a_new_run_that_is_shown_at_once(page, settings, trained):
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    app = page(trained.id)
    next(button for button in app.main.button if button.label == "Train on").click().run()
    (child,) = [run for run in store.list_runs(settings) if run.id != trained.id]
    try:
        assert not app.exception
        assert child.parent == trained.id
        assert "Stop" in labels(app) and "Train on" not in labels(app)
        assert app.main.subheader[0].value == child.id.replace("-", "\\-")
    finally:
        end(store.open_run(settings, child.id))


def test_history_and_losses_can_be_taken_home(trained):
    rows = list(csv.DictReader(io.StringIO(downloads.as_csv(trained.history()))))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["validation_total_nats_per_image"]) > 0
    images = list(csv.DictReader(io.StringIO(downloads.per_image(trained))))
    codes = trained.codes()
    assert len(images) == len(codes["mean"])
    assert float(images[7]["reconstruction_nats"]) == pytest.approx(float(codes["reconstruction"][7]), rel=1e-5)
    assert set(images[0]) == {"image", "label", "reconstruction_nats", "kl_nats", "z1", "z2"}
