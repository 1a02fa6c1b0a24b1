"""The Project page in a browser: a map is asked for, forms, ends this way or that, and is walked on."""

from __future__ import annotations

import csv
import io
import shutil
from typing import Any

import pytest
from browser import Server, button, choose, holds, idle, press, told
from playwright.sync_api import TimeoutError
from support import eventually, kill

from vae_core.cli import worker as worker
from vae_core.data import catalog
from vae_core.look import projection
from vae_core.look.projection import Projection
from vae_core.runs.store import Run


@pytest.fixture
def project(tab: Any, server: Server, own: Run) -> Any:
    """The page of a run without maps, once that of its codes stands."""

    def opened(address: str = "") -> Any:
        page = tab(f"{server.address}/project?run={own.id}{address}")
        page.locator(".over").first.wait_for()
        return page

    return opened


def pick(page: Any, label: str) -> None:
    choose(page, page.get_by_role("radio", name=label, exact=True))


def choose_from(page: Any, label: str, option: str) -> None:
    """A script run closes an open list, as that of the choice before may do; then it is opened again."""

    def chosen_now() -> bool:
        idle(page).get_by_test_id("stSelectbox").filter(has_text=label).first.click()
        try:
            page.get_by_role("option", name=option).first.click(timeout=3000)
        except TimeoutError:
            return False
        return True

    eventually(chosen_now)


def test_a_map_is_asked_for_by_a_double_click_forms_once_and_is_walked_on(project, own):
    page = project()
    press(page, "Make a map")
    choose_from(page, "Images", "All images")
    choose_from(page, "How many", "1,000")
    choose_from(page, "Of", "the raw pixels")
    button(idle(page), "Start").dblclick()
    formed = page.locator(".over[aria-label*='pixels: 1,000 images']")
    formed.wait_for()
    (task,) = projection.of(own)
    assert task.state() == "done" and page.get_by_text("already").count() == 0
    holds(page, lambda: page.locator(".over").count() == 2)  # the forming map gives way to the finished one
    holds(page, lambda: not task.has_process())
    idle(page)  # the map that stood alone has given its place to the two beside each other
    formed.hover()
    box = formed.bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    told(page, "Mean loss")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    told(page, f"{len(lines)} images are chosen.")
    page.locator(".over").nth(1).click()  # in its middle; the page has scrolled
    pick(page, "Neighbours")
    told(page, "By pixel")
    page.reload()
    page.get_by_text("PCA of the pixels, all images, 1,000 of them").wait_for()
    assert projection.of(own) == [task] and task.state() == "done"


AT = """window.at = {};
document.addEventListener("loupe-at", ({ detail: { plane, code } }) => { window.at[plane] = code; });"""


def test_an_image_that_is_chosen_moves_the_cursors_of_all_maps(project, own):
    pixels = projection.begin(own, Projection(method="pca", of="pixels", images="test"))
    worker.work(pixels)
    page = project(f"&maps=codes,{pixels.path.name}")
    holds(page, lambda: page.locator(".over").count() == 2)
    idle(page).evaluate(AT)
    field = page.get_by_role("searchbox", name="Find an image by number, or a class").first
    field.fill("7")
    field.press("Enter")
    code = own.codes()["mean"][7]
    holds(page, lambda: len(page.evaluate("window.at")) == 2)
    for found in page.evaluate("Object.values(window.at)"):
        assert found == pytest.approx(code.tolist(), abs=1e-4)


def test_a_map_that_is_cancelled_while_it_forms_or_killed_says_so_and_can_be_tried_again(project, own):
    page = project()
    press(page, "Make a map")
    pick(page, "t-SNE")
    choose_from(page, "Images", "All images")
    press(page, "Start")
    page.get_by_role("img", name="The map as it is now").wait_for()
    (slow,) = projection.of(own)
    press(page, "Cancel")
    told(page, "It was cancelled")
    holds(page, lambda: slow.state() == "stopped" and not slow.has_process())

    press(page, "Try again")
    button(page, "Cancel").wait_for()
    holds(page, lambda: slow.state() == "running")
    kill(slow)
    told(page, "Its process died")

    press(page, "Try again")
    press(page, "Cancel")  # before its process has begun
    told(page, "It was cancelled")
    holds(page, lambda: slow.state() == "stopped" and not slow.has_process())
    press(page, "Forget it")
    page.get_by_text("It was cancelled").wait_for(state="detached")
    assert projection.of(own) == []


def test_further_images_are_laid_on_a_map_and_a_run_that_is_removed_meanwhile_is_told(project, own):
    tested = projection.begin(own, Projection(method="pca", of="codes"))
    worker.work(tested)
    tests, trained_on = len(own.codes()["mean"]), len(catalog.load("digits", own.settings).train)
    page = project(f"&maps={tested.path.name}")
    holding = lambda number: page.locator(f".over[aria-label*='codes: {number:,} images']")  # noqa: E731
    holding(tests).wait_for()
    pick(page, "Take away")
    press(page, "Add the training images")
    holding(tests + trained_on).wait_for()
    shutil.rmtree(own.path)
    pick(page, "Neighbours")
    told(page, "is no longer there")
