"""Test images: original, reconstruction and where it is wrong, ordered by loss; or as pictures on the map."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui import cached, losses, words
from ui.components import gallery, plane
from ui.components.gallery import Layout, Pictures
from ui.components.plane.payload import Flat
from ui.explore import picks
from ui.view import Array, View, class_name
from vae_core.look import heat

WORST, BEST, FIRST, RANDOM, MAP = "Highest loss", "Lowest loss", "First in the file", "Random", "On the map"
ORDERS = (WORST, BEST, FIRST, RANDOM, MAP)
MOST, USUAL = 500, 24  # images at a time
ALL = -1
GAP = 1  # clear pixels between the three pictures of an image
SEED = "wall-seed"
ORDER_HELP = "The loss of each image is in {unit}. 'On the map' puts random images where their codes are."
PIECES = "Each three: the original, what the model makes of it, and where the two differ."


def show(view: View, flat: Flat) -> None:
    order, count, images = _controls(view)
    if not len(images):
        st.info("No test image fits.")
        return
    if order == MAP:
        return _map(view, flat, _shuffled(images)[:count])
    _list(view, _ordered(view, order, images)[:count])


def _controls(view: View) -> tuple[str, int, Array]:
    """The order, how many are shown, and which may be: of the class, and of those chosen on the map."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        order = str(st.selectbox("Order", ORDERS, key="wall-order", help=ORDER_HELP.format(unit=view.unit), width=180))
        # Pictures on the map may be many: they are small.
        usual = MOST if order == MAP else USUAL
        count = st.number_input("How many", 1, MOST, usual, key=f"wall-count-{order == MAP}", width=130)
        losses.ask_of_images(view.config.image)
        images = _of_class(view)
        if order in (RANDOM, MAP):
            picks.again(SEED, "Others, at random.")
    return order, int(count), _of_chosen(view, images)


def _of_class(view: View) -> Array:
    fit = np.isfinite(view.codes).all(axis=1)
    if view.labels is None:
        return np.flatnonzero(fit)
    kinds = [ALL, *np.unique(view.labels).tolist()]
    told = {kind: "All classes" if kind == ALL else class_name(view.classes, kind) for kind in kinds}
    kind = st.selectbox("Class", kinds, format_func=lambda kind: told[kind], key=f"wall-class-{view.run.id}", width=180)
    return np.flatnonzero(fit if kind in (ALL, None) else fit & (view.labels == kind))


def _of_chosen(view: View, images: Array) -> Array:
    chosen = plane.state(view.key).chosen
    if not chosen:
        return images
    only = st.toggle(f"Only the {len(chosen):,} chosen", value=True, key="wall-chosen", help="With box or lasso.")
    return np.intersect1d(images, np.asarray(chosen)) if only else images


def _ordered(view: View, order: str, images: Array) -> Array:
    if order == RANDOM:
        return _shuffled(images)
    if order == FIRST:
        return images
    lost = view.losses[images]
    return images[np.argsort(-lost if order == WORST else lost, kind="stable")]


def _shuffled(images: Array) -> Array:
    return np.random.default_rng(int(st.session_state[SEED])).permutation(images)


def _list(view: View, images: Array) -> None:
    made = cached.drawn(view.run, view.codes[images])
    captions = [f"{picks.caption(view, image)}, loss {words.number(float(view.losses[image]), 3)}" for image in images]
    if view.images is None:
        pictures = Pictures("Reconstructions", made, view.codes[images], captions)
        return gallery.show("explore_wall", view.key, pictures, picks.TOLD)
    wrong = heat.errors(view.images[images], made)
    brightest = heat.scale(wrong)
    threes = _side_by_side(view.images[images], made, heat.coloured(wrong, brightest))
    label = "Test images, what the model makes of them, and errors"
    pictures = Pictures(label, threes, view.codes[images], captions)
    gallery.show("explore_wall", view.key, pictures, Layout(side=160, told=True))
    st.caption(f"{PIECES} Black: right; pale yellow: off by {brightest:.0%} of the way from black to white or more.")


def _side_by_side(*pictures: Array) -> Array:
    """(n, h, 3 w, 4) with clear gaps, so that the page shows through."""
    parts = [_opaque(part) for part in pictures]
    gap = np.zeros_like(parts[0][:, :, :GAP])
    return np.concatenate([parts[0], gap, parts[1], gap, parts[2]], axis=2)


def _opaque(pictures: Array) -> Array:
    colours = pictures if pictures.shape[-1] == 3 else pictures.repeat(3, axis=-1)
    return np.concatenate([colours, np.full_like(colours[..., :1], 255)], axis=-1)


def _map(view: View, flat: Flat, images: Array) -> None:
    """Pictures where their codes are, the first view of the plane filling the square."""
    points = (view.codes[images] - flat.centre) @ flat.axes.T
    low, high = points.min(axis=0), points.max(axis=0)
    half = max(float((high - low).max()) / 2, 1e-6) * 1.06
    spots = ((points - (low + high) / 2) / half * (1, -1) + 1) / 2
    captions = [picks.caption(view, image) for image in images]
    pictures = Pictures("Test images where their codes are", view.pictured(images), view.codes[images], captions)
    gallery.show("explore_images_on_map", view.key, pictures, Layout(places=spots, side=24))
    st.caption(f"{words.plural(len(images), 'random test image')}, each where its code is.")
