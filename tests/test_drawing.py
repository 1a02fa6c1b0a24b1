"""Drawings of few points, of points that are all the same, and of what is no number."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from vae_core.design import stages
from vae_core.design.config import Config
from vae_core.look import diagram, drawing
from vae_core.look.diagram import Example
from vae_core.look.evidence import Bars, Curves, Dots, Line, Spans
from vae_core.share.report import pictures

NAN, INF = float("nan"), float("inf")
SERIES = {
    "nothing": (),
    "one": (0.3,),
    "one 0": (0.0,),
    "two": (0.3, 0.2),
    "the same": (0.3, 0.3, 0.3),
    "the same below 0": (-2.0, -2.0),
    "the same but for rounding": (1.0, np.nextafter(1.0, 2.0)),
    "hardly more than 0": (0.0, 5e-324),
    "no number": (NAN, NAN),
    "some numbers": (0.3, NAN, INF, -INF, 0.2),
    "as large as can be": (-1.7e308, 1.7e308, 1.0),
}


def numbers(svg: str) -> list[str]:
    """Every number that places something."""
    nodes = ET.fromstring(svg).iter()
    return [
        value for node in nodes for name, value in node.attrib.items() if name not in ("aria-label", "fill", "stroke")
    ]


def is_sound(svg: str) -> bool:
    return not re.search(r"\b(nan|inf)\b", " ".join(numbers(svg)))


def kinds(svg: str, tag: str) -> list[dict[str, str]]:
    return [dict(node.attrib) for node in ET.fromstring(svg).iter() if node.tag.endswith(tag)]


@pytest.mark.parametrize("name", SERIES)
def test_every_drawing_takes_every_series(name: str) -> None:
    values = SERIES[name]
    places = tuple(map(float, range(1, len(values) + 1)))
    bars = Bars("Bars", "nats", tuple(map(str, places)), values, (values[0], "limit") if values else None)
    drawn = [
        Curves("Curves", "nats", (Line("a", places, values),), ((1.0, "here"),)),
        Curves("Curves across", "nats", (Line("a", values, places),), tuple((value, "here") for value in values)),
        bars,
        Dots("Dots", values, places),
        Dots("Dots", values, values[::-1]),
    ]
    assert [each.title for each in drawn if not is_sound(drawing.svg(each))] == []


def test_a_curve_of_one_epoch_is_a_dot_in_the_middle_at_its_epoch() -> None:
    svg = drawing.svg(Curves("Loss", "nats", (Line("a", (1,), (0.19,)),)))
    (dot,) = kinds(svg, "circle")
    assert float(dot["cx"]) == pytest.approx((drawing.LEFT + drawing.WIDTH - drawing.RIGHT) / 2)
    ticks = [node for node in ET.fromstring(svg).iter() if node.tag.endswith("text") and node.text == "1"]
    assert len(ticks) == 1 and float(ticks[0].attrib["x"]) == pytest.approx(float(dot["cx"]))


def test_a_bar_that_has_no_number_says_so_and_0_is_no_bar() -> None:
    svg = drawing.svg(Bars("B", "nats", ("x", "y"), (NAN, 0.0)))
    assert "no number" in svg
    assert [float(bar["width"]) for bar in kinds(svg, "rect")] == [0.5, 0.5]


@pytest.mark.parametrize(("count", "size"), list(itertools.product((1, 2, 3), (1, 2, 3, 32))))
def test_few_codes_have_a_map_in_the_report(count: int, size: int) -> None:
    case = type("Case", (), {"codes": np.ones((count, size), np.float32), "labels": None, "facts": None})
    (figure,) = pictures.code_map("m", case)  # type: ignore[arg-type]
    assert figure.svg and is_sound(figure.svg)
    assert len(kinds(figure.svg, "circle")) == count


def shown(size: int, spread: bool, original: bool = True) -> Example:
    mean, sigma = np.linspace(-1, 1, size), np.full(size, 0.1) if spread else None
    image = np.full((8, 8, 1), 7, np.uint8) if original else None
    return Example(3, image, mean, sigma, mean + (0.05 if spread else 0), np.full((8, 8, 1), 0.5, np.float32))


@pytest.mark.parametrize(("kind", "size"), list(itertools.product(("vae", "ae"), (1, 2, 3, 40))))
def test_how_a_model_works_is_drawn_for_each_kind_and_any_code(kind: str, size: int) -> None:
    """An autoencoder has no spread and no draw; two numbers are a place, others are bars."""
    config = Config("digits", (8, 8, 1), f"conv4/2 bn conv8/2 flatten dense20 code{size}", kind=kind)
    svg = diagram.svg(config, shown(size, kind == "vae"))
    told = [node.text for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]
    assert ("Draw" in told) == (kind == "vae") and ("Code" in told) == (kind == "ae")
    assert {"8x8x1", "4x4x4", "20", "Test image 3"} <= set(told)
    assert len(kinds(svg, "image")) == 2 and len(kinds(svg, "ellipse")) == (2 if (kind, size) == ("vae", 2) else 0)
    bars = [bar for bar in kinds(svg, "rect") if bar.get("fill-opacity") == "0.3"]
    assert len(bars) == (0 if size == 2 else min(size, diagram.MOST_BARS)) and is_sound(svg)


def test_an_image_that_is_not_here_leaves_an_empty_frame() -> None:
    config = Config("digits", (8, 8, 1), "flatten dense20")
    assert len(kinds(diagram.svg(config, shown(2, True, original=False)), "image")) == 1


def test_stages_are_told_once_and_the_middle_of_many_is_left_out() -> None:
    told = stages.way(Config("digits", (8, 8, 1), "conv4 bn conv4:relu conv8/2 conv8 flatten dense30 dense20 dense10"))
    assert told.encoder == ["8x8x1", "8x8x4", "...", "10", "2"] and told.spread
    assert (told.decoder[0], told.decoder[-1]) == ("2", "8x8x1")


def test_spans_grow_from_nothing_as_bars_where_words_may_take_their_place():
    names, values = ("a", "b", "c"), ((3.0, 2.0, 4.0), (-1.0, -2.0, 0.5), (0.0, 0.0, 0.0))
    plain, worded = (drawing.svg(Spans("t", "u", names, values, 0.5, words)) for words in ((), ("", "", "not asked")))
    bars = {
        name: re.findall(r'<rect [^>]*width="([0-9.]+)" height="12"', svg) for name, svg in zip("pw", (plain, worded))
    }
    first, second = map(float, bars["w"])
    assert not bars["p"] and first == pytest.approx(3 * second, rel=0.01)
    assert worded.count("<circle") == 2 and "not asked" in worded and plain.count("<circle") == 3


@pytest.mark.parametrize("values", [((0.0, 0.0, 0.0),), ((NAN, NAN, NAN),), ((2.0, 2.0, 2.0),)])
def test_a_bar_without_a_length_is_drawn(values):
    assert "nan" not in " ".join(numbers(drawing.svg(Spans("t", "u", ("a",), values, 0.0, ("",)))))
