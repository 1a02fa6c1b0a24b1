"""The page in a real browser: it starts light and alone, trains a first model, and may die without harm to it."""

from __future__ import annotations

import os
import sys
from itertools import cycle
from urllib.parse import urlsplit

import psutil
from browser import SECONDS, eventually, idle, serving
from conftest import environment
from playwright.sync_api import TimeoutError
from streamlit.testing.v1 import AppTest

from vae_core.runs.store import Run, list_runs, open_run
from vae_core.settings import PROJECT, Settings


def test_the_page_runs_without_and_with_a_run(settings, trained, monkeypatch):
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    page = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=SECONDS).run()
    assert not page.exception
    monkeypatch.setenv("LOUPE_CHECKPOINTS", str(trained.settings.checkpoints))
    assert not page.run().exception


def test_a_browser_shows_it_and_nobody_else_is_asked(chromium, server):
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.address)
    page.get_by_text("Latent Loupe").first.wait_for(timeout=1000 * SECONDS)
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("Traceback").count() == 0
    picture = page.get_by_alt_text("drift apart")
    assert picture.get_attribute("src").endswith(".webp") and picture.evaluate("image => image.naturalWidth") == 528
    page.close()
    assert {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))} == {"localhost"}
    hosts = {part.laddr.ip for part in server.process.net_connections("inet") if part.status == psutil.CONN_LISTEN}
    assert hosts and hosts <= {"127.0.0.1", "::1"}
    if sys.platform == "linux":
        assert not [part.path for part in server.process.memory_maps() if "tensorflow" in part.path]


def test_a_quick_switch_of_pages_never_ends_on_an_empty_one(chromium, trained):
    with serving(trained.settings) as server:
        page = chromium.new_page()
        page.goto(f"{server.address}/?run={trained.id}")
        links = page.get_by_test_id("stSidebar").get_by_test_id("stPageLink")
        for name in 4 * ("Train", "Explore"):
            links.get_by_text(name, exact=True).click(timeout=1000 * SECONDS)
            page.get_by_role("heading", name=name, exact=True).wait_for(timeout=1000 * SECONDS)
        page.close()


def test_nobody_is_offered_to_stop_the_drawing_of_a_page(chromium, trained):
    """Streamlit offers it as "Stop" after half a second of drawing; so the server is held up."""
    with serving(trained.settings) as server:
        page = chromium.new_page()
        page.goto(f"{server.address}/?run={trained.id}")
        stop = page.locator("[data-testid=stStatusWidget] button")
        places = cycle(("Explore", "Home"))

        def offered() -> bool:
            idle(page).get_by_test_id("stSidebar").get_by_text(next(places), exact=True).click()
            try:
                page.wait_for_function("document.querySelector('[data-test-script-state=running]')", timeout=5000)
                server.process.suspend()
                stop.wait_for(state="attached", timeout=5000)
                assert not stop.is_visible()
            except TimeoutError:  # it was drawn too soon
                return False
            finally:
                server.process.resume()
            return True

        eventually(offered)
        page.close()


def test_a_double_click_trains_one_first_model_and_a_reload_finds_it_again(chromium, server, settings):
    page = chromium.new_page()
    page.goto(server.address)
    page.get_by_role("button", name="Train a first model").dblclick(timeout=1000 * SECONDS)
    page.wait_for_url("**/train?run=*", timeout=1000 * SECONDS)
    address = page.url
    page.get_by_text("Map of codes").first.wait_for(timeout=1000 * SECONDS)  # the first epoch's pictures
    page.reload()
    page.get_by_role("button", name="Train longer").wait_for(timeout=2000 * SECONDS)  # it is done
    assert page.url == address
    run = _when_it_has_ended(settings)
    assert [each.id for each in list_runs(settings)] == [run.id] and run.id in address and run.state() == "done"
    assert page.get_by_text("Traceback").count() == 0
    page.close()


def test_a_training_outlives_the_page_server_that_started_it(chromium, server, settings):
    page = chromium.new_page()
    page.goto(server.address)
    page.get_by_role("button", name="Train a first model").click(timeout=1000 * SECONDS)
    page.wait_for_url("**/train?run=*", timeout=1000 * SECONDS)
    page.close()
    server.kill()
    run = _when_it_has_ended(settings)
    assert run.state() == "done" and run.history()


def _when_it_has_ended(settings: Settings) -> Run:
    run = open_run(settings, list_runs(settings)[0].id)
    eventually(lambda: run.state() not in ("queued", "running"))
    return run
