"""A run as one HTML file: opened from the disk, without a network, it walks, tells and draws."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import PIXELS, drag_until_changed, holds, offline, until_changed
from support import places

from ui.components.plane import payload
from ui.explore import take_home
from ui.view import look
from vae_core.runs.store import Run


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    settings = replace(trained.settings, checkpoints=folder)
    shutil.copytree(trained.path, folder / trained.id)
    run = Run(trained.id, settings)
    run.set_card(note="<b>seen</b> & kept")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in places(settings).items():
            monkeypatch.setenv(name, value)
        view = look(run)
        text = take_home.page(view, payload.dimensions(view.codes))
    path = folder / "run.html"
    path.write_text(text, "utf-8")
    return path


# As if all that it measures took a thousand times as long.
SLOW = "performance.now = ((now) => () => 1000 * now.call(performance))(performance.now);"


@pytest.fixture
def page(tab, file) -> Any:
    return offline(tab, file)


def test_a_drag_over_its_map_changes_the_picture(page):
    drag_until_changed(page)


def test_a_decoder_that_takes_long_works_in_a_worker(tab, file):
    page = offline(tab, file, SLOW)
    holds(page, lambda: page.workers)
    drag_until_changed(page)


def test_a_drawing_is_encoded_and_moves_the_cursor(page):
    before = page.evaluate(PIXELS, ".now")
    page.get_by_role("button", name="Example 1").click()
    until_changed(page, ".now", before)


def test_it_tells_what_it_is_and_how_large(page, file):
    assert page.get_by_text("<b>seen</b> & kept").count() == 1
    assert page.get_by_text(f"This file: {file.stat().st_size / 1e6:.1f} MB").count() == 1
    assert page.locator("svg polyline").count() == 2


def test_the_drawing_of_how_it_works_is_in_it_and_follows_the_cursor(page):
    page.get_by_role("button", name="How it works").click()
    way = page.get_by_role("list", name="How it works")
    way.get_by_text("Test image").wait_for()
    came_out = ".way li:last-child canvas"
    page.wait_for_function(f"() => ({PIXELS})('{came_out}').split(',').some((value, i) => i % 4 < 3 && value !== '0')")
    before, told = page.evaluate(PIXELS, came_out), way.locator("li").nth(3).inner_text()
    page.locator(".over").focus()
    page.keyboard.press("Shift+ArrowRight")
    until_changed(page, came_out, before)
    assert way.locator("li").nth(3).inner_text() != told
    way.get_by_role("button", name="Draw again").click()
    way.get_by_text("A code drawn from the spread.").wait_for()
