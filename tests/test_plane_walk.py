"""The plane in a real browser: walked, chosen from, looked at, left, and on its bad days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sights import DRAWN, FIND, Header, Sight, overheard, served
from support import parcel

from ui.components.plane import payload
from ui.components.plane.payload import Cloud, Model
from vae_core.runs.store import Run


@pytest.fixture(scope="module")
def app(trained: Run) -> Iterator[str]:
    """The address of a page of planes, for the trained run."""
    with served("plane_app.py", trained) as address:
        yield address


@dataclass
class Walk(Sight):
    header: Header

    def at(self, x: float, y: float, number: int = 0) -> tuple[float, float]:
        """Where on the screen a place of the code space is."""
        return self.spot(x, y, self.header, number)

    def drag(self, *places: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.at(*place), steps=6)
        self.page.mouse.up()

    def picture(self, number: int = 0) -> str:
        return str(self.one(".now", number).evaluate("canvas => canvas.toDataURL()"))

    def code(self, number: int = 0) -> list[float]:
        sliders = self.one(".sliders", number).locator("input[type=number]")
        return [float(value) for value in sliders.evaluate_all("inputs => inputs.map(input => input.value)") if value]


@pytest.fixture
def sight(tab: Any, app: str, trained: Run) -> Callable[..., Walk]:
    """Opens the page of a case, and waits for its plane."""

    def look(case: str = "walk", script: str = "", more: str = "", **context: Any) -> Walk:
        page = tab(width=1200, height=1000, **context)
        frames = overheard(page)
        if script:
            page.add_init_script(script)
        page.goto(f"{app}&case={case}{more}")
        page.locator(".over").first.wait_for()
        known = trained.codes()
        header, _ = parcel(payload.data("one", Model(trained.id, (8, 8, 1), True), Cloud(known["mean"])))
        return Walk(page, frames, known["mean"], known["labels"], header)

    return look


@pytest.fixture
def walk(sight: Callable[..., Walk]) -> Walk:
    seen = sight()
    seen.page.wait_for_function(DRAWN)
    return seen


def test_a_drag_shows_the_picture_of_every_place_and_tells_nothing_until_it_ends(walk, trained):
    walk.page.wait_for_load_state("networkidle")
    before, quiet = walk.picture(), len(walk.frames)
    walk.page.mouse.move(*walk.at(-1.5, -1))
    walk.page.mouse.down()
    seen = set()
    for x, y in [(-1, 0.5), (1.5, 1), (1, -1.25)]:
        walk.page.mouse.move(*walk.at(x, y), steps=8)
        walk.until(lambda x=x, y=y: walk.code() == pytest.approx([x, y], abs=0.02))  # the sliders follow
        seen.add(walk.picture())
    assert len(seen - {before}) == 3 and len(walk.frames) == quiet
    walk.page.mouse.up()
    walk.until(lambda: walk.state()["at"] == pytest.approx([1, -1.25], abs=0.02))
    assert walk.draws(trained, walk.state()["at"])
    assert walk.code() == pytest.approx([1, -1.25], abs=0.02)  # the run that followed has not moved it


def test_the_drawing_of_how_it_works_follows_the_pointer_and_asks_nothing_on_the_way(walk, trained):
    walk.button("works").press("Enter")  # the pointer is on no dot, so no card asks either
    way = walk.page.get_by_role("list", name="How it works")
    way.get_by_text("Test image").wait_for()  # told by Python
    told = lambda: way.locator("li").nth(3).inner_text()  # noqa: E731
    picture = lambda name: way.get_by_role("img", name=name).evaluate("canvas => canvas.toDataURL()")  # noqa: E731
    went_in, belief = picture("goes in"), picture("Dot")
    asked, seen = walk.frames.count("sent"), {picture("comes out")}
    walk.page.mouse.move(*walk.at(-1.5, -1))
    walk.page.mouse.down()
    for x, y in [(-1, 0.5), (1.5, 1)]:
        walk.page.mouse.move(*walk.at(x, y), steps=8)
        walk.until(lambda x=x: abs(float(told().split("z1 ")[1].split()[0]) - x) < 0.02)
        seen.add(picture("comes out"))
        assert picture("comes out") == walk.picture() and "under the cursor" in told()
    assert (len(seen), walk.frames.count("sent"), picture("goes in")) == (3, asked, went_in)
    assert picture("Dot") != belief
    walk.page.mouse.up()
    walk.until(lambda: picture("goes in") != went_in)  # an image that lies there


def test_a_draw_from_the_image_is_the_same_one_each_time(walk):
    walk.button("works").click()
    way = walk.page.get_by_role("list", name="How it works")
    way.get_by_text("Test image").wait_for()
    again = way.get_by_role("button", name="Draw again")
    image, drawn = way.locator("li").first.inner_text(), []
    for _ in range(2):
        again.click()
        way.get_by_text("A code drawn from the spread.").wait_for()
        drawn.append(walk.code())
        walk.button("clear").click()
        walk.button("home").click()
        walk.until(lambda: walk.code() == [0, 0] and way.locator("li").first.inner_text() == image)
    assert drawn[0] == drawn[1] != [0, 0]
    walk.button("works").click()
    assert not way.is_visible()


def test_a_slider_moves_the_cursor_and_the_picture(walk):
    before = walk.picture()
    walk.one(".sliders input[type=range]").focus()
    walk.page.keyboard.press("ArrowRight")
    walk.until(lambda: (walk.state()["at"] or [0])[0] > 0)
    assert walk.code()[1] == 0
    walk.one(".sliders input[type=number]", 1).fill("1.5")
    walk.page.keyboard.press("Enter")
    walk.until(lambda: walk.state()["at"][1] == 1.5)
    assert walk.picture() != before


def test_the_keys_walk_and_every_key_has_a_button(walk):
    over = walk.one(".over")
    over.focus()
    walk.page.keyboard.press("ArrowRight")
    walk.page.keyboard.press("Shift+ArrowUp")
    walk.page.keyboard.press("Alt+ArrowRight")
    walk.until(lambda: walk.state()["at"] == pytest.approx([0.11, 1.0]))
    walk.button("left").click()
    walk.button("down").click(modifiers=["Shift"])
    walk.until(lambda: walk.state()["at"] == pytest.approx([0.01, 0.0], abs=1e-6))
    over.focus()
    walk.page.keyboard.press("r")  # for Streamlit it would mean: run again
    walk.until(lambda: abs(walk.code()[0] - 0.01) > 1e-3)
    walk.page.keyboard.press("Home")
    walk.until(lambda: walk.state()["at"] == [0, 0])
    walk.page.keyboard.press("?")
    help_text = walk.one(".help").inner_text()
    says = "all => all.map(button => button.title || button.ariaDescription)"
    titles = walk.page.locator(".tools button").evaluate_all(says)
    keys = walk.page.locator(".help dt").all_inner_texts()
    assert all(key in help_text and any(f"({key})" in title for title in titles) for key in keys) and len(keys) > 12


def test_it_walks_by_itself_and_stops_when_somebody_takes_over(walk):
    walk.one(".over").focus()
    walk.page.keyboard.press("Space")
    start = walk.code()
    walk.until(lambda: walk.code() != start)
    assert walk.button("play").get_attribute("aria-label") == "Pause" and walk.state()["at"] is None
    walk.page.keyboard.press("ArrowLeft")
    walk.until(lambda: walk.state()["at"] is not None)
    assert walk.button("play").get_attribute("aria-label") == "Play"


def lonely(codes: np.ndarray) -> int:
    """The image farthest from its nearest neighbour, among those well inside the map."""
    away = np.linalg.norm(codes[:, None] - codes[None], axis=2) + 9 * np.eye(len(codes))
    return int(np.argmax(away.min(axis=1) * (np.abs(codes) < 2).all(axis=1)))


def test_a_point_under_the_pointer_gets_a_card_and_a_click_goes_to_its_very_code(walk):
    image = lonely(walk.codes)
    code = walk.codes[image]
    x, y = walk.at(*code)
    walk.page.mouse.move(x + 6, y + 6)
    card = walk.one(".card")
    card.get_by_text(f"test image {image}").wait_for()
    card.get_by_text("loss").wait_for()  # told by Python
    assert "±" in card.inner_text() and "nats per image" in card.inner_text()
    walk.page.mouse.down()
    walk.page.mouse.up()
    walk.until(lambda: walk.state()["at"] == pytest.approx(code.tolist(), rel=1e-5))
    assert f"Test image {image}" in walk.one(".chosen").inner_text()
    walk.page.mouse.move(*walk.at(-2.9, 2.9))
    card.wait_for(state="hidden")
    walk.button("draw").click()
    walk.until(lambda: walk.state()["at"] != pytest.approx(code.tolist(), rel=1e-5))


def test_two_pinned_images_and_the_straight_line_between_them(walk):
    images = [lonely(walk.codes), int(np.argmin(np.abs(walk.codes - [-1, -1]).sum(axis=1)))]
    walk.page.mouse.click(*walk.at(*walk.codes[images[0]]))
    walk.page.get_by_text(f"Test image {images[0]} ·").wait_for()
    walk.button("pin").click()
    walk.page.get_by_text("Press a second dot").wait_for()
    walk.page.mouse.click(*walk.at(*walk.codes[images[1]]))
    walk.until(lambda: walk.state()["pinned"] == images)
    assert walk.button("pin").inner_text() == "Unpin"
    start, end = walk.codes[images].astype(float)
    strip = walk.one(".strip").locator("button")
    assert strip.count() == 7
    strip.nth(3).click()
    walk.until(lambda: walk.state()["at"] == pytest.approx(((start + end) / 2).tolist(), rel=1e-4))
    strip.nth(6).click()
    walk.until(lambda: walk.code() == pytest.approx(end.tolist(), abs=2e-3))
    walk.button("play").click()
    walk.until(lambda: walk.code() != pytest.approx(end.tolist(), abs=2e-3))
    walk.button("play").click()
    walk.until(lambda: walk.state()["at"] != pytest.approx(end.tolist(), rel=1e-5))
    rests = np.array(walk.state()["at"])
    share = np.dot(rests - start, end - start) / np.dot(end - start, end - start)
    assert rests == pytest.approx(start + share * (end - start), abs=1e-4) and 0 <= share <= 1


def test_an_icon_says_at_once_what_it_does(walk):
    walk.button("snap").hover()
    told = walk.page.get_by_role("tooltip")
    told.wait_for()
    assert told.inner_text() == "Snap: keep the cursor on the nearest image (S)"
    walk.page.mouse.move(*walk.at(0, 0))
    told.wait_for(state="hidden")


def test_box_and_lasso_choose_images_and_escape_forgets_them(walk):
    codes = walk.codes
    inside = np.flatnonzero((np.abs(codes) < 1).all(axis=1)).tolist()
    walk.page.keyboard.down("Shift")
    walk.drag((-1, -1), (1, 1))
    walk.page.keyboard.up("Shift")
    walk.until(lambda: walk.state()["chosen"] == inside)
    walk.page.get_by_text(f"{len(inside)} test images are chosen.").wait_for()
    for key in ("Shift", "Control"):
        walk.page.keyboard.down(key)
    walk.drag((-2, -2), (2, -2), (2, 2), (-2, -2))  # a triangle below the diagonal
    for key in ("Shift", "Control"):
        walk.page.keyboard.up(key)
    below = (np.abs(codes) < 2).all(axis=1) & (codes[:, 1] < codes[:, 0])
    walk.until(lambda: walk.state()["chosen"] == np.flatnonzero(below).tolist())
    walk.one(".over").focus()
    walk.page.keyboard.press("Escape")
    walk.until(lambda: walk.state()["chosen"] == [])
    assert walk.state()["at"] is None  # choosing is no walk


COLOURS = """canvas => {
  const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  const found = new Map();
  for (const pixel of pixels) if (pixel >>> 24 === 255) found.set(pixel, (found.get(pixel) ?? 0) + 1);
  return found.size;
}"""


def test_the_legend_greys_classes_and_shows_one_alone(walk):
    dots = walk.page.locator("canvas.map").nth(1)
    colours = lambda: dots.evaluate(COLOURS)  # noqa: E731
    walk.until(lambda: colours() == 10)
    first = walk.one(".legend button")
    first.click()
    walk.until(lambda: colours() == 9)
    assert first.get_attribute("aria-pressed") == "false"
    first.click()
    first.dblclick()
    walk.until(lambda: colours() == 1)
    first.click(modifiers=["Alt"])
    walk.until(lambda: colours() == 10)


def test_the_wheel_zooms_at_the_pointer_and_a_double_click_shows_everything_again(walk):
    ground = walk.page.locator("canvas.map").first
    whole = ground.evaluate("canvas => canvas.toDataURL()")
    walk.page.mouse.move(*walk.at(1, 1))
    walk.page.mouse.wheel(0, -400)
    walk.until(lambda: ground.evaluate("canvas => canvas.toDataURL()") != whole)
    assert walk.page.evaluate("scrollY") == 0
    walk.page.mouse.dblclick(*walk.at(1, 1))
    walk.until(lambda: ground.evaluate("canvas => canvas.toDataURL()") == whole)


def test_a_page_that_is_being_scrolled_goes_on_over_the_map(walk):
    turn = """(elsewhere) => {
      const wheel = () => new WheelEvent("wheel", { deltaY: 40, bubbles: true, composed: true, cancelable: true });
      if (elsewhere) document.body.dispatchEvent(wheel());
      return (FIND)(".over").dispatchEvent(wheel()); // whether the page scrolls
    }""".replace("FIND", FIND)
    assert [walk.page.evaluate(turn, elsewhere) for elsewhere in (False, True)] == [False, True]


def test_snap_keeps_the_cursor_on_test_images_and_space_moves_the_map_under_it(walk):
    walk.button("snap").click()
    walk.until(lambda: walk.state()["at"] is not None)
    walk.drag((-1, -1), (1.3, 1.4))
    here = lambda: np.abs(walk.codes - walk.state()["at"]).sum(axis=1)  # noqa: E731
    walk.until(lambda: here().min() < 1e-5 and np.hypot(*(walk.codes[here().argmin()] - [1.3, 1.4])) < 1.5)
    code = walk.code()
    walk.one(".over").focus()
    walk.page.keyboard.down("Space")
    walk.drag((0, 0), (1, 1))
    walk.page.keyboard.up("Space")
    assert walk.code() == code and walk.button("play").get_attribute("aria-label") == "Play"


TOUCH = """([name, id, x, y]) => (FIND)(".over").dispatchEvent(new PointerEvent(name,
  { pointerId: id, pointerType: "touch", clientX: x, clientY: y, bubbles: true, composed: true }))"""


def test_one_finger_walks_and_two_move_the_map_and_leave_the_cursor(sight):
    seen = sight(script="Element.prototype.setPointerCapture = () => {};", has_touch=True)
    seen.page.wait_for_function(DRAWN)
    touch = TOUCH.replace("FIND", FIND)
    one = lambda name, id, x, y: seen.page.evaluate(touch, [name, id, *seen.at(x, y)])  # noqa: E731
    one("pointerdown", 1, -1, 0)
    one("pointermove", 1, 1, 1)
    seen.until(lambda: seen.code() == pytest.approx([1, 1], abs=0.02))
    one("pointerdown", 2, 2, 2)
    one("pointermove", 2, 2.5, 2.5)
    one("pointerup", 2, 2.5, 2.5)
    one("pointerup", 1, 1, 1)
    seen.until(lambda: seen.code() == [0, 0])
    one("pointerdown", 1, -2.5, 2.5)
    one("pointermove", 1, 0, 0)
    one("pointerup", 1, 0, 0)
    seen.until(lambda: (seen.state()["at"] or [0, 0]) != [0, 0])  # the map under the finger is another one


@pytest.mark.parametrize("layer", ["tiles", "density", "holes", "stretch"])
def test_a_layer_lies_behind_the_dots(walk, layer):
    ground = walk.page.locator("canvas.map").first
    colours = (
        "canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData(40, 40, 300, 300).data.buffer)).size"
    )
    plain = ground.evaluate(colours)
    walk.lay(layer)
    walk.until(lambda: ground.evaluate(colours) > plain + 20)
    if layer == "holes":
        assert "% of the prior lies where there is hardly a code" in walk.one(".note").inner_text()


def test_two_planes_on_one_page_go_their_own_ways(sight):
    seen = sight("two")
    seen.page.wait_for_function(f"(() => {{ {BOTH} }})()")
    still = seen.picture(1)
    seen.drag((-1, -1), (1.5, 1))
    seen.until(lambda: seen.state(0)["at"] == pytest.approx([1.5, 1], abs=0.02))
    assert (seen.code(1), seen.state(1)["at"], seen.picture(1)) == ([0, 0], None, still)
    go = "detail => document.dispatchEvent(new CustomEvent('loupe-go', { detail }))"
    seen.page.evaluate("document.addEventListener('loupe-at', (event) => { window.rests = event.detail; })")
    seen.page.evaluate(go, {"plane": "two", "code": [0.5, 2], "live": True})
    seen.until(lambda: seen.code(1) == [0.5, 2])
    assert seen.page.evaluate("window.rests") is None
    seen.page.evaluate(go, {"plane": "two", "place": [-1, 0.25]})
    seen.until(lambda: seen.state(1)["at"] == [-1, 0.25])
    assert seen.page.evaluate("window.rests") == {"plane": "two", "code": [-1, 0.25]}
    assert seen.code(0) == pytest.approx([1.5, 1], abs=0.02)


BOTH = """
  const all = [...document.querySelectorAll("*")].map((e) => e.shadowRoot?.querySelector(".now")).filter(Boolean);
  return all.length === 2 && all.every((canvas) => canvas.width === 8);"""


def test_the_map_follows_the_theme(walk):
    read = "canvas => canvas.toDataURL()"
    ground = walk.page.locator("canvas.map").first
    light = ground.evaluate(read)
    walk.page.emulate_media(color_scheme="dark")
    walk.until(lambda: ground.evaluate(read) != light)


# Counts what is there for as long as the page is: listeners, timers, frames, observers, workers.
COUNT = """
  const left = window.left = {};
  const count = (name, by) => { left[name] = (left[name] ?? 0) + by; };
  for (const [target, name] of [[document, "document"], [window, "window"]]) {
    const { addEventListener: add, removeEventListener: remove } = target;
    target.addEventListener = (type, act, options) => {
      if (type.startsWith("loupe") || options?.signal) {
        count(name, 1);
        options?.signal?.addEventListener("abort", () => count(name, -1));
      }
      add.call(target, type, act, options);
    };
  }
  for (const name of ["ResizeObserver", "Worker"]) {
    const Known = window[name];
    window[name] = class extends Known {
      constructor(...all) {
        super(...all);
        this.mine = name === "Worker" || `${all[0]}`.includes("this.resize()");
        if (this.mine) count(name, 1);
      }
      disconnect() { super.disconnect(); if (this.mine) count(name, -1); }
      terminate() { super.terminate(); count(name, -1); }
    };
  }
