"""Setting up a training in a real browser: three choices, their picture in the first screen, and what Start trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser import Server, choose, idle
from pasted_systems import CODE
from support import eventually
from test_states import NARROW, OVERFLOW, WIDE

from vae_core.runs import store

Tab = Callable[..., Any]
PICTURE = "svg.fills"


def opened(tab: Tab, server: Server, size: dict[str, int]) -> Any:
    page = tab(**size)
    page.goto(f"{server.address}/train")
    page.locator(f"{PICTURE} image").first.wait_for()
    idle(page)
    return page


def turn_to(page: Any, network: str) -> None:
    choose(page, page.get_by_role("radio", name=network, exact=True))
    idle(page)


def bars(page: Any) -> int:
    return int(page.locator(f"{PICTURE} rect").count())


def choices(page: Any) -> list[Any]:
    fields = [page.get_by_role("combobox", name=name, exact=True) for name in ("Images", "How long")]
    return [*fields, page.get_by_role("radio", name="Plain", exact=True), start(page)]


def start(page: Any) -> Any:
    return page.get_by_role("button", name="Start training")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "phone"])
def test_choices_and_picture_stand_on_the_first_screen(tab: Tab, server: Server, size: dict[str, int]) -> None:
    page = opened(tab, server, size)
    picture = page.locator(PICTURE).bounding_box()
    assert picture["width"] * picture["height"] >= 0.48 * size["width"] * size["height"]
    assert picture["y"] + picture["height"] <= size["height"] and picture["x"] + picture["width"] <= size["width"]
    boxes = [choice.bounding_box() for choice in choices(page)]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= picture["y"] for box in boxes)
    assert page.evaluate(f"() => {{ {OVERFLOW}; return overflowing(); }}") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_deeper_has_a_layer_more_on_either_side_and_start_trains_what_is_drawn(tab: Tab, server: Server) -> None:
    page = opened(tab, server, WIDE)
    plain = bars(page)
    turn_to(page, "Deeper")
    eventually(lambda: bars(page) == plain + 2)
    page.get_by_role("combobox", name="How long", exact=True).click()
    page.get_by_role("option", name="Half a minute").click()
    idle(page)
    start(page).click()
    (line,) = eventually(lambda: store.list_runs(server.settings))
    config = store.open_run(server.settings, line.id).config()
    assert config.encoder == "flatten dense256:gelu dense128:gelu dense128:gelu" and config.latent == 2


def test_custom_opens_the_lines_and_makes_room_for_them(tab: Tab, server: Server) -> None:
    page = opened(tab, server, WIDE)
    lines = page.get_by_role("textbox", name="Encoder layers")
    assert not lines.is_visible()
    tall = page.locator(PICTURE).bounding_box()["height"]
    turn_to(page, "Custom")
    lines.wait_for()
    eventually(lambda: page.locator(PICTURE).bounding_box()["height"] < tall / 2)
    box = lines.bounding_box()
    assert box["y"] + box["height"] <= WIDE["height"]
    lines.fill("conv8/2 flatten dense20 dense10")
    lines.press("Enter")
    eventually(lambda: bars(page) == 10)
    assert page.get_by_role("radio", name="Custom", exact=True).get_attribute("aria-checked") == "true"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "phone"])
def test_pasted_code_of_a_report_becomes_its_layers_and_starts_nothing(
    tab: Tab, server: Server, size: dict[str, int]
) -> None:
    page = opened(tab, server, size)
    turn_to(page, "Custom")
    page.get_by_role("button", name="Paste Keras code").click()
    page.get_by_role("textbox", name="Code, or a summary").fill(CODE["mnist-deeper"])
    use = page.get_by_role("button", name="Use it")
    box = use.bounding_box()
    assert box["y"] + box["height"] <= size["height"]
    use.click()
    page.get_by_text("Read from the code: 12 layers and their mirror, 7 settings; 1 note").wait_for()
    idle(page)
    line = page.get_by_role("textbox", name="Encoder layers").input_value()
    assert line == "conv8 bn conv16 bn conv32 bn conv64 bn flatten dense20 bn code2"
    use.wait_for(state="hidden")
    layers = page.locator(f"{PICTURE} rect:not(.frame)")  # frames stand for images that are not on this machine
    eventually(lambda: layers.count() == 25)
    assert page.get_by_role("radio", name="Custom", exact=True).get_attribute("aria-checked") == "true"
    assert page.evaluate(f"() => {{ {OVERFLOW}; return overflowing(); }}") == []
    assert start(page).is_enabled() and not store.list_runs(server.settings)


def test_a_setting_that_is_changed_is_a_network_of_ones_own(tab: Tab, server: Server) -> None:
    page = opened(tab, server, NARROW)
    page.get_by_text("Everything else", exact=True).click()
    size = page.get_by_role("spinbutton", name="Code size")
    size.fill("5")
    size.press("Enter")
    page.get_by_role("radio", name="Custom", exact=True, checked=True).wait_for()
    turn_to(page, "Plain")  # and its settings are folded again
    size.wait_for(state="hidden")
    page.get_by_text("Everything else", exact=True).click()
    eventually(lambda: size.input_value() == "2")
