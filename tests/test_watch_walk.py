"""Watching a training in a browser: curve, map, grid and pairs on one screen, in places that nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Server, idle
from support import eventually, made_run

from vae_core.design import recipes
from vae_core.runs import locks, store
from vae_core.runs.store import Run

PARTS = (".charts", ".map", ".grid", ".pairs")
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
Tab = Callable[..., Any]
Box = dict[str, float]


def watched(tab: Tab, server: Server, run: Run, size: dict[str, int] = WIDE) -> Any:
    page = tab(f"{server.address}/train?run={run.id}", **size)
    page.locator(".film .chart svg").wait_for()
    return idle(page)


def boxes(page: Any) -> dict[str, Box]:
    return {part: page.locator(f".film {part}").bounding_box() for part in PARTS}


def apart(one: Box, other: Box) -> bool:
    return any(
        first[at] + first[size] <= second[at]
        for at, size in (("x", "width"), ("y", "height"))
        for first, second in ((one, other), (other, one))
    )


@pytest.mark.parametrize("size", [2, 32])
def test_the_four_parts_stand_on_one_screen(tab: Tab, server: Server, size: int) -> None:
    run = made_run(server.settings, "done", size=size)
    found = boxes(watched(tab, server, run))
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= WIDE["height"] for box in found.values()), found
    assert all(box["x"] + box["width"] <= WIDE["width"] for box in found.values()), found
    assert all(apart(found[one], found[other]) for one in PARTS for other in PARTS if one < other)


def test_on_a_phone_the_pictures_come_before_the_curve(tab: Tab, server: Server) -> None:
    found = boxes(watched(tab, server, made_run(server.settings, "done"), PHONE))
    assert sorted(PARTS, key=lambda part: found[part]["y"]) == [".map", ".pairs", ".grid", ".charts"]
    assert found[".pairs"]["y"] + found[".pairs"]["height"] <= PHONE["height"]


def test_nothing_moves_when_the_first_pictures_come(tab: Tab, server: Server) -> None:
    run = store.create(server.settings, recipes.default("digits", (8, 8, 1)), {})
    run.set_status(state="running")
    with locks.exclusive(run.lock):  # as its trainer holds it
        page = watched(tab, server, run)
        assert page.locator(".waiting svg rect").count() == 9, "the network is drawn, layer by layer"
        assert page.locator(".play").is_disabled()
        before = boxes(page)
        made_run(server.settings, "running", run=run)
        page.locator(".play:enabled").wait_for()
        assert page.locator(".waiting").is_hidden()
        eventually(lambda: boxes(page) == before)


def test_the_other_curve_is_a_click_away(tab: Tab, server: Server) -> None:
    page = watched(tab, server, made_run(server.settings, "done"))
    title = page.locator(".chart svg > title")
    assert "Loss" in title.text_content()
    page.get_by_role("button", name="KL", exact=True).click()
    assert "KL" in title.text_content()
    page.get_by_role("slider", name="Epoch").fill("0")
    assert "Epoch 1 of 60" in page.locator(".bar output").text_content() and "KL" in title.text_content()
