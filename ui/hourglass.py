"""A network as a picture: a bar for each layer, as high as what it hands on is large, narrow at the code."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

from ui import palette
from vae_core.design import draft
from vae_core.design.config import Config
from vae_core.design.draft import Draft, Line
from vae_core.words import plural

LEAST, TALLEST = 7, 93  # percent of the height
MOST_NAMED = 13  # layers; the names of more would run into each other
USUAL = 9  # bars; where layers do not fit, there is room for what is missing
GAP = 0.12  # of a bar's room, between it and the next
ENDS = "display:flex;justify-content:space-between;margin:0.3rem 0 0;font-size:0.8rem;opacity:0.7"
LEARNS, CODE = palette.colour(0), palette.colour(1)  # what merely passes on is grey


def of(config: Config) -> str:
    """The drawing of a network that fits."""
    return drawing(config.image, lines(config))


def lines(config: Config) -> list[Line]:
    size = config.architecture().code.size
    return draft.table(Draft(config.image, config.encoder, config.decoder, config.kind, size))[0]


def named(image: tuple[int, int, int], layers: Sequence[Line], left: float, more: str) -> str:
    """With the name of each layer below its bar, where there is room for that."""
    known = fitting(layers)
    room = _room(layers, left)
    names = (
        _name(left + (place + 0.5) * room, high, line.layer)
        for place, (line, high) in enumerate(zip(known, _heights(image, known)[1:], strict=True), 1)
    )
    return drawing(image, layers, left, more + ("".join(names) if len(known) < MOST_NAMED else ""))


def drawing(image: tuple[int, int, int], layers: Sequence[Line], left: float = 0.0, more: str = "") -> str:
    """As wide and as high as its place, and below it what is what.

    `left`: percent of the width on either side that `more` fills.
    Bars are drawn by the logarithm: a code of 2 numbers beside a picture of 784 would not be seen."""
    known = fitting(layers)
    told = ["The picture", *map(_told, known)]
    colours = [palette.GREY, *map(_colour, known)]
    room = _room(layers, left)
    bars = (
        _bar(left + place * room, room, high, colour, text)
        for place, (high, colour, text) in enumerate(zip(_heights(image, known), colours, told, strict=True))
    )
    svg = f'<svg class="fills" role="img" aria-label="The network">{"".join(bars)}{more}</svg>'
    return f"{svg}{_ends(image, known, is_whole(layers))}"


def _room(layers: Sequence[Line], left: float) -> float:
    """Of a bar, in percent of the width."""
    count = 1 + len(fitting(layers))
    return (100 - 2 * left) / (count if is_whole(layers) else max(count, USUAL))


def _heights(image: tuple[int, int, int], known: Sequence[Line]) -> list[float]:
    """In percent."""
    sizes = [math.prod(image), *map(_size, known)]
    top = math.log(1 + max(sizes))
    return [max(LEAST, TALLEST * math.log(1 + size) / top) for size in sizes]


def _ends(image: tuple[int, int, int], layers: Sequence[Line], whole: bool) -> str:
    """From left to right."""
    codes = [f"Code, {plural(_size(line), 'number')}" for line in layers if _is_code(line)]
    told = [f"Picture, {math.prod(image):,} numbers", *codes, *(["Picture again"] if whole else [])]
    return f'<p style="{ENDS}">{"".join(f"<span>{each}</span>" for each in told)}</p>'


def is_whole(layers: Sequence[Line]) -> bool:
    """Whether a picture comes out."""
    return layers[-1].part == "decoder" and len(fitting(layers)) == len(layers)


def fitting(lines: Sequence[Line]) -> list[Line]:
    """Without the last one where it does not fit."""
    return [line for line in lines if line.output[:1].isdigit()]


def _is_code(line: Line) -> bool:
    return line.layer.startswith("code")


def _size(line: Line) -> int:
    return math.prod(int(number) for number in line.output.replace(",", "").split("x"))


def _told(line: Line) -> str:
    return f"{line.layer}: {line.words} {line.output}"


def _bar(x: float, room: float, high: float, colour: str, told: str) -> str:
    place = f'x="{x + room * GAP / 2:.2f}%" width="{room * (1 - GAP):.2f}%" y="{(100 - high) / 2:.1f}%"'
    return f'<rect {place} height="{high:.1f}%" rx="4" fill="{colour}"><title>{escape(told)}</title></rect>'


def _name(middle: float, high: float, layer: str) -> str:
    """Without what it does to its own numbers."""
    name = escape(re.split(r"[:(]", layer)[0])
    return f'<text x="{middle:.2f}%" y="{50 + high / 2:.1f}%" dy="13">{name}</text>'


def _colour(line: Line) -> str:
    if _is_code(line):
        return CODE
    return LEARNS if line.parameters else palette.GREY
