"""Maps of projections in a real browser: walked on, searched, beside each other, and on their bad days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from browser import IDLE
from projection_app import bent, picture
from sights import DRAWN, Header, Sight, overheard, served
from support import parcel

from ui.components.plane.payload import Model, dimensions
from ui.components.projection import payload
from ui.components.projection.payload import Points, Settings, Spots
from vae_core.runs.store import Run

SECONDS = 60
SETTINGS = Settings(Model("r", (8, 8, 1), False), "g")
TESTS, COUNT = 120, 160  # of projection_app


@pytest.fixture(scope="module")
def app(trained: Run) -> Iterator[str]:
    with served("projection_app.py", trained) as address:
        yield address


class Maps(Sight):
    """Where the images of the first map lie, and what there is to see on the others."""

    @property
    def places(self) -> np.ndarray:
        return bent(self.codes)

    def look(self, label: str, value: str, number: int = 0) -> None:
        self.page.get_by_label(label, exact=True).nth(number).select_option(value)

    def at(self, place: np.ndarray, header: Header, number: int = 0) -> tuple[float, float]:
        return self.spot(place[0], place[1], header, number)

    def first(self, places: np.ndarray | None = None) -> Header:
        points = Points(np.arange(len(self.codes)), self.codes, TESTS, COUNT)
        spots = Spots(self.places if places is None else places)
        return parcel(payload.data("one", "one", points, spots, SETTINGS))[0]

    def second(self) -> Header:
        points = Points(np.arange(len(self.codes)), self.codes, TESTS, COUNT)
        return parcel(payload.data("two", "two", points, dimensions(self.codes), SETTINGS))[0]

    def silence(self) -> int:
        """Waits until no script runs and nothing more goes over the web socket; how much has."""
        for _ in range(SECONDS):
            self.page.wait_for_function(IDLE)
            count = len(self.frames)
            self.page.wait_for_timeout(400)
            if count == len(self.frames):
                return count
        raise AssertionError("it is never silent")

    def draws(self, run: Run, code: Any, within: int = 2) -> bool:
        return super().draws(run, code, within)


@pytest.fixture
def sight(tab: Any, app: str, trained: Run) -> Callable[..., Maps]:
    def look(case: str = "near", maps: int = 1) -> Maps:
        page = tab(width=1300, height=1100)
        frames = overheard(page)
        page.goto(f"{app}&case={case}")
        page.locator(".over").nth(maps - 1).wait_for()
        page.wait_for_function(DRAWN)
        known = trained.codes()
        return Maps(page, frames, known["mean"][:COUNT], known["labels"][:COUNT])

    return look


def lonely(places: np.ndarray) -> int:
    """The point farthest from its nearest neighbour, among those in the middle."""
    away = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e3 * np.eye(len(places))
    inside = (np.abs(places - np.median(places, axis=0)) < places.std(axis=0) * 1.5).all(axis=1)
    return int(np.argmax(away.min(axis=1) * inside))


def test_at_an_image_the_picture_is_of_its_code_and_between_images_of_a_mean_of_theirs(sight, trained):
    seen = sight()
    header, image = seen.first(), lonely(seen.places)
    x, y = seen.at(seen.places[image], header)
    seen.page.mouse.click(x, y)
    seen.until(lambda: seen.state()["at"] == pytest.approx(seen.codes[image].tolist(), rel=1e-4))
    seen.until(lambda: seen.draws(trained, seen.codes[image]))
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    quiet = seen.silence()
    place = np.quantile(seen.places, 0.45, axis=0)
    seen.page.mouse.move(*seen.at(place, header), steps=8)
    expected = by_neighbours(seen.places, seen.codes, place)
    seen.until(lambda: seen.draws(trained, expected))
    assert len(seen.frames) == quiet  # nothing is told during a drag
    seen.page.mouse.up()
    seen.until(lambda: seen.state()["at"] == pytest.approx(expected.tolist(), abs=0.05))


def by_neighbours(places: np.ndarray, codes: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The same in other words: the ten nearest, the tenth of no weight."""
    away = np.linalg.norm(places - place, axis=1)
    near = np.argsort(away)[:10]
    weights = np.square(1 / away[near] - 1 / away[near[-1]])
    return (weights[:, None] * codes[near]).sum(axis=0) / weights.sum()


