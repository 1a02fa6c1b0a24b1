"""Evidence as SVG: text and lines take the colour of the text around them, so that it stands on any ground."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeGuard

from vae_core.look.colours import COLOURS, GREY
from vae_core.look.evidence import MAIN, MARKED, SECOND, Bars, Curves, Dots, Spans
from vae_core.words import number

WIDTH, HEIGHT = 640, 240
NARROW = 480  # is read on a phone without being moved
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 30, 34
SMALL, SIZE = 11, 12  # of the letters
ROLES = {MAIN: COLOURS[0], SECOND: COLOURS[3], MARKED: COLOURS[2]}
SIDE, DOT = 300, 2.2  # of a map of codes, and the radius of a dot
LEGEND, LINE, MOST_CLASSES = 110, 16, 19  # beside a map: its width, the height of a line, and how many there are
MOST_BARS = 64
ROW = 20  # pixels that a bar is high, its gap included
NAMES = 150  # pixels for the names of bars
STRAIGHT = 0.02  # of the range, that is left free above and below
LARGEST, NARROWEST = 1e150, 1e-150  # numbers, and distances between them, that can still be divided by one another


def svg(evidence: Curves | Bars | Spans | Dots) -> str:
    """A picture of its own, with its title for who cannot see it."""
    if isinstance(evidence, Curves):
        return _curves(evidence)
    if isinstance(evidence, Spans):
        return _spans(evidence)
    return _dots(evidence) if isinstance(evidence, Dots) else _bars(evidence)


def picture(title: str, width: float, height: float, parts: Iterator[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{escape(title)}" style="max-width:100%;height:auto" '
        f'font-family="Helvetica, sans-serif">{body}</svg>'
    )


@dataclass(frozen=True)
class _Axis:
    """An axis leads from numbers to places on the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, count: int) -> list[float]:
        """Round numbers within the range."""
        rough = (self.high - self.low) / max(1, count)
        power = 10 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [step * place for place in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _axis(values: Iterable[float | None], start: float, end: float, free: float = STRAIGHT) -> _Axis:
    """From the lowest number to the highest one. Where all are the same one, it stands in the middle."""
    known = [value for value in values if _is_known(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    wide = high - low
    if wide < max(NARROWEST, 1e-12 * max(abs(low), abs(high))):
        half = abs(low) / 2 if abs(low) > NARROWEST else 0.5
        return _Axis(low - half, high + half, start, end)
    return _Axis(low - free * wide, high + free * wide, start, end)


def _is_known(value: float | None) -> TypeGuard[float]:
    """Whether it is a number that has a place on an axis."""
    return value is not None and abs(value) < LARGEST


def _curves(found: Curves) -> str:
    across = _axis((epoch for line in found.lines for epoch in line.x), LEFT, WIDTH - RIGHT, 0.0)
    up = _axis((value for line in found.lines for value in line.y), HEIGHT - BOTTOM, TOP + 14, 0.06)
    return picture(found.title, WIDTH, HEIGHT, _curve_parts(found, across, up))


def _curve_parts(found: Curves, across: _Axis, up: _Axis) -> Iterator[str]:
    yield text(4, 16, f"{found.title}, {found.unit}", bold=True)
    for value in up.ticks(4):
        yield _rule(LEFT, up.at(value), WIDTH - RIGHT, up.at(value))
        yield text(LEFT - 6, up.at(value) + 4, _number(value), anchor="end", size=SMALL)
    for value in (each for each in across.ticks(8) if math.isclose(each, round(each), abs_tol=1e-9)):
        yield text(across.at(value), HEIGHT - BOTTOM + 16, f"{value:.0f}", anchor="middle", size=SMALL)
    yield text(WIDTH - RIGHT, HEIGHT - 4, found.across, anchor="end", size=SMALL)
    yield from _marks(found, across)
    place = LEFT + 4.0
    for line in found.lines:
        colour = ROLES[line.role]
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        yield from (_line(points, colour, dash) for points in _pieces(line.x, line.y, across, up))
        yield f'<line x1="{place:g}" y1="34" x2="{place + 20:g}" y2="34" stroke="{colour}" stroke-width="2"{dash}/>'
        yield text(place + 24, 38, line.name, size=SMALL)
        place += 36 + 6.2 * len(line.name)


def _marks(found: Curves, across: _Axis) -> Iterator[str]:
    for epoch, words in ((epoch, words) for epoch, words in found.marks if _is_known(epoch)):
        x = across.at(epoch)
        yield _rule(x, TOP + 14, x, HEIGHT - BOTTOM, ROLES[MARKED], strong=True)
        anchor = "end" if x > WIDTH * 0.8 else "start"
        yield text(x + (-4 if anchor == "end" else 4), HEIGHT - BOTTOM - 6, words, anchor=anchor, size=SMALL)


def _pieces(
    x: Sequence[float], y: Sequence[float | None], across: _Axis, up: _Axis
) -> Iterator[list[tuple[float, float]]]:
    """The unbroken pieces of a line: it breaks where there is no number."""
    piece: list[tuple[float, float]] = []
    for epoch, value in zip(x, y):
        if not _is_known(epoch) or not _is_known(value):
            if piece:
                yield piece
            piece = []
        else:
            piece.append((across.at(epoch), up.at(value)))
    if piece:
        yield piece


def _line(points: list[tuple[float, float]], colour: str, dash: str) -> str:
    if len(points) == 1:
        return f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3" fill="{colour}"/>'
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{told}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _bars(found: Bars) -> str:
    count = min(len(found.names), MOST_BARS)
    height = TOP + ROW * count + (22 if found.limit else 8)
    return picture(found.title, WIDTH, height, _bar_parts(found, count))


def _bar_parts(found: Bars, count: int) -> Iterator[str]:
    more = f", the first {count} of {len(found.names)}" if count < len(found.names) else ""
    yield text(4, 16, f"{found.title}, {found.unit}{more}", bold=True)
    limit = [found.limit[0]] if found.limit else []
    values = found.values[:count]
    above_nothing = any(_is_known(value) and abs(value) > NARROWEST for value in (*values, *limit))
    axis = _axis([0.0, *values, *limit] if above_nothing else [0.0, 1.0], NAMES, WIDTH - 90, 0.0)
    for place, (name, value) in enumerate(zip(found.names, values)):
        y = TOP + ROW * place
        start, end = sorted((axis.at(0.0), axis.at(value if _is_known(value) else 0.0)))
        colour = ROLES[MARKED] if place in found.marked else ROLES[MAIN]
        yield text(NAMES - 8, y + 13, name if len(name) <= 24 else f"{name[:23]}...", anchor="end", size=SMALL)
        yield (
            f'<rect x="{start:.1f}" y="{y + 2}" width="{max(end - start, 0.5):.1f}" height="{ROW - 6}" '
            f'fill="{colour}"/>'
        )
        yield text(end + 6, y + 13, _number(value), size=SMALL)
    if found.limit and _is_known(found.limit[0]):
        yield from _limit(*found.limit, axis, TOP + ROW * count)


def _limit(value: float, meaning: str, axis: _Axis, bottom: int) -> Iterator[str]:
    x = axis.at(value)
    yield _rule(x, TOP - 4, x, bottom + 2, strong=True)
    yield text(x, bottom + 14, f"{meaning}: {_number(value)}", "end" if x > WIDTH / 2 else "start", SMALL)


def _spans(found: Spans) -> str:
    wide = NARROW if found.words else WIDTH
    return picture(found.title, wide, TOP + ROW * len(found.names) + BOTTOM, _span_parts(found, wide))


def _span_parts(found: Spans, wide: float) -> Iterator[str]:
    """Each interval as a line with its difference as a dot; 0 is a rule, and what does not matter a band around it."""
    yield text(4, 16, f"{found.title}, {found.unit}", bold=True)
    ends, bottom = [end for values in found.values for end in values], TOP + ROW * len(found.names)
    axis = _axis([0.0 if found.words else -found.matters, found.matters, *ends], NAMES, wide - RIGHT)
    left, right = (axis.at(max(end, axis.low)) for end in (-found.matters, found.matters))
    yield (
        f'<rect x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" height="{bottom - TOP}" '
        'fill="currentColor" fill-opacity="0.12"/>'
    )
    yield _rule(axis.at(0.0), TOP, axis.at(0.0), bottom, strong=True)
    for value in axis.ticks(6):
        yield text(axis.at(value), bottom + 16, _number(value), anchor="middle", size=SMALL)
    for place, name in enumerate(found.names):
        y = TOP + ROW * (place + 0.5)
        yield text(NAMES - 8, y + 4, name, anchor="end", size=SMALL)
        yield from _span(found, place, axis, y)


def _span(found: Spans, place: int, axis: _Axis, y: float) -> Iterator[str]:
    if found.words and found.words[place]:
        yield text(axis.at(0.0) + 8, y + 4, found.words[place], size=SMALL)
        return
    value, low, high = found.values[place]
    if not (_is_known(low) and _is_known(high)):
        return
    colour = ROLES[MARKED] if low > 0 or high < 0 else ROLES[MAIN]
    if found.words:
        start, end = sorted((axis.at(0.0), axis.at(value)))
        yield (
            f'<rect x="{start:.1f}" y="{y - 6:.1f}" width="{end - start:.1f}" height="12" fill="{colour}" '
            'fill-opacity="0.35"/>'
        )
    yield _line([(axis.at(low), y), (axis.at(high), y)], colour, "")
    yield f'<circle cx="{axis.at(value):.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'


def _dots(found: Dots) -> str:
    wide = SIDE + LEFT + RIGHT + (LEGEND if found.classes else 0)
    return picture(found.title, wide, SIDE + TOP + BOTTOM, _dot_parts(found))


def _dot_parts(found: Dots) -> Iterator[str]:
    """Both axes have one scale, and 0 is on them."""
    yield text(4, 16, found.title, bold=True)
    labels = found.labels or (-1,) * len(found.x)
    dots = [dot for dot in zip(found.x, found.y, labels) if _is_known(dot[0]) and _is_known(dot[1])]
    furthest = max((abs(value) for x, y, _ in dots for value in (x, y)), default=0.0)
    half = furthest * 1.05 if furthest > NARROWEST else 1.0
    across, up = _Axis(-half, half, LEFT, LEFT + SIDE), _Axis(-half, half, TOP + SIDE, TOP)
    yield _rule(LEFT, up.at(0), LEFT + SIDE, up.at(0), strong=True)
    yield _rule(across.at(0), TOP, across.at(0), TOP + SIDE, strong=True)
    for value in across.ticks(4):
        yield text(across.at(value), TOP + SIDE + 16, _number(value), anchor="middle", size=SMALL)
        yield text(LEFT - 6, up.at(value) + 4, _number(value), anchor="end", size=SMALL)
    yield text(LEFT + SIDE, TOP + SIDE + 30, found.axes[0], anchor="end", size=SMALL)
    yield text(4, TOP + 10, found.axes[1], size=SMALL)
    for x, y, label in dots:
        colour = GREY if label < 0 else COLOURS[label % len(COLOURS)]
        yield f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="{DOT}" fill="{colour}"/>'
    yield from _legend(found.classes)


def _legend(classes: tuple[str, ...]) -> Iterator[str]:
    """Beside a map: what its colours mean."""
    x = LEFT + SIDE + RIGHT
    for label, name in enumerate(classes[:MOST_CLASSES]):
        y = TOP + 6 + label * LINE
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{COLOURS[label % len(COLOURS)]}"/>'
        yield text(x + 10, y + 4, name, size=SMALL)
    if len(classes) > MOST_CLASSES:
        yield text(x + 10, TOP + 6 + MOST_CLASSES * LINE, f"and {len(classes) - MOST_CLASSES} more", size=SMALL)


def text(x: float, y: float, words: str, anchor: str = "start", size: int = SIZE, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="currentColor"{weight}>'
        f"{escape(words)}</text>"
    )


def _rule(x1: float, y1: float, x2: float, y2: float, colour: str = GREY, strong: bool = False) -> str:
    opacity = "1" if strong else "0.35"
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="1" '
        f'stroke-opacity="{opacity}"/>'
    )


def _number(value: float) -> str:
    if not _is_known(value):
        return "no number"
    if value == 0 or abs(value) < 1e-12:
        return "0"
    return number(value, 3)
