"""The rungs of a ladder in the film: how the loss goes from one to the next, and what each model makes of an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from vae_core.look import joined, pictures
from vae_core.look.colours import COLOURS
from vae_core.runs.store import Run
from vae_core.search.ladder import Ladder, Rung
from vae_core.share.film import canvas
from vae_core.words import plural

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

COLUMNS = 5  # test images, above what the model makes of them
FREE = 30  # pixels around the chart
DOT, SHOWN = 4, 8


def pictures_of(found: Ladder) -> Iterator[Image]:
    for place, rung in enumerate(found.rungs):
        if rung.runs and rung.loss is not None and (drawn := _redrawn(rung.runs[0])) is not None:
            picture, draw = canvas.chart_and_picture(drawn)
            _chart(draw, found, place)
            more = f"{plural(place, 'pair')} of layers more" if place else "As it is"
            canvas.told(picture, f"{more}: loss {rung.loss:.4g} {found.unit}", rung.config.encoder)
            yield picture


def _redrawn(run: Run) -> np.ndarray | None:
    """Test images and below them what the model makes of them."""
    epochs = run.snapshot_epochs()
    if not epochs:
        return None
    snapshot = joined.snapshot(run, (run.status()["best"] or {}).get("epoch") or epochs[-1])
    rows = [snapshot[name][:COLUMNS] for name in ("original", "reconstruction") if name in snapshot]
    return pictures.sheet(np.stack(rows))


def _chart(draw: ImageDraw, found: Ladder, shown: int) -> None:
    """The loss of every rung with its interval, lower is better; the one that is spoken of is large."""
    ends = [_ends(rung, found.rungs[0]) for rung in found.rungs]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    step = (canvas.SIDE - 2 * FREE) / max(1, len(ends) - 1)
    for place, rung in enumerate(found.rungs):
        x = canvas.LEFT + FREE + step * place
        bottom, top, y = (_height(value, low, high) for value in (*ends[place], rung.loss or 0.0))
        draw.line((x, bottom, x, top), fill=canvas.QUIET, width=2)
        size = SHOWN if place == shown else DOT
        colour = COLOURS[0] if place == shown else canvas.QUIET
        draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)
    canvas.text(draw, (canvas.LEFT + 8, canvas.TOP + 6), "Loss of each, lower is better", canvas.NOTE, canvas.QUIET)


def _ends(rung: Rung, lowest: Rung) -> tuple[float, float]:
    loss, base = rung.loss or 0.0, lowest.loss or 0.0
    return (base + rung.apart.low, base + rung.apart.high) if rung.apart else (loss, loss)


def _height(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return canvas.TOP + canvas.SIDE - FREE - share * (canvas.SIDE - 2.5 * FREE)
