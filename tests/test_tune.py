"""The Tune page: a search is begun, watched, stopped, resumed and its best trial opened, in a real browser."""

from __future__ import annotations

import re
from typing import Any

from browser import LONG, button, eventually, press, told, without_trouble
from conftest import environment
from streamlit.testing.v1 import AppTest

from vae_core.runs import store, tasks
from vae_core.search import rates, study, trials
from vae_core.settings import PROJECT


def number(page: Any, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")
    idle(page)


def idle(page: Any) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=LONG)


def test_a_search_from_the_first_click_to_its_winner(chromium, server, settings):
    page = chromium.new_page(viewport={"width": 1300, "height": 1400})
    page.set_default_timeout(LONG)
    page.goto(f"{server.address}/tune")
    page.get_by_role("heading", name="Tune").wait_for()
    number(page, "Epochs of a trial", "2")
    number(page, "Trials", "40")
    button(page, "Start the search").dblclick()
    page.wait_for_url("**search=*")
    eventually(lambda: len(study.every(settings)) == 1)
    found = study.every(settings)[0]
    eventually(lambda: sum(trial.ended for trial in trials.every(found)) >= 2)
    told(page, re.compile(r"[1-9]\d* of 40"))
    press(page, "Stop")
    eventually(lambda: found.state() == "stopped" and not any(worker.has_process() for worker in found.workers()))
    told(page, "stopped")
    found.set_budget(len(trials.every(found)), 0)
    page.reload()
    press(page, "Resume")
    eventually(lambda: found.winner() is not None and found.state() == "done")
    told(page, "The winner")
    without_trouble(page)
    page.get_by_role("link", name="Explore it").click()
    page.locator("canvas.over").first.wait_for()
    without_trouble(page)
    page.close()
    assert len(study.every(settings)) == 1  # the double click began one


def test_a_learning_rate_test_is_drawn(chromium, server, settings):
    page = chromium.new_page(viewport={"width": 1300, "height": 1000})
    page.set_default_timeout(LONG)
    page.goto(f"{server.address}/tune")
    page.get_by_role("radio", name="Learning-rate test").click()
    press(page, "Start the test")
    told(page, "The loss falls fastest")
    page.locator(".js-plotly-plot").first.wait_for()
    without_trouble(page)
    page.close()
    (run,) = [store.open_run(settings, line.id) for line in store.list_runs(settings)]
    (task,) = tasks.of(run, rates.KIND)
    assert run.study == rates.STUDY and 1e-5 < task.result()["best"] < 1


def test_the_page_with_nothing_and_with_a_search_that_is_gone(settings, monkeypatch):
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).switch_page("pages/tune.py")
    assert not page.run().exception
    page.query_params["search"] = "nobody"
    page.run()
    assert not page.exception and "There is no search nobody" in page.warning[0].value
    page.multiselect(key="tune_goals").set_value([]).run()
    assert not page.exception and any("cannot minimise nothing" in each.value for each in page.caption)