def test_where_no_image_is_near_a_veil_lies_and_the_page_says_so(sight):
    seen = sight("apart")
    places = seen.places + np.where(np.arange(COUNT) % 2, 60, 0)[:, None]
    header = seen.first(places)
    said = lambda: seen.one(".guess").inner_text()  # noqa: E731
    seen.page.mouse.click(*seen.at(places[lonely(places[::2]) * 2], header))
    seen.until(lambda: said() == "")
    seen.page.mouse.click(*seen.at(np.array([places[:, 0].mean() + 20, places[:, 1].mean() - 20]), header))
    seen.until(lambda: said() == "No image is near: a guess")
    assert "Under the hatching no image is near" in seen.one(".note").inner_text()
    veil = seen.page.locator("canvas.map").nth(1)
    veiled = """canvas => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 3 && value).length / (data.length / 4);
    }"""
    assert 0.2 < veil.evaluate(veiled) < 0.98


def test_pca_of_pixels_shows_its_own_picture_beside_the_models(sight):
    seen = sight("pixels")
    own = seen.page.get_by_label("What the principal components draw at the cursor")
    own.wait_for()
    header = seen.first()
    place = np.median(seen.places, axis=0)
    seen.page.mouse.click(*seen.at(place + [2, 0], header))
    read = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)"
    right = (0.5 + (place[0] + 2) * np.linspace(0, 0.05, 64)) * 255
    seen.until(
        lambda: np.abs(np.array(own.evaluate(read)) - right.clip(0, 255)).max() < 12 < np.ptp(own.evaluate(read))
    )


# Index integrity.

LOOK = """async ([color, cue, size, greyed, half, center]) => {
  const [map] = window.maps;
  map.looks.apply({ color, cue, size });
  map.points.shown.fill(1);
  if (greyed !== null) map.points.shown[greyed] = 0;
  map.greyed();
  map.moveView((view) => { Object.assign(view, { half: half ?? view.start[2], x: center[0], y: center[1] }); });
  await new Promise(requestAnimationFrame);
  return [map.view.x, map.view.y, map.view.half, map.view.side];
}"""
# For each place on the screen: what the card tells of the point that the pointer would be on.
CARDS = """(spots) => {
  const [map] = window.maps;
  return spots.map((spot) => {
    map.hover(spot);
    map.card.show(map.hovered);
    if (map.hovered === null) return null;
    const { card } = map;
    const { data } = card.pictures[0].getContext("2d").getImageData(0, 0, 8, 8);
    return { text: card.title.textContent + " " + card.lines.innerText, picture: Array.from(data) };
  });
}"""
WANT = """(from) => {
  const [map] = window.maps;
  const images = Array.from({ length: map.points.count }, (_, i) => map.points.image(i));
  map.facts.want(images.slice(from, from + 32), 1);
}"""
LOOKS = [
    ("class", "dots", 1, None, None),
    ("loss", "dots", 2, 3, None),
    ("shop", "letters", 1, None, 3.0),
    ("loss", "shapes", 1, 1, 2.0),
    ("class", "pictures", 1, None, 4.0),
    ("shop", "pictures", 0.5, 0, None),
]


def test_the_card_of_a_thousand_random_points_in_every_look_is_that_of_the_image_there(sight):
    seen = sight("probed")
    random = np.random.default_rng(0)
    header, places = seen.first(), seen.places
    for image in range(0, COUNT, 32):  # all that Python knows of them
        seen.page.evaluate(WANT, image)
        last = image + min(31, COUNT - image - 1)
        seen.page.wait_for_function("(image) => window.maps[0].facts.get(image)", arg=last)
    kinds = {"class": seen.labels, "shop": np.arange(COUNT) % 3, "loss": seen.labels}
    for color, cue, size, greyed, half in LOOKS:
        centre = header["view"][:2] if half is None else places[random.integers(COUNT)].tolist()
        x, y, reach, side = seen.page.evaluate(LOOK, [color, cue, size, greyed, half, centre])
        screen = np.stack([(places[:, 0] - x) / reach + 1, 1 - (places[:, 1] - y) / reach], axis=1) * side / 2
        lit = np.ones(COUNT, bool) if greyed is None else kinds[color] != greyed
        spots = screen[random.integers(COUNT, size=1000)] + random.normal(0, 5, (1000, 2))
        for spot, told in zip(spots, seen.page.evaluate(CARDS, spots.tolist())):
            away = np.where(lit, np.linalg.norm(screen - spot, axis=1), np.inf)
            if told is None:
                assert away.min() > 13.9
                continue
            near = [int(image) for image in np.argsort(away)[:3] if away[image] < away.min() + 0.1]
            assert away.min() < 14.1 and any(is_card_of(told, image, seen.labels) for image in near), (told, near)


