"""The Judge view: findings with their repairs, measures, odd images and the report; and what it says on bad days."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace

import pytest
from browser import eventually, press, serving, told, without_trouble
from conftest import environment
from streamlit.testing.v1 import AppTest

from ui import judge, setup
from ui.judge import findings
from vae_core.look import doctor, metrics, separation
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT

SECONDS = 60


@pytest.fixture
def run(trained, settings) -> Run:
    """A finished run of few epochs, in which the doctor finds something; it may be changed."""
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    return store.open_run(settings, trained.id)


@pytest.fixture
def page(settings, monkeypatch):
    def open_page(run_id: str = "", section: str = "Check-up", view: str = judge.VIEW) -> AppTest:
        for name, value in environment(settings).items():
            monkeypatch.setenv(name, value)
        app = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=SECONDS)
        if run_id:
            app.query_params["run"] = run_id
        app.session_state[setup.VIEW] = view
        app.session_state[judge.KEY] = section
        return app.switch_page("pages/train.py").run()

    return open_page


def text(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.subheader]
    return " ".join(part.value for part in parts).replace("\\", "")


def labels(app) -> list[str]:
    return [button.label for button in app.button]


def html(app) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_every_finding_stands_there_with_what_to_do(page, run):
    app = page(run.id)
    found = doctor.examine(run)
    assert found and not app.exception and not app.error
    for finding in found:
        assert finding.title in text(app) and finding.words in text(app) and finding.repair.words in text(app)
    assert sum(label in ("Fork it so", "Train it so") for label in labels(app)) == sum(
        bool(finding.repair.way) for finding in found
    )


def test_a_healthy_run_is_told_so(page, run):
    healthy = store.create(run.settings, replace(run.config(), epochs=2), {})
    healthy.set_status(state="done")
    app = page(healthy.id)
    assert "found nothing" in text(app) and not app.exception


def test_a_fork_that_repairs_has_epochs_left(run):
    found = next(finding for finding in doctor.examine(run) if finding.repair.way == "fork")
    shorter = replace(found, repair=replace(found.repair, changes={"beta": 0.5}))
    assert findings.changed(run, shorter) == {"beta": 0.5, "epochs": 2 * run.config().epochs}
    longer = replace(found, repair=replace(found.repair, changes={"epochs": 99}))
    assert findings.changed(run, longer) == {"epochs": 99}


def test_the_runs_own_page_has_one_line_of_it(page, run):
    app = page(run.id, view="Watch")
    assert f"The doctor found {findings.counted(doctor.examine(run))}." in text(app)
    next(button for button in app.button if button.label == "Judge it").click().run()
    assert "rules looked at it" in text(app)


def test_without_a_run_it_says_what_to_do(page, run):
    app = page()
    assert "No run is chosen" in text(app) and not app.exception


def test_a_run_that_still_trains_is_waited_for(page, run):
    other = store.create(run.settings, replace(run.config(), epochs=9), {})
    app = page(other.id)
    app.session_state[setup.VIEW] = judge.VIEW
    app.run()
    assert "still training" in text(app) and not app.exception
    next(button for button in app.button if button.label == "Watch it").click().run()
    assert app.session_state[setup.VIEW] == "Watch"


@pytest.mark.parametrize("section", ["Measures", "Odd images"])
def test_a_stopped_run_has_no_model_to_measure(page, run, section):
    other = store.create(run.settings, replace(run.config(), epochs=9), {})
    other.set_status(state="stopped")
    assert "was stopped before it was through" in text(page(other.id, section))


@pytest.mark.parametrize("section", list(judge.SECTIONS))
def test_a_run_removed_while_it_is_shown_is_missed_politely(page, run, section):
    app = page(run.id, section)
    shutil.rmtree(run.path)
    app.run()
    assert not app.exception and not app.error
    assert any(told in text(app) for told in ("No run is chosen", "no longer there", "There is no run yet"))


@pytest.mark.parametrize("section", list(judge.SECTIONS))
def test_a_run_whose_data_are_gone_is_still_judged(page, run, section):
    document = (run.path / "config.json").read_text()
    (run.path / "config.json").write_text(document.replace('"digits"', '"lost-data"'))
    app = page(run.id, section)
    assert not app.exception and "went wrong inside" not in text(app)


def test_measures_that_failed_are_told_and_can_be_tried_again(page, run):
    metrics.begin(run).set_status(state="failed", error="The disk is full.")
    app = page(run.id, "Measures")
    assert "The disk is full." in text(app) and "Try again" in labels(app)


def test_measures_stand_there_with_their_intervals(page, run):
    task = metrics.begin(run)
    known = {"name": "psnr", "label": "Likeness <PSNR>", "value": 12.5, "unit": "dB", "better": "higher",
             "meaning": "How alike.", "interval": [12.0, 13.0], "of": "180 test images"}  # fmt: skip
    missing = [{"name": name, "label": name.upper(), "reason": "No prior."} for name in ("iwae", "mi")]
    task.save({"images": 180, "observation": "grey", "notes": ["It flatters."], "metrics": [known], "missing": missing})
    task.set_status(state="done")
    app = page(run.id, "Measures")
    table = html(app)
    assert "Likeness &lt;PSNR&gt;" in table and "12.5 <small>(12 to 13)" in table and "higher is better" in table
    assert "How alike. From 180 test images." in table
    assert "Not available: IWAE, MI. No prior." in text(app) and "It flatters." in text(app)


def test_the_share_decides_what_is_called_odd(page, run):
    task = separation.begin(run, ["4"])
    separation.measure(task, lambda *told: None)
    task.set_status(state="done")
    app = page(run.id, "Odd images")
    app.session_state[f"odd-{run.id}"] = ["4"]
    app.run()
    assert not app.exception and not app.error
    odd, scores = task.arrays()["odd"], task.arrays()["scores"]
    for share in (5.0, 30.0):
        app.slider[0].set_value(share).run()
        ours = next(place for place, row in enumerate(task.result()["rows"]) if row["method"] == separation.MODEL)
        found = separation.confusion(scores[ours], odd, share / 100)
        shown = {metric.label: metric.value for metric in app.metric}
        assert (shown["Odd, found"], shown["False alarms"]) == (str(found.found), str(found.false))
        assert shown["Balanced accuracy"] == f"{found.balanced_accuracy:.1%}"
    assert html(app).count("<figure") == 24


def test_no_class_is_odd_before_one_is_chosen(page, run):
    app = page(run.id, "Odd images")
    assert "Choose at least one class" in text(app) and not app.exception


# In a real browser.


def test_it_measures_repairs_and_is_downloaded(run, settings, chromium):
    with serving(settings) as server:
        page = chromium.new_page(viewport={"width": 1440, "height": 1200})
        page.set_default_timeout(1000 * SECONDS)
        page.goto(f"{server.address}/train?run={run.id}")
        press(page, "Judge it")
        told(page, re.compile("rules looked at it"))
        page.locator(".drawn svg polyline").first.wait_for()

        page.get_by_role("radio", name="Measures").click()
        press(page, "Measure")
        told(page, "Trustworthiness")
        assert metrics.finished(run) is not None

        page.get_by_role("radio", name="Report").click()
        for form, begin in {"HTML": b"<!doctype html>", "PDF": b"%PDF-", "Markdown": b"# "}.items():
            with page.expect_download() as download:
                press(page, form)
            with open(download.value.path(), "rb") as file:
                assert file.read().startswith(begin)

        page.get_by_role("radio", name="Check-up").click()
        press(page, "Fork it so")
        eventually(lambda: _forked(settings, run))
        child = _forked(settings, run)
        told(page, child.id)
        eventually(lambda: child.state() == "done")
        without_trouble(page)
        page.close()


def _forked(settings, parent: Run) -> Run | None:
    runs = (Run(line.id, settings) for line in store.list_runs(settings))
    return next((each for each in runs if each.parent == parent.id), None)
