"""Fields that choose a test image: by its number, at random, or as the nearest to the cursor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from ui.components.gallery import Layout
from ui.explore import place
from ui.view import View
from vae_core.look import neighbours

SEEDS = 1_000_000
TOLD = Layout(side=72, told=True)  # pictures with what is said of each below it


def number(view: View, label: str, name: str, start: int) -> int:
    """A field for the number of a test image. `name` is its key; another run may have fewer images."""
    most = len(view.codes) - 1
    st.session_state[name] = min(int(st.session_state.get(name, start)), most)
    told = f"Of the test set, from 0 to {most:,}, in file order."
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        chosen = st.number_input(label, 0, most, key=name, width=140, help=told)
        for word, (icon, take, told) in TAKEN.items():
            key = f"{name}-{word.lower()}"
            st.button(word, key=key, icon=icon, on_click=_take, args=(take, view, name), help=told)
    return int(chosen)


def again(seed: str, told: str | None = None) -> None:
    """A button for other random numbers. `seed` is the key of the session that says which."""
    st.session_state.setdefault(seed, 0)
    st.button("Again", icon=":material/casino:", on_click=_next, args=(seed,), help=told)


def _next(seed: str) -> None:
    st.session_state[seed] = (st.session_state[seed] + 1) % SEEDS


def caption(view: View, image: int) -> str:
    label = view.label(image)
    return f"{label} (test image {image})" if label else f"test image {image}"


def _nearest(view: View) -> int | None:
    found, _ = neighbours.nearest(view.codes, place.cursor(view), 1)
    return int(found[0]) if len(found) else None


def _any(view: View) -> int:
    return int(np.random.default_rng().integers(len(view.codes)))


TAKEN = {
    "Nearest": (":material/my_location:", _nearest, "The test image whose code is nearest to the cursor."),
    "Random": (":material/casino:", _any, "Any test image."),
}


def _take(take: Callable[[View], int | None], view: View, name: str) -> None:
    image = take(view)
    if image is not None:
        st.session_state[name] = image
