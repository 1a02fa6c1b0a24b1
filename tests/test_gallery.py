"""The Explore page in a real browser: pictures, drawings and the plane's cursor go together."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from browser import choose, holds, idle
from PIL import Image

from vae_core.look import codes as places
from vae_core.look import pictures
from vae_core.look.portable import Portable
from vae_core.look.program import packed
from vae_core.look.program.packed import Packed
from vae_core.runs import keras_file, stock
from vae_core.runs.store import Run

NUMBERS = ".slider input[type=number]"


FAR = "too-large"  # a run whose networks the browser cannot have


@pytest.fixture
def explore(tab: Any, server: Any, own: Run) -> Callable[..., Any]:
    """The page with one section open. What the browser sends goes into `page.sent`."""
    page = tab(width=1300, height=1600)
    page.sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: page.sent.append(frame)))

    def open_section(name: str, run: str = own.id) -> Any:
        page.goto(f"{server.address}/explore?run={run}")
        page.locator(NUMBERS).first.wait_for()
        choose(page, page.get_by_role("radio", name=name, exact=True))
        return idle(page)

    return open_section


@pytest.fixture
def far(own: Run) -> Run:
    """A run that the browser does not decode."""
    shutil.copytree(own.path, own.settings.checkpoints / FAR)
    far = Run(FAR, own.settings)
    reasons = dict.fromkeys(stock.NETWORKS, "it is too large for the browser")
    far.plane.write_bytes(packed.write(Packed({}, reasons, keras_file.fingerprint(far.model))))
    return far


def cursor(page: Any) -> list[float]:
    return [float(field.input_value()) for field in page.locator(NUMBERS).all()]


def goes_to(page: Any, code: Any) -> None:
    """Waits until the cursor is there."""
    holds(page, lambda: np.allclose(cursor(page), code, atol=0.002))


def drop(page: Any, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": content})


def tiles(page: Any, label: str) -> Any:
    return page.get_by_role("group", name=label, exact=True).get_by_role("button")


def grid(trained: Run) -> np.ndarray:
    return places.grid(trained.codes()["mean"], True, 20).codes.reshape(-1, 2)


GRID = "Decoded images all over the map"


def test_a_click_on_a_picture_of_the_grid_goes_there_and_the_address_says_so(explore, trained):
    page = explore("Grid")
    tiles(page, GRID).nth(27).click()
    goes_to(page, grid(trained)[27])
    across, up = grid(trained)[27]
    page.wait_for_url(re.compile(rf"at={across:.4g}"[:9]))
    assert page.evaluate("history.length") <= 2  # going back leaves the page, and no earlier place comes up
    page.reload()
    page.locator(NUMBERS).first.wait_for()
    goes_to(page, (across, up))


def test_a_press_that_is_dragged_over_the_grid_moves_the_cursor_and_tells_once(explore, trained):
    page = explore("Grid")
    first, last = (tiles(page, GRID).nth(number).bounding_box() for number in (21, 33))
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    before = len(page.sent)
    page.mouse.down()
    page.mouse.move(last["x"] + 5, last["y"] + 5, steps=12)
    goes_to(page, grid(trained)[33])
    assert len(page.sent) == before
    page.mouse.up()
    page.wait_for_url("**at=*")


SHEET = """async (group) => {
  const canvas = group.querySelector('canvas');
  const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, grey: Array.from(data.filter((_, i) => i % 4 === 0)) };
}"""


def test_the_grid_is_what_the_decoder_draws_without_the_server(explore, trained):
    page = explore("Grid")
    drawn = Portable.of(trained).decode(grid(trained))
    wanted = pictures.sheet(pictures.as_bytes(drawn), 20, gap=0)[..., 0]
    group = page.get_by_role("group", name=GRID, exact=True)

    def same() -> bool:
        found = group.evaluate(SHEET)
        shown = np.asarray(found["grey"]).reshape(found["height"], found["width"])
        return shown.shape == wanted.shape and np.abs(shown - wanted.astype(int)).max() <= 1

    holds(page, same)


def test_the_grid_is_walked_by_keys(explore, trained):
    page = explore("Grid")
    tiles(page, GRID).first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    goes_to(page, grid(trained)[22])
    assert tiles(page, GRID).nth(22).get_attribute("aria-current") == "true"


def test_traversals_follow_the_cursor_when_it_comes_to_rest(explore):
    page = explore("Traversals")
    label = "Traversals, a row for each number of the code"
    page.locator(NUMBERS).first.fill("2")
    page.locator(NUMBERS).first.press("Enter")
    page.get_by_text("through z1 2.00").wait_for()
    tiles(page, label).nth(13).click()  # the lowest z2, z1 as it was
    goes_to(page, (2, -3))


def test_the_plane_is_told_what_it_asks_of_a_test_image(explore, trained):
    page = explore("Grid")
    page.locator('[data-name="snap"]').click()
    told = page.locator("figure.chosen figcaption")
    told.wait_for()
    image = int(re.search(r"Test image (\d+)", told.inner_text())[1])
    goes_to(page, trained.codes()["mean"][image])


def test_a_box_on_the_map_chooses_the_test_images_that_are_listed(explore):
    page = explore("Test images")
    box = page.locator("canvas.over").bounding_box()
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    chosen = page.get_by_text(re.compile(r"^Only the \d+ chosen$"))
    chosen.wait_for()
    assert 0 < int(re.search(r"\d+", chosen.inner_text())[0]) < 180


def test_a_stroke_is_encoded_while_it_is_drawn_and_nobody_is_told_before_its_end(explore):
    page = explore("Draw")
    paper = page.locator(".paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    told = len(page.sent)
    page.get_by_role("button", name="Example 1", exact=True).click()  # the encoder is there when the cursor moves
    page.wait_for_url("**at=*")
    page.get_by_text("Nearest training images").wait_for()
    holds(page, lambda: len(page.sent) >= told + 2)  # the plane's place, and the drawing
    idle(page)
    begun, before = cursor(page), len(page.sent)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.9 * box["height"], steps=8)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert cursor(page) != begun and len(page.sent) == before
    page.mouse.up()
    holds(page, lambda: len(page.sent) >= before + 2)  # the plane's place, and the drawing
    page.get_by_text("Nearest test images").wait_for()


def test_an_example_is_encoded_as_the_model_encoded_it(explore, trained):
    page = explore("Draw")
    page.get_by_role("button", name="Example 1", exact=True).click()
    goes_to(page, trained.codes()["mean"][0])


def test_noise_is_taken_away_at_the_level_that_is_set(explore):
    page = explore("Denoise")
    likeness = page.get_by_text("Likeness to the original")
    before = likeness.inner_text()
    page.get_by_role("slider", name="Level").press("ArrowRight")
    holds(page, lambda: likeness.inner_text() != before)
    assert tiles(page, "Original, noisy, and what the model makes of it").count() == 24


def test_what_is_too_large_for_the_browser_is_encoded_and_decoded_on_the_server(explore, trained, far):
    page = explore("Draw", far.id)
    picture = page.locator("canvas.now")
    drawn = lambda: picture.evaluate("(canvas) => canvas.toDataURL()")  # noqa: E731
    holds(page, lambda: len(drawn()) > 200)
    before = drawn()
    page.get_by_role("button", name="Example 1", exact=True).click()
    goes_to(page, trained.codes()["mean"][0])
    holds(page, lambda: drawn() != before)
    assert tiles(page, "Reconstruction").count() == 1


def test_a_picture_file_is_encoded_and_another_file_is_refused(explore):
    page = explore("Draw")
    before = cursor(page)
    file = BytesIO()
    Image.fromarray(np.uint8(np.indices((40, 90)).sum(axis=0) * 2)).save(file, "PNG")
    drop(page, file.getvalue())
    page.get_by_text("Nearest test images").wait_for()
    assert cursor(page) != before
    drop(page, b"no picture")
    page.get_by_text("no picture that the browser can read").wait_for()
