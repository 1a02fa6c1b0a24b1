"""How a model works, as one drawing: the way of a test image through both of its networks, with its own numbers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vae_core.data import catalog
from vae_core.design.config import Config
from vae_core.design.stages import Way, way
from vae_core.errors import LoupeError
from vae_core.look import pictures
from vae_core.look.drawing import ROLES, SMALL, WIDTH, picture, text
from vae_core.look.evidence import MAIN, SECOND
from vae_core.look.portable import Portable
from vae_core.runs.store import Run
from vae_core.words import number, plural

SIDE, TOP, HEIGHT, LINE = 84, 24, 200, 14  # pixels of a part, above it, of all, of a line of text
SLANT = 0.34  # of its side, that a network is narrower above and below where the code is
WIDEST, MOST_BARS, TOLD = 3.2, 32, 2  # spreads that are seen at least; numbers drawn as bars; numbers told


@dataclass(frozen=True)
class Example:
    """One test image on its way; `sigma` is None where the model says one code and no more."""

    image: int
    original: np.ndarray | None  # (h, w, c) uint8
    mean: np.ndarray  # (d,)
    sigma: np.ndarray | None
    code: np.ndarray  # what is decoded
    made: np.ndarray  # (h, w, c)


@dataclass(frozen=True)
class Part:
    title: str
    drawn: str
    lines: Sequence[str]


def example(run: Run) -> Example | None:
    """The first test image whose code is a number; None where the run has no codes."""
    found = run.codes()
    sound = np.flatnonzero(np.isfinite(found["mean"]).all(axis=1))
    if not len(sound):
        return None
    image = int(sound[0])
    mean, sigma = found["mean"][image], None
    code = mean
    if "log_variance" in found:
        sigma = np.exp(0.5 * found["log_variance"][image])
        code = mean + sigma * np.random.default_rng(run.config().seed).standard_normal(len(mean))
    return Example(image, _original(run, image), mean, sigma, code, Portable.plain(run).decode(code[None])[0])


def _original(run: Run, image: int) -> np.ndarray | None:
    """The data set may be gone, may be another by now, or was never fetched here."""
    try:
        name = run.data_name()
        data = catalog.load(name, run.settings) if catalog.describe(name, run.settings).ready else None
    except LoupeError:
        return None
    same = data and run.resolved().get("data_fingerprint") in (None, data.fingerprint)
    return data.test.pixels[image] if data and same and image < len(data.test.pixels) else None


def svg(config: Config, shown: Example) -> str:
    """From left to right; an autoencoder has no spread, and so nothing is drawn."""
    return picture("How it works", WIDTH, HEIGHT, _placed(tuple(_parts(way(config), shown))))


def _parts(told: Way, shown: Example) -> Iterator[Part]:
    remain = plural(len(shown.mean), "number")
    yield Part("Picture", _image(shown.original), (f"Test image {shown.image}",))
    yield Part("Encoder", _network(told.encoder, 0, SLANT), told.encoder)
    if shown.sigma is None:
        yield Part("Code", _code(shown), (f"{remain} left", *_figures(shown.mean)))
    else:
        yield Part("Mean, spread", _code(shown), (remain, *_figures(shown.mean, shown.sigma)))
        yield Part("Draw", _drawn(shown), ("A code drawn", "from the spread"))
    yield Part("Decoder", _network(told.decoder, SLANT, 0), told.decoder)
    yield Part("Picture", _image(shown.made), ("This comes out",))


def _placed(parts: Sequence[Part]) -> Iterator[str]:
    apart = (WIDTH - SIDE - 8) / (len(parts) - 1)
    for order, part in enumerate(parts):
        x = 4 + order * apart
        yield text(x, 14, part.title, size=SMALL, bold=True)
        yield f'<g transform="translate({x:.1f} {TOP})">{part.drawn}</g>'
        for place, line in enumerate(part.lines):
            yield text(x, TOP + SIDE + LINE * (place + 1), line, size=SMALL - 1)
        if order:
            yield _arrow(x - (apart - SIDE) / 2, TOP + SIDE / 2)


def _arrow(x: float, y: float) -> str:
    return f'<path d="M{x - 5:.1f} {y}h10m-4 -3l4 3l-4 3" fill="none" stroke="currentColor"/>'


def _image(pixels: np.ndarray | None) -> str:
    if pixels is None:
        return f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="currentColor" stroke-dasharray="3 3"/>'
    shown = pixels if pixels.dtype == np.uint8 else pictures.as_bytes(pixels)
    high, wide = (SIDE * side / max(shown.shape[:2]) for side in shown.shape[:2])
    data = b64encode(pictures.png(shown, max(1, 2 * SIDE // max(shown.shape[:2])))).decode()
    return f'<image width="{wide:.1f}" height="{high:.1f}" href="data:image/png;base64,{data}"/>'


def _network(stages: Sequence[str], left: float, right: float) -> str:
    """A trapezoid, narrow at the code, with a line for each of its stages."""
    shares = [order / (len(stages) - 1) for order in range(1, len(stages) - 1)] if len(stages) > 2 else []
    edge = lambda share: SIDE * (left + (right - left) * share)  # noqa: E731
    lines = "".join(f"M{SIDE * share:.1f} {edge(share):.1f}V{SIDE - edge(share):.1f}" for share in shares)
    outline = f"M0 {edge(0):.1f}L{SIDE} {edge(1):.1f}V{SIDE - edge(1):.1f}L0 {SIDE - edge(0):.1f}Z"
    return f'<path d="{outline}" fill="{ROLES[MAIN]}" fill-opacity="0.2"/>' + (
        f'<path d="{outline}{lines}" fill="none" stroke="{ROLES[MAIN]}"/>'
    )


def _code(shown: Example) -> str:
    return _place(shown) if len(shown.mean) == 2 else _bars(shown)


def _place(shown: Example) -> str:
    """Two numbers are a place: the mean is a dot, the spread ellipses, the code that is decoded a ring."""
    away = np.abs(shown.code - shown.mean).max()
    half = max(1e-9, float(away) * 1.2, 0 if shown.sigma is None else WIDEST * float(shown.sigma.max()))
    x, y = SIDE * (0.5 + (shown.code - shown.mean) / half / 2 * (1, -1))
    parts = [f'<rect width="{SIDE}" height="{SIDE}" fill="currentColor" fill-opacity="0.06"/>']
    middle = f'cx="{SIDE / 2}" cy="{SIDE / 2}"'
    parts.append(f'<circle {middle} r="3" fill="{ROLES[MAIN]}"/>')
    if shown.sigma is not None:
        for spreads in (1, 2):
            rx, ry = np.maximum(0.5, spreads * shown.sigma / half / 2 * SIDE)
            parts.append(f'<ellipse {middle} rx="{rx:.1f}" ry="{ry:.1f}" fill="none" stroke="{ROLES[MAIN]}"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="{ROLES[SECOND]}" stroke-width="2"/>')
    return "".join(parts)


def _bars(shown: Example) -> str:
    """Many numbers are bars from 0: the mean is a dot on each, the spread a line through it."""
    count = min(MOST_BARS, len(shown.mean))
    mean, code = shown.mean[:count], shown.code[:count]
    sigma = np.zeros(count) if shown.sigma is None else shown.sigma[:count]
    half = max(1e-9, float(np.max([np.abs(code), np.abs(mean) + sigma]))) * 1.05
    step = SIDE / count
    up = lambda value: SIDE / 2 * (1 - value / half)  # noqa: E731
    parts = [f'<path d="M0 {SIDE / 2}H{SIDE}" stroke="currentColor" stroke-opacity="0.5"/>']
    for x, middle, spread, value in zip((np.arange(count) + 0.5) * step, mean, sigma, code, strict=True):
        top, high = up(max(0.0, value)), abs(up(0) - up(value))
        box = f'x="{x - 0.4 * step:.1f}" y="{top:.1f}" width="{0.8 * step:.1f}" height="{high:.1f}"'
        line = f"M{x:.1f} {up(middle - spread):.1f}V{up(middle + spread):.1f}"
        parts.append(f'<rect {box} fill="currentColor" fill-opacity="0.3"/>')
        parts.append(f'<path d="{line}" stroke="{ROLES[MAIN]}"/>')
        dot = min(2.5, 0.45 * step)
        parts.append(f'<circle cx="{x:.1f}" cy="{up(middle):.1f}" r="{dot:.1f}" fill="{ROLES[MAIN]}"/>')
    return "".join(parts)


def _drawn(shown: Example) -> str:
    lines = _figures(shown.code)
    return "".join(text(0, SIDE / 2 + LINE * (place - len(lines) / 2), line) for place, line in enumerate(lines, 1))


def _figures(code: np.ndarray, sigma: np.ndarray | None = None) -> list[str]:
    """The first numbers of a code, a line each."""
    told = [f"z{place} {value:.3f}" for place, value in enumerate(code[:TOLD], 1)]
    if sigma is not None:
        told = [f"{line} ± {number(float(spread), 2)}" for line, spread in zip(told, sigma)]
    return [*told, f"and {len(code) - TOLD} more"] if len(code) > TOLD else told
