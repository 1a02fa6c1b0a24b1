"""The same test images as each model draws them, sorted by which of them gained or lost most."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from ui import cached, strips
from ui import losses as loss_units
from ui.compare.side import Side
from ui.view import View
from vae_core.errors import LoupeError
from vae_core.look import heat

Array = np.ndarray[Any, Any]
IMPROVED, WORSENED, BEST, WORST, FIRST = "Most improved", "Most worsened", "Best", "Worst", "In file order"
ORDERS = (IMPROVED, WORSENED, BEST, WORST, FIRST)
ORDER_HELP = (
    "By the loss of the single image. Improved and worsened: from the first model to the second; best and worst: the "
    "mean over all models."
)
COUNTS = (8, 12, 24, 48)


def show(sides: list[Side]) -> None:
    loss_units.ask_of_images(sides[0].config.image)
    views = [side.view for side in sides]
    refuse_others(views)
    originals = views[0].originals("Walk and Grids compare what the decoders draw, without them.")
    if originals is None:
        return
    losses = np.stack([view.losses for view in views])
    order, count, errors = _controls(len(sides))
    chosen = _ordered(order, losses)[:count]
    rows = [strips.row("Original", originals[chosen], [views[0].label(image) or f"{image}" for image in chosen])]
    made = np.stack([cached.drawn(view.run, view.codes[chosen]) for view in views])
    wrong = np.stack([heat.errors(originals[chosen], each) for each in made])
    brightest = heat.scale(wrong)
    for side, drawn, off, own in zip(sides, made, wrong, losses[:, chosen]):
        rows.append(strips.row(side.name, drawn, [f"{value:.1f}" for value in own], side.colour))
        if errors:
            rows.append(strips.row("its errors", heat.coloured(off, brightest)))
    strips.show(rows)
    units = " or ".join(dict.fromkeys(view.unit for view in views))
    scale = f" Errors: black is right, pale yellow is off by {brightest:.0%} or more." if errors else ""
    st.caption(f"Below each picture its loss in {units}; lower is better.{scale}")


def _controls(models: int) -> tuple[str, int, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        order = st.selectbox("Order", ORDERS, key="compare_order", width=180, help=ORDER_HELP)
        count = st.select_slider("How many", COUNTS, 12, key="compare_count", width=160)
        errors = st.toggle("Error maps", value=True, key="compare_errors", help="Where each picture is off.")
    return str(order), int(count), bool(errors)


def refuse_others(views: list[View]) -> None:
    """What follows speaks of test images that all of them were tested on."""
    first = views[0]
    for view in views:
        same = view.config.dataset == first.config.dataset and len(view.codes) == len(first.codes)
        if not same or view.config.image != first.config.image:
            raise LoupeError(
                f"{first.run.id} and {view.run.id} were tested on different images",
                "There is no image that both know",
                "Choose runs of one data set",
            )


def _ordered(order: str, losses: Array) -> Array:
    """(images,) places in the test set; what is not a number comes last."""
    gained = losses[1] - losses[0]
    mean = losses.mean(axis=0)
    keys = {IMPROVED: gained, WORSENED: -gained, BEST: mean, WORST: -mean, FIRST: np.arange(len(mean))}
    return np.argsort(np.nan_to_num(keys[order], nan=np.inf), kind="stable")
