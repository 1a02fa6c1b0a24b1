"""A network as a picture: a bar for each layer, as high as what it hands on is large, narrow at the code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import streamlit as st

from ui import palette
from vae_core.design.draft import Line

HIGH = 132  # pixels of the largest bar
LEAST = 7  # of the smallest, in percent of that
BROAD, BROADEST = 72, 1000  # of a bar, and of all together
LEARNS, CODE = palette.colour(0), palette.colour(1)  # what merely passes on is grey
ROW = f"display:flex;align-items:center;gap:3px;height:{HIGH}px;max-width:{{width}}px;margin:0.25rem 0"
BAR = "flex:1 1 0;min-width:2px;height:{height:.0f}%;background:{colour};border-radius:3px"
ENDS = "display:flex;justify-content:space-between;max-width:{width}px;font-size:0.8rem;opacity:0.7"


def draw(image: tuple[int, int, int], lines: Sequence[Line]) -> None:
    """Bars are drawn by the logarithm: a code of 2 numbers beside a picture of 784 would not be seen."""
    lines = [line for line in lines if line.output[:1].isdigit()]  # the last one may not fit
    sizes = [math.prod(image), *(_size(line) for line in lines)]
    top = math.log(1 + max(sizes))
    bars = [_bar("The picture", sizes[0], top, palette.GREY)]
    bars += [_bar(_told(line), size, top, _colour(line)) for line, size in zip(lines, sizes[1:], strict=True)]
    width = min(BROADEST, BROAD * len(bars))
    codes = [f"Code, {size:,}" for line, size in zip(lines, sizes[1:], strict=True) if _is_code(line)]
    told = [f"Picture, {sizes[0]:,} numbers", *codes, *(["Picture again"] if codes else [])]
    ends = "".join(f"<span>{each}</span>" for each in told)
    st.html(f'<div style="{ROW.format(width=width)}">{"".join(bars)}</div>')
    st.html(f'<div style="{ENDS.format(width=width)}">{ends}</div>')


def _is_code(line: Line) -> bool:
    return line.layer.startswith("code")


def _size(line: Line) -> int:
    return math.prod(int(number) for number in line.output.replace(",", "").split("x"))


def _told(line: Line) -> str:
    return f"{line.layer}: {line.words} {line.output}"


def _bar(told: str, size: int, top: float, colour: str) -> str:
    height = max(LEAST, 100 * math.log(1 + size) / top)
    return f'<div title="{escape(told)}" style="{BAR.format(height=height, colour=colour)}"></div>'


def _colour(line: Line) -> str:
    if _is_code(line):
        return CODE
    return LEARNS if line.parameters else palette.GREY