def is_card_of(told: Header, image: int, labels: np.ndarray) -> bool:
    name = f"test image {image}" if image < TESTS else f"training image {image - TESTS}"
    loss = "" if image == 5 else f"loss {0.5 * image:g}"
    shop = ["ours", "theirs", ""][image % 3]
    text = told["text"].replace("\n", " ") + " "
    said = all(f"{each} " in text for each in (f"digit {labels[image]}", name, loss, shop) if each)
    return said and np.array_equal(np.reshape(told["picture"], (8, 8, 4))[..., :1], picture(image))


STANDING = """() => {
  const [map] = window.maps;
  const context = map.pictures.canvas.getContext("2d");
  const { side } = map.pictures;
  return map.pictures.laid.found.map((point) => {
    const [x, y] = map.view.toScreen(...map.points.place(point));
    const at = (down) => context.getImageData(Math.round(x), Math.round(y + down * side), 1, 1).data[0];
    return [map.points.image(point), x, y, at(-0.25), at(0.25)];
  });
}"""


def test_pictures_stand_where_their_images_lie_and_more_of_them_the_closer_one_looks(sight):
    seen = sight("probed")
    seen.look("Points as", "pictures")
    seen.page.wait_for_function("window.maps[0].pictures.laid")
    side = seen.page.evaluate("window.maps[0].view.side")
    shown = set()
    for closer in range(3):
        if closer:
            seen.page.evaluate("() => window.maps[0].moveView((view) => view.zoom(1.6))")
        seen.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        standing = seen.page.evaluate(STANDING)
        shown |= {image for image, *_ in standing}
        inside = [each for each in standing if min(each[1:3]) > 20 and max(each[1:3]) < side - 20]
        assert len(inside) > 5  # and none lies over another
        for image, _, _, upper, lower in inside:
            assert abs(upper - image // 16 * 10) < 12 and abs(lower - image % 16 * 16) < 12
    assert len(shown) > len({image for image, *_ in standing})


# How points look, and the search for them.


COLOURS = """canvas => {
  const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return new Set(pixels.filter((pixel) => pixel >>> 24 === 255)).size;
}"""


def test_a_number_colours_the_points_from_dark_to_light_and_the_legend_says_from_where_to_where(sight):
    seen = sight()
    dots = seen.page.locator("canvas.map").nth(2)
    seen.until(lambda: dots.evaluate(COLOURS) == 10)
    seen.look("Colour by", "loss")
    seen.until(lambda: dots.evaluate(COLOURS) > 60)
    assert seen.one(".bar").inner_text().startswith("Loss")
    seen.look("Colour by", "shop")
    seen.until(lambda: dots.evaluate(COLOURS) == 3)  # two shops, and those without one
    assert seen.page.locator(".legend button").all_inner_texts() == ["ours", "theirs"]


@pytest.mark.parametrize("cue", ["letters", "shapes"])
def test_classes_can_be_told_apart_without_colours(sight, cue):
    seen = sight()
    dots = seen.page.locator("canvas.map").nth(2)
    before = dots.evaluate("canvas => canvas.toDataURL()")
    seen.look("Points as", cue)
    seen.until(lambda: dots.evaluate("canvas => canvas.toDataURL()") != before)
    symbols = seen.page.locator(".legend b").all_inner_texts()
    assert len(set(symbols)) == 10


def test_an_image_is_found_by_its_number_and_a_class_by_its_name(sight):
    seen = sight()
    find = seen.page.get_by_label("Find an image by number, or a class")
    for text, image in (("7", 7), ("train 3", TESTS + 3), ("test image 19", 19)):
        find.fill(text)
        find.press("Enter")
        seen.until(lambda image=image: seen.state()["at"] == pytest.approx(seen.codes[image].tolist(), rel=1e-4))
    for text, kind in (("digit 4", 4), ("class 5", 5)):
        find.fill(text)
        find.press("Enter")
        seen.until(lambda kind=kind: seen.state()["chosen"] == np.flatnonzero(seen.labels == kind).tolist())
    find.fill("theirs")
    find.press("Enter")
    seen.until(lambda: seen.state()["chosen"] == list(range(1, COUNT, 3)))
    for text in ("nobody", "500", "train 77"):
        find.fill(text)
        find.press("Enter")
        seen.page.get_by_text(f"No image and no class on this map is called '{text}'.").wait_for()


# Maps beside each other.


def test_maps_of_a_group_follow_each_other(sight):
    seen = sight("three", maps=3)
    shot = lambda number: seen.one(".over", number).evaluate("canvas => canvas.toDataURL()")  # noqa: E731
    seen.silence()
    before = [shot(number) for number in range(3)]
    seen.page.mouse.move(*seen.at(seen.codes[lonely(seen.codes)], seen.second(), 1))
    seen.until(lambda: shot(0) != before[0] and shot(2) != before[2])  # a ring on each
    box = seen.one(".over", 1).bounding_box()
    seen.page.keyboard.down("Shift")
    seen.page.mouse.move(box["x"] + 2, box["y"] + 2)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2, steps=4)
    seen.page.mouse.up()
    seen.page.keyboard.up("Shift")
    seen.until(lambda: len(seen.state(1)["chosen"]) > 10)
    chosen = seen.page.get_by_text(f"{len(seen.state(1)['chosen'])} images are chosen.")
    seen.until(lambda: chosen.count() == 3)
    assert seen.state(0)["chosen"] == seen.state(2)["chosen"] == []  # Python hears it once
    seen.look("Colour by", "loss")
    seen.until(lambda: seen.page.locator(".bar:not([hidden]) i").count() == 3)
    assert [seen.one(".looks", number).is_visible() for number in range(3)] == [True, False, False]


