"""The nearest neighbours of one image, by its code and by its pixels, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from ui import words
from ui.components import gallery
from ui.components.gallery import Layout, Pictures
from ui.errors import plain
from ui.project.laid import Laid
from ui.view import View
from vae_core.look import neighbours

NEAREST = 12
FOUND = "project_near"  # the last answer: comparing all pixels takes a moment
CODE_HELP = "Straight distance between codes. These are alike to the model."
PIXEL_HELP = "Straight distance between pixels of 0 to 1. These are alike to a ruler."
Array = np.ndarray[Any, Any]


def show(view: View, laid: Laid, at: tuple[float, ...] | None) -> None:
    if at is None or len(at) != view.size or not len(laid.points.ids):
        st.info("Press a dot on a map, and its neighbours stand here.", icon=":material/ads_click:")
        return
    row, by_code, by_pixel = _found(view, laid, at)
    st.markdown(f"**{plain(laid.told(row).capitalize())}**, the image nearest to the cursor")
    left, middle, right = st.columns([1, 3, 3], gap="medium")
    with left:
        _wall(view, laid, "project_near_self", np.array([row]), [laid.told(row)], 128)
    with middle:
        st.markdown("**By code**", help=CODE_HELP)
        _wall(view, laid, "project_near_code", *_told(laid, by_code))
    with right:
        st.markdown("**By pixel**", help=PIXEL_HELP)
        if by_pixel is None:
            st.caption(f"{view.missing}, so pixels cannot be compared.")
            return
        _wall(view, laid, "project_near_pixel", *_told(laid, by_pixel))
    both = len(np.intersect1d(by_code[0], by_pixel[0]))
    st.caption(f"{both} of the {words.plural(len(by_code[0]), 'image')} are the same on both sides.")


Nearest = tuple[Array, Array]  # rows, and how far away they are


def _found(view: View, laid: Laid, at: tuple[float, ...]) -> tuple[int, Nearest, Nearest | None]:
    kept = st.session_state.get(FOUND)
    if not kept or kept[0] != (laid.key, at):
        codes = laid.points.codes
        row = int(neighbours.nearest(codes, np.asarray(at), 1)[0][0])
        by_code = _others(row, *neighbours.nearest(codes, codes[row], NEAREST + 1))
        pixels = laid.pictures(view, np.arange(len(codes)))
        by_pixel = None
        if pixels is not None:
            by_pixel = _others(row, *neighbours.nearest_images(pixels, pixels[row], NEAREST + 1))
        st.session_state[FOUND] = kept = ((laid.key, at), (row, by_code, by_pixel))
    found: tuple[int, Nearest, Nearest | None] = kept[1]
    return found


def _others(row: int, rows: Array, away: Array) -> Nearest:
    kept = rows != row
    return rows[kept][:NEAREST], away[kept][:NEAREST]


def _told(laid: Laid, found: Nearest) -> tuple[Array, list[str]]:
    rows, away = found
    return rows, [
        f"{laid.label(int(row)) or laid.points.ids[row]} ({distance:.2f})" for row, distance in zip(rows, away)
    ]


def _wall(view: View, laid: Laid, key: str, rows: Array, captions: list[str], side: int = 72) -> None:
    pictures = Pictures("Images, with their distances", laid.shown(view, rows), laid.points.codes[rows], captions)
    gallery.show(key, laid.key, pictures, Layout(side=side, told=True))
