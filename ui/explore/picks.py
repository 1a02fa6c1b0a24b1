"""Fields that choose a test image: by its number, at random, or as the nearest to the cursor."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.components import gallery
from ui.explore import place
from ui.view import Array, View
from vae_core.look import neighbours


def number(view: View, label: str, name: str, start: int) -> int:
    """A field for the number of a test image. `name` is its key; another run may have fewer images."""
    most = len(view.codes) - 1
    st.session_state[name] = min(int(st.session_state.get(name, start)), most)
    told = f"Of the test set, from 0 to {most:,}, in file order."
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        chosen = st.number_input(label, 0, most, key=name, width=140, help=told)
        st.button(
            "Nearest", key=f"{name}-nearest", icon=":material/my_location:", on_click=_take_nearest, args=(view, name),
            help="The test image whose code is nearest to the cursor.",
        )  # fmt: skip
        st.button(
            "Random", key=f"{name}-random", icon=":material/casino:", on_click=_take_random, args=(name, most),
            help="Any test image.",
        )  # fmt: skip
    return int(chosen)


def caption(view: View, image: int) -> str:
    label = view.label(image)
    return f"{label} (test image {image})" if label else f"test image {image}"


def wall(view: View, key: str, pictures: Array, images: Array, captions: list[str], label: str, side: int = 72) -> None:
    """Test images with what is said of each below it."""
    data = gallery.data(view.key, pictures, view.codes[images], captions, label=label, side=side, told=True)
    gallery.show(key, data)


def _take_nearest(view: View, name: str) -> None:
    found, _ = neighbours.nearest(view.codes, place.cursor(view), 1)
    if len(found):
        st.session_state[name] = int(found[0])


def _take_random(name: str, most: int) -> None:
    st.session_state[name] = int(np.random.default_rng().integers(most, endpoint=True))
