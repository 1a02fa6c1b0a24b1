"""A network as a picture: a bar for each layer, as high as what it hands on is large, narrow at the code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from ui import palette
from vae_core.design import draft
from vae_core.design.config import Config
from vae_core.design.draft import Draft, Line
from vae_core.words import plural

LEAST = 7  # percent of the height, of the smallest bar
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


def drawing(image: tuple[int, int, int], layers: Sequence[Line], left: float = 0.0, more: str = "") -> str:
    """As wide and as high as its place, and below it what is what.

    `left`: percent of the width on either side that `more` fills.
    Bars are drawn by the logarithm: a code of 2 numbers beside a picture of 784 would not be seen."""
    whole, known = is_whole(layers), fitting(layers)
    sizes = [math.prod(image), *map(_size, known)]
    told = ["The picture", *map(_told, known)]
    colours = [palette.GREY, *map(_colour, known)]
    room = (100 - 2 * left) / (len(sizes) if whole else max(len(sizes), USUAL))
    top = math.log(1 + max(sizes))
    bars = (
        _bar(left + place * room, room, max(LEAST, 100 * math.log(1 + size) / top), colour, text)
        for place, (size, colour, text) in enumerate(zip(sizes, colours, told, strict=True))
    )
    svg = f'<svg class="fills" role="img" aria-label="The network">{"".join(bars)}{more}</svg>'
    return f"{svg}{_ends(image, known, whole)}"


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


def _colour(line: Line) -> str:
    if _is_code(line):
        return CODE
    return LEARNS if line.parameters else palette.GREY
