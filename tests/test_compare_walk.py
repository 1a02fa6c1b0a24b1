"""The Compare page in a browser: one cursor for several models, and what comes while one looks."""

from __future__ import annotations

import re

import compared
import pytest
from browser import choose, holds, press, told
from support import train

from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.look import scores
from vae_core.runs import arms, tasks


@pytest.fixture(scope="module")
def models(once):
    return compared.models(once)


@pytest.fixture
def own(models, settings):
    return compared.copied(models, settings)


@pytest.fixture
def shown(tab, server, own):
    """Some of the models beside each other. What the browser sends goes into `page.sent`."""

    def go(*names, section="Walk"):
        page = tab()
        page.sent = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda payload: page.sent.append(payload)))
        page.goto(f"{server.address}/compare?runs={','.join(own[name].id for name in names)}")
        choose(page, page.get_by_role("radio", name=section))
        return page

    return go


def readouts(page) -> list[str]:
    return page.locator(".twin .code").all_inner_texts()


def at(codes) -> str:
    return "  ".join(f"z{number + 1}\N{NO-BREAK SPACE}{value:.2f}" for number, value in enumerate(codes))


def drag(page, place: int, way: list[tuple[float, float]]) -> None:
    """Over one of the maps, by shares of its sides."""
    box = page.locator(".twin canvas.over").nth(place).bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in way]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()


def test_one_cursor_drives_both_models_without_a_word_to_the_server(shown, own):
    page = shown("base0", "layers0")
    page.locator(".twin .pair canvas").first.wait_for()
    runs = [own[name] for name in ("base0", "layers0")]
    first = [at(run.codes()["mean"][0]) for run in runs]  # both stand at their own code of the first test image
    holds(page, lambda: readouts(page) == first)
    before = len(page.sent)
    drag(page, 0, [(0.5, 0.5), (0.7, 0.4), (0.3, 0.6)])
    moved = readouts(page)
    assert moved[0] != first[0] and moved[1] != first[1]
    drag(page, 1, [(0.5, 0.5), (0.6, 0.6)])  # any map leads
    assert readouts(page)[0] != moved[0]
    page.get_by_role("button", name="Same code").click()
    holds(page, lambda: len(set(readouts(page))) == 1)
    page.locator(".twin canvas.over").nth(1).press("ArrowRight")
    holds(page, lambda: len(set(readouts(page))) == 1)
    assert len(page.sent) == before


def test_the_same_test_images_stand_below_as_each_model_draws_them(shown, own):
    page = shown("base0", "layers0")
    images = page.get_by_role("group", name="The same test images").get_by_role("button")
    images.nth(9).wait_for()
    painted = lambda place: [  # noqa: E731
        canvas.evaluate("it => it.toDataURL()") for canvas in images.nth(place).locator("canvas").all()
    ]
    holds(page, lambda: len(set(painted(3))) == 3)  # the image, and two drawings of it
    image = int(re.search(r"\d+", images.nth(3).get_attribute("aria-label"))[0])
    images.nth(3).click()
    holds(page, lambda: readouts(page) == [at(own[name].codes()["mean"][image]) for name in ("base0", "layers0")])
    holds(page, lambda: page.locator(".twin .front canvas").first.evaluate("it => it.toDataURL()") == painted(3)[1])


def test_a_pointer_over_the_second_picture_uncovers_the_first_one(shown, own):
    page = shown("base0", "layers0")
    fronts = page.locator(".twin .front")
    half = """it => Array.from(it.querySelector('canvas').getContext('2d').getImageData(0, 0, 4, 8).data).join()"""
    holds(page, lambda: len({front.evaluate(half) for front in fronts.all()}) == 2)
    alone = fronts.nth(1).evaluate(half)
    box = fronts.nth(1).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    holds(page, lambda: fronts.nth(1).evaluate(half) == fronts.nth(0).evaluate(half))
    page.mouse.move(0, 0)
    holds(page, lambda: fronts.nth(1).evaluate(half) == alone)


def test_all_maps_are_zoomed_together(shown, own):
    page = shown("base0", "layers0")
    dots = page.locator(".twin canvas.map:not(.over)")
    drawn = lambda: [dots.nth(place).evaluate("canvas => canvas.toDataURL()") for place in (0, 1)]  # noqa: E731
    page.locator(".twin .pair canvas").first.wait_for()
    drag(page, 0, [(0.5, 0.5), (0.5, 0.5)])
    before = drawn()
    page.mouse.wheel(0, -500)
    holds(page, lambda: all(now != then for now, then in zip(drawn(), before)))
    page.locator(".twin canvas.over").nth(1).dblclick()
    holds(page, lambda: drawn() == before)


