"""One image: what the model believes of it, draws from that belief, and its nearest neighbours."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui import cached, losses, words
from ui.components import gallery
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.errors import plain
from ui.explore import picks
from ui.view import Array, View
from vae_core.look import neighbours

IMAGE, SEED = "image-number", "image-seed"
DRAWS, NEAREST = 24, 16
BELIEF_HELP = (
    "The encoder gives each number of the code as a mean and a standard deviation (sigma): a small cloud of codes that "
    "the image may have come from. On the map it is an ellipse once you press the image's dot."
)
POINT = "A plain autoencoder says one code and no more: there is no spread to draw from."


def show(view: View, flat: Flat) -> None:
    image = picks.number(view, "Test image", IMAGE, 0)
    if not np.isfinite(view.codes[image]).all():
        st.info("This image's code is not a number. Choose another.")
        return
    losses.ask_of_images(view.config.image)
    left, right = st.columns([1, 2], gap="medium")
    with left:
        _portrait(view, image)
        _belief(view, image)
    with right:
        _draws(view, image)
        _around(view, image)


def _portrait(view: View, image: int) -> None:
    """The image and its reconstruction; a press on either goes there."""
    st.markdown("**Original and reconstruction**" if view.images is not None else "**Reconstruction**")
    made = cached.drawn(view.run, view.codes[[image]])
    shown = made if view.images is None else np.concatenate([view.images[[image]], made])
    codes = view.codes[[image] * len(shown)]
    captions = ["Original", "Reconstruction"][-len(shown) :]
    portrait = Pictures("The image", shown, codes, captions)
    gallery.show("explore_portrait", view.key, portrait, Layout(columns=2, side=128))
    st.caption(f"{plain(picks.caption(view, image))}, loss {words.number(float(view.losses[image]))} {view.unit}")


def _belief(view: View, image: int) -> None:
    sigma = view.sigma(image)
    table: dict[str, list[object]] = {
        "number": [f"z{number + 1}" for number in range(view.size)],
        "mean": view.codes[image].tolist(),
    }
    if sigma is not None:
        table["± sigma"] = sigma.tolist()
    st.markdown("**Its code**", help=BELIEF_HELP if sigma is not None else POINT)
    numbers = {name: st.column_config.NumberColumn(format="%.3f") for name in list(table)[1:]}
    st.dataframe(table, column_config=numbers, hide_index=True, width=260, height=min(36 * (view.size + 1), 324))


def _draws(view: View, image: int) -> None:
    sigma = view.sigma(image)
    if sigma is None:
        st.caption(POINT)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Draws from what it believes**", width="content", help="Codes within that spread, decoded.")
        picks.again(SEED)
    draws = np.random.default_rng(int(st.session_state[SEED])).standard_normal((DRAWS, view.size))
    codes = (view.codes[image] + draws * sigma).astype(np.float32)
    captions = [f"{np.linalg.norm(draw):.1f} sigma from the mean" for draw in draws]
    drawn = Pictures("Draws", cached.drawn(view.run, codes), codes, captions)
    gallery.show("explore_draws", view.key, drawn, Layout(columns=12, side=56))


def _around(view: View, image: int) -> None:
    st.markdown("**Nearest neighbours**", help="The test images whose codes are nearest to this one's, nearest first.")
    found, distances = neighbours.nearest(view.codes, view.codes[image], NEAREST + 1)
    others = found != image
    near(view, "explore_neighbours", found[others][:NEAREST], distances[others][:NEAREST])


def near(view: View, key: str, images: Array, distances: Array) -> None:
    """Test images with how far away their codes are."""
    captions = [f"{view.label(image) or image} ({away:.2f})" for image, away in zip(images, distances)]
    label = "Nearest test images, with their distances"
    gallery.show(key, view.key, Pictures(label, view.pictured(images), view.codes[images], captions), picks.TOLD)
