"""The images inside a box, a lasso or a search: how many, of which classes, what they look like, and as files."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import streamlit as st

from ui import download, palette, pixels, words
from ui.components import gallery, plane
from ui.components.gallery import Layout, Pictures
from ui.project.laid import Laid
from ui.view import View
from vae_core.look import pictures as sheets
from vae_core.share import tables

FIRST = 60  # images of a selection that are shown
MOST_SAVED = 10_000  # images of a selection that its picture holds
MOST_CLASSES = 12  # that the histogram tells apart
ORDERS = {"As they are": 0, "Highest loss": -1, "Lowest loss": 1}
LOSS_HELP = "The mean reconstruction loss of these images, in {unit}, and of all on the map. Lower is better."
SAVE_HELP = "A line for each image: which it is, its class, where it lies, and what is known of it."
SHEET_HELP = f"The images on one sheet, in the order of the CSV; the first {MOST_SAVED:,} at most."
HINT = (
    "Choose images on a map: press Box or Lasso below it and draw around them, hold Shift while you drag, or type the "
    "word class and its name into Find."
)
BAR = "display:grid;grid-template-columns:max-content minmax(0,12rem) max-content;gap:0.2rem 0.6rem;align-items:center"
Array = np.ndarray[Any, Any]


def show(view: View, first: Laid, laid: Laid | None) -> None:
    """`laid` is the map that they were chosen on; a press on one of them goes to it on `first`."""
    rows = laid.rows(plane.state(laid.key).chosen) if laid else np.empty(0, int)
    if laid is None or not len(rows):
        st.info(HINT, icon=":material/highlight_alt:")
        return
    left, right = st.columns([1, 2], gap="large")
    with left:
        _facts(view, laid, rows)
        _saves(view, laid, rows)
    with right:
        _gallery(view, first, laid, rows)


def _facts(view: View, laid: Laid, rows: Array) -> None:
    images = laid.pictures(view, rows)
    with st.container(horizontal=True, gap="large"):
        st.metric("Images", f"{len(rows):,}", width="content", help="Inside the box, lasso or search.")
        if np.isfinite(laid.losses[rows]).any():
            _mean_loss(laid.losses, rows, view.unit)
        if images is not None:
            mean_image = np.rint(images.mean(axis=0)).astype(np.uint8)
            with st.container(width=110):
                st.markdown("Mean image", help="The mean of their pixels.")
                pixels.sheet(mean_image[None], "The mean of the chosen images", width=96)
    _histogram(laid, rows)


def _mean_loss(losses: Array, rows: Array, unit: str) -> None:
    mean, of_all = (words.number(float(np.nanmean(each)), 3) for each in (losses[rows], losses))
    st.metric(
        "Mean loss",
        mean,
        f"all: {of_all}",
        delta_color="off",
        delta_arrow="off",
        width="content",
        help=LOSS_HELP.format(unit=unit),
    )


def _histogram(laid: Laid, rows: Array) -> None:
    """How many of each class: a bar as long as its share of the largest."""
    if laid.points.labels is None:
        return
    kinds, counts = np.unique(laid.points.labels[rows], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    lines = "".join(_bar(laid, int(kinds[i]), int(counts[i]), int(counts.max())) for i in order)
    rest = len(kinds) - len(order)
    st.html(f'<div style="{BAR}" role="table" aria-label="Images of each class">{lines}</div>')
    if rest:
        st.caption(f"And {words.plural(rest, 'class', 'classes')} with fewer.")


def _bar(laid: Laid, kind: int, count: int, most: int) -> str:
    classes = laid.points.classes
    name = classes[kind] if 0 <= kind < len(classes) else str(kind)
    width = max(1.0, 100 * count / most)
    color = palette.colour(kind)
    return (
        f"<span>{escape(name)}</span>"
        f'<span style="background:{color};height:0.7rem;width:{width:.0f}%;border-radius:2px"></span>'
        f'<span style="opacity:0.75;font-variant-numeric:tabular-nums">{count:,}</span>'
    )


def _gallery(view: View, first: Laid, laid: Laid, rows: Array) -> None:
    order = st.segmented_control("Order", list(ORDERS), default="As they are", required=True, key="project_order")
    if ORDERS[str(order)]:
        rows = rows[np.argsort(laid.losses[rows] * ORDERS[str(order)], kind="stable")]
    some = rows[:FIRST]
    captions = [_caption(laid, row) for row in some]
    pictures = Pictures("The chosen images", laid.shown(view, some), laid.points.codes[some], captions)
    gallery.show("project_chosen", first.key, pictures, Layout(side=64))
    made = "" if view.images is not None else " What the decoder draws of them: the originals are gone."
    if len(rows) > FIRST or made:
        st.caption(f"The first {len(some)} of {len(rows):,}.{made}")


def _caption(laid: Laid, row: int) -> str:
    return f"{laid.told(int(row))}, loss {words.number(float(laid.losses[row]), 3)}"


def _saves(view: View, laid: Laid, rows: Array) -> None:
    with st.container(horizontal=True, gap="small"):
        download.button("CSV", lambda: as_csv(laid, rows), f"{view.run.id}-chosen.csv", SAVE_HELP)
        if view.images is not None:
            download.button("PNG", lambda: as_png(view, laid, rows), f"{view.run.id}-chosen.png", SHEET_HELP)


def as_csv(laid: Laid, rows: Array) -> str:
    places = [] if laid.map is None else ["x", "y"]
    header = ["half", "index", "class", *places, *(column.name for column in laid.points.columns)]
    return tables.written(header, (_row(laid, int(row)) for row in rows))


def _row(laid: Laid, row: int) -> list[Any]:
    image = int(laid.points.ids[row])
    half = ("test", image) if image < laid.points.tests else ("train", image - laid.points.tests)
    at = [] if laid.map is None else laid.map.places[row, :2].tolist()
    return [*half, laid.label(row), *at, *(column.values[row] for column in laid.points.columns)]


def as_png(view: View, laid: Laid, rows: Array) -> bytes:
    images = laid.pictures(view, rows[:MOST_SAVED])
    assert images is not None
    return sheets.encoded(sheets.sheet(images), format="PNG")
