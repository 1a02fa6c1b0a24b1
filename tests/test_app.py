"""The page in a real browser: it starts light and alone, and trains a first model."""

from __future__ import annotations

import io
import shutil
import sys
import time
from itertools import cycle
from urllib.parse import urlsplit

import psutil
from browser import beside_scripts, button, holds, idle, take, told
from playwright.sync_api import TimeoutError
from support import eventually, fine

from ui import words
from vae_core.runs import transfer
from vae_core.runs.store import list_runs, open_run, remove


def test_the_page_runs_without_and_with_a_run(visit, settings, own):
    fine(visit(settings, "home"))
    fine(visit(own.settings, "home"))


def test_a_browser_shows_it_and_nobody_else_is_asked(tab, server):
    page = tab()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.address)
    told(page, "Latent Loupe")
    page.wait_for_load_state("networkidle")
    page.close()
    assert {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))} == {"localhost"}
    hosts = {part.laddr.ip for part in server.process.net_connections("inet") if part.status == psutil.CONN_LISTEN}
    assert hosts and hosts <= {"127.0.0.1", "::1"}
    if sys.platform == "linux":
        assert not [part.path for part in server.process.memory_maps() if "tensorflow" in part.path]


def test_a_model_that_comes_along_is_walked_on_at_once(tab, server, own):
    """On a fresh machine: nothing was trained, no data set is here, and the first drag moves the picture."""
    folder = server.settings.shipped
    folder.mkdir()
    with (folder / "first.zip").open("wb") as target:
        transfer.pack(server.settings, [own.id], target, with_state=False)
    remove(own)
    page = tab(server.address)
    plane = page.locator(".over")
    plane.wait_for()
    picture = page.locator(".now")
    before = picture.evaluate("canvas => canvas.toDataURL()")
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4, steps=5)
    eventually(lambda: picture.evaluate("canvas => canvas.toDataURL()") != before)
    page.mouse.up()
    page.mouse.wheel(0, 200)  # the map fills the window, and there is more below
    eventually(lambda: page.get_by_test_id("stMain").evaluate("main => main.scrollTop") > 0)
    told(page, "Trained for you")
    for name in ("Explore", "Project"):
        page.get_by_test_id("stSidebar").get_by_text(name, exact=True).click()
        page.wait_for_url(f"**/{name.lower()}?run=loupe.{own.id}*")
        plane.first.wait_for()
    page.get_by_test_id("stSidebar").get_by_text("Train", exact=True).click()
    told(page, words.ALONG)
    assert page.get_by_role("button", name="Train longer").count() == 0
    shutil.rmtree(folder)


def test_a_quick_switch_of_pages_never_ends_on_an_empty_one(tab, server, own):
    page = tab(f"{server.address}/?run={own.id}")
    links = page.get_by_test_id("stSidebar").get_by_test_id("stPageLink")
    for name in 4 * ("Train", "Explore"):
        links.get_by_text(name, exact=True).click()
        page.get_by_role("heading", name=name, exact=True).wait_for()


def test_what_a_component_says_waits_until_the_page_behind_a_link_is_drawn(tab):
    """A busy server begins late, and a word of the old page that comes first would leave the new one empty."""
    page = tab()
    beside_scripts(page)
    take(page, "ui/components/shared/voice.js")
    page.evaluate("""() => {
        document.body.innerHTML = '<main data-test-script-state="notRunning"><a>Explore</a><p id="box"></p></main>';
        window.heard = [];
        window.voice = new Voice(document.querySelector("#box"));
        voice.setState = (...word) => heard.push(word);
        document.querySelector("a").click();
        voice.say("at", 1);
    }""")
    draw = "state => document.querySelector('main').setAttribute('data-test-script-state', state)"
    began = time.monotonic()
    holds(page, lambda: time.monotonic() - began > 2)
    assert page.evaluate("heard") == []
    page.evaluate(draw, "running")
    page.evaluate(draw, "notRunning")
    holds(page, lambda: page.evaluate("heard") == [["at", 1]])
    assert time.monotonic() - began < 10
    page.evaluate("document.querySelector('main').click(); voice.say('at', 2)")  # no link
    holds(page, lambda: page.evaluate("heard.length") == 2)


def test_nobody_is_offered_to_stop_the_drawing_of_a_page(tab, server, own):
    """Streamlit offers it as "Stop" after half a second of drawing; so the server is held up."""
    page = tab(f"{server.address}/?run={own.id}")
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


def test_a_double_click_trains_one_first_model_and_a_reload_finds_it_again(tab, server, settings):
    page = tab(server.address)
    page.get_by_role("button", name="Train a model (30 s)").dblclick()
    page.wait_for_url("**/train?run=*")
    address = page.url
    page.locator(".film .play:enabled").wait_for()  # the first epoch's pictures
    page.reload()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Resume").wait_for()
    assert page.url == address
    (line,) = list_runs(settings)
    run = open_run(settings, line.id)
    assert run.id in address and run.state() == "stopped" and run.status()["epoch"] > 0


def test_an_import_closes_its_dialog_and_says_what_came_of_it(tab, server, own):
    target = io.BytesIO()
    transfer.pack(own.settings, [own.id], target)
    page = tab(server.address)
    button(page, "Import").click()
    file = {"name": "runs.zip", "mimeType": "application/zip", "buffer": target.getvalue()}
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(file)
    told(page, f"{own.id}-2 is a copy of {own.id}, which was here already.")
    page.get_by_role("dialog").wait_for(state="detached")