"""


# How often anything is painted within the next frames.
PAINTED = """async () => {
  let painted = 0;
  const paint = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...all) { painted += 1; paint.apply(this, all); };
  for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
  return painted;
}"""


def test_a_plane_that_goes_away_leaves_nothing_behind(sight):
    seen = sight(script=COUNT)
    seen.page.wait_for_function(DRAWN)
    kinds = ("document", "ResizeObserver")
    assert all(seen.page.evaluate("window.left")[kind] > 0 for kind in kinds)
    seen.lay("tiles")
    seen.button("play").click()
    assert seen.page.evaluate(PAINTED) > 5
    seen.page.get_by_text("Away", exact=True).click()
    seen.page.locator(".over").wait_for(state="detached")
    seen.until(lambda: not any(seen.page.evaluate("window.left").values()))
    assert seen.page.evaluate(PAINTED) == 0
    measured = "async () => { window.loupeMeasure = []; const wait = () => new Promise(requestAnimationFrame);"
    frames = seen.page.evaluate(
        measured + " await wait(); await wait(); await wait(); return window.loupeMeasure.length; }"
    )
    assert frames == 0


def test_the_cursor_begins_where_the_address_says_and_bookmarks_outlive_a_visit_elsewhere(sight):
    seen = sight(more="&at=1.25,-0.5")
    seen.until(lambda: seen.code() == [1.25, -0.5])
    seen.button("mark").click()
    seen.button("home").click()
    seen.until(lambda: seen.state()["at"] == [0, 0] and seen.state()["marks"] == [[1.25, -0.5]])
    assert seen.code() == [0, 0]  # the address still says otherwise, and is old news
    seen.page.get_by_text("Away", exact=True).click()
    seen.page.locator(".over").wait_for(state="detached")
    seen.page.get_by_text("Away", exact=True).click()
    seen.page.get_by_role("button", name="1", exact=True).click()
    seen.until(lambda: seen.code() == [1.25, -0.5])
    seen.page.get_by_role("button", name="Remove bookmark 1").click()
    seen.until(lambda: seen.state()["marks"] == [])


def test_the_walk_is_saved_as_a_film(walk):
    walk.button("record").click()
    walk.drag((-1, -1), (1, 1))
    with walk.page.expect_download() as download:
        walk.button("record").click()
    assert download.value.suggested_filename.endswith("-walk.webm")
    assert Path(download.value.path()).read_bytes()[:4] == b"\x1aE\xdf\xa3"


def test_a_code_of_many_numbers_keeps_them_when_the_map_shows_others(sight):
    seen = sight("wide")
    seen.until(lambda: len(seen.code()) == 8)
    seen.page.get_by_text("2 more").click()
    seen.until(lambda: len(seen.code()) == 10)
    seen.one(".sliders input[type=number]", 2).fill("1.5")
    seen.page.keyboard.press("Enter")
    seen.until(lambda: (seen.state()["at"] or [0] * 10)[2] == 1.5)
    before = seen.code()
    seen.page.get_by_text("Two numbers", exact=True).click()
    seen.page.get_by_text("The other 8 numbers stand still").wait_for()
    assert seen.code() == before[:8]
    seen.one(".over").focus()
    seen.page.keyboard.press("Shift+ArrowUp")
    seen.until(lambda: seen.state()["at"][1] == pytest.approx(before[1] + 1, abs=1e-3))
    assert seen.state()["at"][2:] == pytest.approx(before[2:], abs=1e-3)


# Bad days.


@pytest.mark.parametrize("case", ["none", "single", "nan", "many", "plain", "silent"])
def test_it_walks_over_whatever_codes_there_are(sight, case):
    seen = sight(case)
    seen.page.wait_for_function(DRAWN)
    before = seen.picture()
    seen.button("up").click(modifiers=["Shift"])
    seen.until(lambda: seen.picture() != before and seen.state()["at"] == [0, 1])
    said = {"none": "There are no codes to show.", "nan": "3 test images are left out: their codes are not numbers."}
    assert said.get(case, "") in seen.one(".note").inner_text()
    if case == "many":
        box = seen.one(".legend").bounding_box()
        assert box["height"] < 130 and seen.page.locator(".legend button").count() == 200
        last = seen.page.locator(".legend button").last
        assert last.bounding_box()["width"] < 250 and "a name a name" in last.get_attribute("title")


def test_a_decoder_that_cannot_be_read_is_told_in_place_of_the_picture(sight):
    seen = sight("corrupt")
    seen.page.get_by_text("could not be read, so there is no picture").wait_for()
    seen.button("up").click()
    seen.until(lambda: seen.state()["at"] == pytest.approx([0, 0.1]))


def test_a_decoder_too_large_for_the_browser_is_asked_on_the_server(sight, trained):
    seen = sight("far")
    seen.page.get_by_text("Pictures come from the server").wait_for()
    seen.page.wait_for_function(DRAWN)
    before = seen.picture()
    seen.drag((-1, -1), (1, 0.5), (1.5, 1))
    seen.until(lambda: seen.state()["at"] == pytest.approx([1.5, 1], abs=0.02))
    seen.until(lambda: seen.picture() != before and seen.draws(trained, seen.state()["at"]))


def test_without_webassembly_it_decodes_all_the_same(sight):
    seen = sight(script="delete window.WebAssembly;")
    seen.page.wait_for_function(DRAWN)
    before = seen.picture()
    seen.button("right").click(modifiers=["Shift"])
    seen.until(lambda: seen.picture() != before)
    assert "refuses WebAssembly" in seen.one(".note").inner_text()


def test_a_map_without_any_room_waits_for_it(walk):
    stage = walk.one(".stage")
    stage.evaluate("element => { element.style.display = 'none'; }")
    second = walk.one(".slider input[type=number]", 1)
    second.fill("1")
    second.press("Enter")
    walk.until(lambda: walk.state()["at"] == [0, 1])
    stage.evaluate("element => { element.style.display = ''; }")
    walk.until(lambda: walk.one(".over").evaluate("canvas => canvas.width") > 100)
    walk.drag((0, 0), (1, 0.5))
    walk.until(lambda: walk.state()["at"] == pytest.approx([1, 0.5], abs=0.02))


def test_who_wants_calm_sees_stops_and_no_gliding(sight):
    seen = sight(reduced_motion="reduce")
    seen.page.wait_for_function(DRAWN)
    seen.button("play").click()
    means = [seen.codes[seen.labels == label].mean(axis=0).tolist() for label in range(10)]
    seen.until(lambda: seen.code() != [0, 0])
    assert any(seen.code() == pytest.approx(mean, abs=2e-3) for mean in means)
