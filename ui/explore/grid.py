"""Grid: decoded pictures all over the map."""

from __future__ import annotations

import math

import streamlit as st

from ui import cached, download
from ui.components import gallery
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.explore import axes
from ui.view import Array, View
from vae_core.look import codes as places
from vae_core.look import pictures as sheets
from vae_core.look.codes import Grid

FEWEST, MOST, USUAL = 3, 30, 20
QUICK_MULTIPLY_ADDS = 4e10  # that the first grid of a run may cost: some seconds
FINE = 1200  # pixels that the saved picture is wide at least
NUMBER_HELP = "How many columns and rows."
SPACINGS = {"Even": "linear", "By the prior": "gaussian", "By the codes": "data"}
SPACING_HELP = (
    "Even: equal steps along both axes. By the prior: equal steps of the prior's probability, so that every picture "
    "is as likely as the next. By the codes: equal shares of the test images' codes between the lines."
)
NO_PRIOR = " There is no spacing by the prior: this model's codes follow none."


def show(view: View, flat: Flat) -> None:
    n, spacing = _controls(view)
    found = places.grid(view.sound, view.has_prior, n, SPACINGS[spacing], axes=axes.of(flat))
    codes = found.codes.reshape(-1, view.size)
    if view.size == 1:
        codes = codes[:n]  # one number of a code has one line of pictures
    in_browser = cached.networks(view.run).part("decoder") is not None
    images = view.config.image if in_browser else cached.drawn(view.run, codes)
    pictures = Pictures("Decoded images all over the map", images, codes, _captions(found, flat)[: len(codes)])
    gallery.show("explore_grid", view.key, pictures, Layout(columns=n, side=max(24, 720 // n)))
    st.caption(f"{found.note[0].upper()}{found.note[1:]}.")
    name = f"{view.run.id}-grid-{n}.png"
    download.button("PNG", lambda: _png(view, codes, n), name, "The whole grid as one picture.")


def _captions(grid: Grid, flat: Flat) -> list[str]:
    rows = [f"{flat.names[1]} {up:.2f}, " if flat.names[1] else "" for up in grid.up]
    return [f"{row}{flat.names[0]} {across:.2f}" for row in rows for across in grid.across]


def _png(view: View, codes: Array, n: int) -> bytes:
    sheet = sheets.sheet(cached.drawn(view.run, codes), n, gap=0)
    return sheets.png(sheet, math.ceil(FINE / sheet.shape[1]))


def _controls(view: View) -> tuple[int, str]:
    allowed = [name for name, spacing in SPACINGS.items() if spacing != "gaussian" or view.has_prior]
    told = SPACING_HELP + ("" if view.has_prior else NO_PRIOR)
    key = f"grid-spacing-{view.has_prior}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        n = st.slider(
            "Pictures each way", FEWEST, MOST, usual(view), key=f"grid-n-{view.run.id}", width=260, help=NUMBER_HELP
        )
        spacing = st.segmented_control("Spacing", allowed, default=allowed[0], required=True, key=key, help=told)
    return int(n), str(spacing)


def usual(view: View) -> int:
    """The number of pictures to begin with: fewer where the model is slow."""
    each = max(1, sum(row.multiply_adds for row in view.config.architecture().decoder_rows))
    return max(5, min(USUAL, math.isqrt(int(QUICK_MULTIPLY_ADDS // each))))
