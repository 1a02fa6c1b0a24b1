"""Draw: what somebody draws or drops becomes a code while the pen moves, and stands beside its nearest images."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui import cached
from ui.components import gallery, sketch
from ui.components.gallery import Go, Layout, Pictures
from ui.components.plane.payload import Flat
from ui.components.sketch import Drawn
from ui.explore import image, picks
from ui.view import Array, View, class_name
from vae_core.errors import LoupeError
from vae_core.look import neighbours
from vae_core.look.rows import spread

NEAREST = 8
EXAMPLES = 8
PAPER = "draw_paper"  # what the sketch of this session was last made of, and its bytes


def show(view: View, flat: Flat) -> None:
    left, right = st.columns([3, 2], gap="medium")
    key = f"sketch-{view.run.id}"
    with left:
        sketch.show(key, _paper(view))
    with right:
        drawn = sketch.drawn(key, view.config.image, view.size)
        if drawn is None:
            st.info("When you lift the pen, the nearest images stand here.", icon=":material/draw:")
            return
        _answer(view, drawn)


def _paper(view: View) -> bytes:
    same = (view.key, view.run.document().get("created"), view.missing)
    return cached.kept(PAPER, same, lambda: paper(view, cached.networks(view.run).parts))


def paper(view: View, networks: Mapping[str, bytes | None]) -> bytes:
    """With some test images to begin with."""
    images = view.images
    examples = None if images is None else images[spread(len(images), EXAMPLES)]
    return sketch.data(view.key, view.config.image, view.size, networks, examples)


def _answer(view: View, drawn: Drawn) -> None:
    code = drawn.code
    if code is None:  # the encoder is too large for the browser
        codes, _ = cached.portable(view.run).encode(drawn.pixels[None])
        code = codes[0]
        _made_here(view, code, drawn.seq)
    st.markdown("**Nearest test images**", help="By the distance of their codes, which stands below them.")
    image.near(view, "explore_drawn_tests", *neighbours.nearest(view.codes, code, NEAREST))
    _training(view, code)


def _made_here(view: View, code: Array, seq: int) -> None:
    """Encoded and decoded on this server, and the cursor sent there."""
    st.markdown("**What the model makes of it**")
    go = Go([float(value) for value in code], seq)
    made = Pictures("Reconstruction", cached.drawn(view.run, code[None]), code[None], ["Reconstruction"])
    gallery.show("explore_drawn_made", view.key, made, Layout(columns=1, side=128), go)


def _training(view: View, code: Array) -> None:
    try:
        if view.images is None:
            return
        part, codes = cached.known(view.run)
    except LoupeError as error:
        st.caption(str(error))
        return
    found, distances = neighbours.nearest(codes, code, NEAREST)
    kinds = () if part.labels is None else part.labels[found]
    labels = [class_name(view.classes, int(kind)) for kind in kinds] or [""] * len(found)
    st.markdown("**Nearest training images**", help=f"Of {len(codes):,} evenly spaced training images.")
    captions = [f"{label} ({away:.2f})".strip() for label, away in zip(labels, distances)]
    nearest = Pictures("Nearest training images", part.pixels[found], codes[found], captions)
    gallery.show("explore_drawn_training", view.key, nearest, picks.TOLD)
