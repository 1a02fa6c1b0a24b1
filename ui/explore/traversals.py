"""Traversals: one strip for each number of the code."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui import cached
from ui.components import gallery
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.explore import place
from ui.view import View
from vae_core.look import codes as places

STEPS = 13
FEW = 12  # strips that are shown at once; of more numbers, those that vary most


def show(view: View, flat: Flat) -> None:
    numbers = _chosen(view)
    middle = place.cursor(view)
    strips = places.traversals(middle, view.sound, view.has_prior, STEPS)[numbers]
    codes = strips.reshape(-1, view.size)
    rows = [f"z{number + 1}" for number in numbers]
    captions = [f"{row} = {code[number]:.2f}" for row, number, strip in zip(rows, numbers, strips) for code in strip]
    label = "Traversals, a row for each number of the code"
    pictures = Pictures(label, cached.drawn(view.run, codes), codes, captions)
    gallery.show("explore_traversals", view.key, pictures, Layout(columns=STEPS, rows=rows, side=72))
    reach = "From -3 to 3" if view.has_prior else "Over the range of the test images' codes (1 to 99 %)"
    st.caption(f"{reach}, from left to right, through {place.told(middle)}, where the cursor rests.")


def _chosen(view: View) -> list[int]:
    """All numbers of a short code, else those that vary most, in their order."""
    if view.size <= FEW:
        return list(range(view.size))
    every = st.toggle(f"All {view.size} numbers", key="traversals-all", help=f"Else the {FEW} that vary most.")
    lively = np.argsort(-view.sound.var(axis=0), kind="stable")
    return sorted(int(number) for number in (lively if every else lively[:FEW]))