def test_zooming_on_one_map_shows_the_same_images_on_the_others(sight):
    seen = sight("three", maps=3)
    ground = lambda number: seen.one(".stage", number).locator("canvas").first  # noqa: E731
    shot = lambda number: ground(number).evaluate("canvas => canvas.toDataURL()")  # noqa: E731
    seen.silence()
    before = [shot(number) for number in range(3)]
    x, y = seen.at(np.median(seen.codes, axis=0), seen.second(), 1)
    seen.page.mouse.move(x, y)
    seen.page.mouse.wheel(0, -600)
    seen.until(lambda: shot(1) != before[1] and shot(2) != before[2])
    seen.page.mouse.dblclick(x, y)
    seen.until(lambda: [shot(1), shot(2)] == before[1:])
    seen.button("more").click()
    seen.page.get_by_label("Zoom together").first.uncheck()
    seen.page.mouse.move(x, y)
    seen.page.mouse.wheel(0, -600)
    seen.until(lambda: shot(1) != before[1])
    seen.silence()
    assert shot(2) == before[2]


# Bad days.


@pytest.mark.parametrize("case", ["empty", "single", "few", "same", "nan", "one class", "plain"])
def test_it_walks_over_whatever_places_there_are(sight, case):
    seen = sight(case)
    box = seen.one(".over").bounding_box()
    said = {"empty": "There are no codes to show.", "nan": "3 images are left out: their codes are not numbers."}
    assert said.get(case, "") in seen.one(".note").inner_text()
    seen.look("Points as", "pictures")
    for share in (0.5, 0.2):
        seen.page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] * share)
    seen.until(lambda: seen.state()["at"] is not None)
    assert np.isfinite(seen.state()["at"]).all()
