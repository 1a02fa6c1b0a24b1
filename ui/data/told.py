"""What was done to the images of a data set, in one line, and what is wrong with them: the worst first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ui import words
from ui.errors import plain
from vae_core.data.dataset import Summary

FITS = {
    "fit": "Scaled to fit",
    "pad": "Padded to the largest",
    "crop": "Cropped to the smallest",
    "scale": "Large ones shrunk, then padded",
}
FILLS = {"edge": "The colour of their edge", "white": "White", "black": "Black"}
BACKGROUNDS = {"auto": "What contrasts more", "white": "White", "black": "Black"}
REPAIRS: dict[str, dict[Any, str]] = {
    "fit": {"fit": "Scale each to fit"},
    "fill": {"edge": "Fill with the colour of their edge"},
    "background": {"white": "Lay them on white", "black": "Lay them on black"},
    "size": {None: "Let the size be chosen"},
}
Repair = Callable[[Mapping[str, Any]], None]


def warnings(data: Summary, repair: Repair | None) -> None:
    """The one that would do most to a result is seen, the others unfold. `repair` makes a change, where one can."""
    if not data.warnings:
        return
    worst, *others = data.warnings
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(plain(f"{worst}."), icon=":material/warning:")
        _button(worst, repair)
    if others:
        with st.expander(f"{words.plural(len(others), 'more warning')}"):
            for warning in others:
                st.markdown(plain(f"{warning}."))
                _button(warning, repair)


def _button(warning: str, repair: Repair | None) -> None:
    changes: dict[str, Any] = getattr(warning, "repair", {})
    label = next((REPAIRS.get(field, {}).get(value) for field, value in changes.items()), None)
    if repair and label:
        st.button(label, icon=":material/build:", key=f"repair-{label}", on_click=repair, args=(changes,))


def done(data: Summary) -> None:
    """What was done, in a line; all of it when that is opened."""
    if not data.notes:
        return
    first, *others = data.notes
    if not others:
        st.caption(plain(f"{first}."))
        return
    with st.expander(plain(f"{first}; {words.plural(len(others), 'more note')}"), icon=":material/tune:"):
        for note in data.notes:
            st.markdown(f"- {plain(note)}.")
