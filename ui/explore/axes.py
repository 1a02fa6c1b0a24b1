"""Which flat piece of the code space the map shows, for codes of more than two numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.components.plane import payload
from ui.components.plane.payload import Flat
from ui.view import View
from vae_core.look.codes import Axes

PRINCIPAL, TWO = "Principal axes", "Two numbers"
HELP = (
    "A code of more than two numbers does not fit on a map. Principal axes show the two directions in which the "
    "codes vary most; two numbers show these as they are, and the sliders move the others."
)


def choose(view: View) -> Flat:
    if view.size <= 2:
        return payload.dimensions(view.codes)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = "explore_axes"
        kind = st.segmented_control(
            "The map shows", [PRINCIPAL, TWO], default=PRINCIPAL, required=True, key=key, help=HELP
        )
        if kind == PRINCIPAL:
            return payload.principal(view.codes)
        numbers, told = range(view.size), lambda number: f"z{number + 1}"
        first = st.selectbox("Across", numbers, key=f"{view.key}-across", format_func=told, width=110)
        others = [number for number in numbers if number != first]
        second = st.selectbox("Up", others, key=f"{view.key}-up", format_func=told, width=110)
    return payload.dimensions(view.codes, first, second)


def of(flat: Flat) -> Axes:
    """The axes of a plane, in the form that the core's grids want."""
    note = f"across {flat.names[0]}, up {flat.names[1]}" if flat.names[1] else f"across {flat.names[0]}"
    across, up = np.asarray(flat.axes, np.float64)
    return Axes(np.asarray(flat.centre, np.float64), across, up, note)
