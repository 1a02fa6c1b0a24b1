"""Between two: the straight way from one image's code to another's, as a strip and as an animation."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui import cached, download, pixels
from ui.components import gallery, plane
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.explore import picks
from ui.view import Array, View
from vae_core.look import codes as places
from vae_core.look.animation import animation

ENDS = ("between-a", "between-b")
PINNED = "between-pinned"  # the pins that the fields were last set to
SMOOTH = 40  # pictures of the animation
MOVIES = {"GIF": "gif", "WebP": "webp"}


def show(view: View, flat: Flat) -> None:
    _take_pins(view)
    start, end = _two(view)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        first = picks.number(view, "From test image", ENDS[0], start)
        second = picks.number(view, "To test image", ENDS[1], end)
        steps = st.slider("Pictures", 3, 30, 12, key="between-steps", width=220)
    pair = view.codes[[first, second]]
    if not np.isfinite(pair).all():
        st.info("The code of one of these images is not a number. Choose another.")
        return
    _strip(view, first, second, places.between(pair[0], pair[1], int(steps)))
    _movie(view, f"{view.run.id}-{first}-{second}", cached.drawn(view.run, places.between(pair[0], pair[1], SMOOTH)))


def _strip(view: View, first: int, second: int, way: Array) -> None:
    """The pictures on the way, with the originals at both ends where they are there."""
    drawn, codes = cached.drawn(view.run, way), way
    captions = [f"{share:.0%} of the way" for share in np.linspace(0, 1, len(way))]
    if view.images is not None:
        ends = view.images[[first, second]]
        drawn = np.concatenate([ends[:1], drawn, ends[1:]])
        codes = np.concatenate([way[:1], way, way[-1:]])
        captions = [f"Original: {picks.caption(view, first)}", *captions, f"Original: {picks.caption(view, second)}"]
    pictures = Pictures("From one to the other", drawn, codes, captions)
    gallery.show("explore_between", view.key, pictures, Layout(columns=len(drawn)))


def _movie(view: View, name: str, drawn: Array) -> None:
    moving = animation(drawn, "webp")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width=160):
            pixels.show(moving, "The way there and back, moving", width=160)
        for label, form in MOVIES.items():
            movie = animation(drawn, form) if form == "gif" else moving
            download.button(label, movie, f"{name}.{form}", "The way there and back as an animation.")


def _take_pins(view: View) -> None:
    """Put new pins of the map in the place of what stands in the fields."""
    pinned = plane.state(view.key).pinned
    if len(pinned) == 2 and st.session_state.get(PINNED) != (view.key, pinned):
        for name, image in zip(ENDS, pinned):
            st.session_state[name] = image
        st.session_state[PINNED] = (view.key, pinned)


def _two(view: View) -> tuple[int, int]:
    """Two images to begin with: the first one, and the first one of another class."""
    if view.labels is None:
        return 0, len(view.codes) - 1
    return 0, int(np.argmax(view.labels != view.labels[0])) or len(view.codes) - 1
