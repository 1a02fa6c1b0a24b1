"""What each decoder draws all over its own map, side by side."""

from __future__ import annotations

import streamlit as st

from ui import cached, pixels
from ui.compare.side import Side
from ui.errors import shown
from ui.explore import grid
from vae_core.look import codes

FEWEST, MOST, USUAL = 5, 20, 12


def show(sides: list[Side]) -> None:
    n = int(st.slider("Pictures each way", FEWEST, MOST, USUAL, key="compare_grid", width=260))
    with st.grid("auto", min_column_width=300) as cells:
        for side in sides:
            with cells.cell(), shown():
                pixels.title(side.name, side.colour)
                _grid(side, n)


def _grid(side: Side, n: int) -> None:
    view = side.view
    few = min(n, grid.usual(view))  # where the model is slow
    found = codes.grid(view.sound, view.has_prior, few)
    flat = found.codes.reshape(-1, view.size)[: few if view.size == 1 else None]
    pixels.sheet(cached.drawn(view.run, flat), f"Decoded images all over the map of {side.run.id}", columns=few)
    st.caption(f"{found.note[0].upper()}{found.note[1:]}.")
