"""A run's newest pictures, standing still: the map of codes, what the decoder draws all over it, test images."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import streamlit as st

from ui import cached, palette, pixels
from ui.cached import datasets
from vae_core.look import align
from vae_core.runs.store import Run

Array = np.ndarray[Any, Any]
PAIRED = ("original", "reconstruction")
MAP_HELP = "Each dot is a test image, where the encoder puts it. Colours are classes, which the model never saw."
GRID_HELP = "The same piece of the plane, decoded at 16 x 16 places."
SIDE, FINE, DOT = 560, 2, 2.5  # pixels of the map; drawn that much larger first; radius of a dot


def show(run: Run) -> None:
    epochs = run.snapshot_epochs()
    if not epochs:
        st.info("This run has no pictures yet: they come with its first epoch.", icon=":material/hourglass_empty:")
        return
    newest = cached.snapshot(run, epochs[-1])
    classes = datasets.classes(run.config().dataset)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Map of codes**", help=MAP_HELP)
        pixels.show(code_map(newest, SIDE), "Codes of test images")
        legend(newest, classes)
    with right:
        st.markdown("**What the decoder draws there**", help=GRID_HELP)
        pixels.sheet(newest["grid"], "Decoded images all over the map")
    st.markdown("**Test images, and below each what the model makes of it**")
    pairs = np.stack([newest[name] for name in PAIRED if name in newest])
    pixels.sheet(pairs, "Test images above their reconstructions", width=900)


def code_map(snapshot: dict[str, Array], side: int) -> bytes:
    """The square of the plane that the decoded grid covers, with a dot for every code, on a clear ground."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGBA", (side * FINE, side * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    labels = snapshot.get("labels")
    radius = DOT * FINE
    for number, (x, y) in enumerate(_places(snapshot) * side * FINE):
        fill = palette.GREY if labels is None else palette.colour(int(labels[number]))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    return pixels.encoded(picture.resize((side, side), Image.Resampling.LANCZOS))


def _places(snapshot: dict[str, Array]) -> Array:
    """(n, 2) in 0..1 from the top left corner of the grid's square."""
    plane = snapshot["plane"]
    centre, right, upper = align.grid_square(plane)
    arms = np.asarray([np.linalg.norm(arm) or 1.0 for arm in (right, upper)])
    return ((align.on_plane(snapshot["code"], plane) - centre) / arms * (1, -1) + 1) / 2


def legend(snapshot: dict[str, Array], classes: tuple[str, ...]) -> None:
    if "labels" not in snapshot:
        return
    counts = np.bincount(snapshot["labels"], minlength=len(classes))
    dot = "display:inline-block;width:0.7em;height:0.7em;border-radius:50%;margin-right:0.35em"
    names = classes or tuple(str(number) for number in range(len(counts)))
    entries = (
        f'<span title="{count:,} images"><span style="{dot};background:{palette.colour(number)}"></span>'
        f"{escape(name)}</span>"
        for number, (name, count) in enumerate(zip(names, counts))
    )
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.2rem 0.9rem;font-size:0.875rem">{"".join(entries)}</div>')