def test_a_lasso_chooses_the_same_images_everywhere(shown, own):
    page = shown("base0", "three0")
    page.locator(".twin .pair canvas").first.wait_for()
    assert page.get_by_role("button", name="Same code").is_disabled()  # codes of two and of three numbers
    page.get_by_role("button", name="Lasso").click()
    drag(page, 0, [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)])
    note, count = page.locator(".twin > .note"), len(own["base0"].codes()["mean"])
    holds(page, lambda: f"{count} test images are chosen; their mean loss" in note.inner_text())
    page.get_by_role("button", name="Clear", exact=True).click()
    holds(page, lambda: "chosen" not in note.inner_text())


def test_the_classes_have_a_legend_that_greys_them_on_every_map(shown, own):
    page = shown("base0", "three0")
    legend = page.get_by_role("group", name="Classes").get_by_role("button")
    legend.first.wait_for()
    assert legend.all_inner_texts() == [str(digit) for digit in range(10)]
    dots = page.locator(".twin canvas.map:not(.over)")
    drawn = lambda: [dots.nth(place).evaluate("canvas => canvas.toDataURL()") for place in (0, 1)]  # noqa: E731
    before = drawn()
    legend.nth(3).click()
    holds(page, lambda: all(now != then for now, then in zip(drawn(), before)))
    legend.nth(3).click()
    holds(page, lambda: drawn() == before)


def test_a_slider_climbs_the_ladder_and_the_cursor_stays_where_it_was(tab, server, settings):
    base = Config("digits", (8, 8, 1), "conv4/2 flatten dense8 code2", epochs=1, train_size=100)
    rungs = [train(settings, config) for config in recipes.ladder(base, where="picture")]
    page = tab()
    page.goto(f"{server.address}/train?run={rungs[0].id}")
    choose(page, page.get_by_role("radio", name="Judge"))
    choose(page, page.get_by_role("radio", name="How deep"))
    choose(page, page.get_by_role("radio", name="In the picture"))
    images = page.get_by_role("group", name="The same test images").get_by_role("button")
    images.nth(4).click()
    image = int(re.search(r"\d+", images.nth(4).get_attribute("aria-label"))[0])
    seen, slider = page.locator(".twin .model:visible"), page.get_by_role("slider", name="Pairs of layers more")
    for place, sees in ((0, 3), (4, 8), (1, 7)):
        slider.fill(f"{place}")
        code = at(rungs[place].codes()["mean"][image])
        holds(page, lambda: seen.locator(".code").all_inner_texts() == [code])  # noqa: B023
        told(page, f"sees {sees}x{sees} pixels")
    front = seen.locator(".front canvas").evaluate("it => it.toDataURL()")
    drawn = images.nth(4).locator("canvas").nth(2).evaluate("it => it.toDataURL()")
    assert front == drawn  # the first rung above it, and the image


def test_what_is_claimed_opens_and_lies_over_nothing_that_is_chosen_after_it(shown):
    page = shown("base0", "layers0")
    line = page.locator(".st-key-verdict").get_by_role("button").first
    line.wait_for()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    box = line.bounding_box()  # its chevron is drawn anew, and a slow browser would take the click for one elsewhere
    line.click(position={"x": box["width"] - 8, "y": box["height"] / 2})
    surer = page.locator(".st-key-verdict_settle").get_by_role("button")
    surer.wait_for()
    choose(page, page.get_by_role("radio", name="Grids"))
    surer.wait_for(state="hidden")


def test_one_button_trains_further_pairs_until_it_is_settled(shown, own):
    """And all numbers of them are measured while one looks."""
    tasks.remove(scores.begin(own["base0"]))
    page = shown("base0", "three0", section="Settle it")
    press(page, "Settle it")
    told(page, "The first look comes after 3 pairs.")
    told(page, re.compile("It is settled|It is still open|It stays open"))
    told(page, re.compile("nats per image"))
    page.locator(".st-key-verdict").get_by_role("button").first.click()
    told(page, re.compile(r"over \d+ pairs of trainings"))
    page.keyboard.press("Escape")
    choose(page, page.get_by_role("radio", name="Numbers"))
    told(page, "Cross-entropy")
    page.locator(".loupe-numbers td", has_text="Class by neighbours").wait_for()
    seeds = [run for name in ("base0", "three0") for run in arms.of(own[name]).done]
    holds(page, lambda: all(scores.finished(run) for run in seeds))
    assert len(seeds) >= 6
