"""The film of a run on the Train page: what goes into it, in which unit, and how little is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Any

import streamlit as st

from ui import cached, hourglass, losses, palette
from ui.cached import datasets
from ui.components import film
from ui.errors import plain
from ui.losses import Course
from ui.run_view import View
from vae_core.design.config import Config
from vae_core.design.recipes import Recipe
from vae_core.errors import LoupeError

KEPT = "film_kept"  # the last packed film of this session, and what it was packed from
AXES = ("linear", "logarithmic")
AXIS_HELP = "A logarithmic axis spreads out small differences near the end."
PLANES = {
    1: "The code is one number, drawn from left to right.",
    2: "The axes are the two numbers of the code.",
}


@dataclass(frozen=True)
class Facts:
    """What never changes of a run and takes long to look up."""

    colour: str
    recipe: Recipe | None
    classes: tuple[str, ...]
    notes: dict[str, Any]
    network: str  # drawn


def show(view: View) -> None:
    """How its losses are told is asked below it, and known first."""
    place = st.container()
    per, log = _axes(view.config.image)
    key = f"film-{view.run.id}-{view.born}"
    facts = _facts(view)
    with place:
        film.show(key, _data(view, facts, key, per, log))
    late = losses.beyond(view.config, facts.recipe, per)
    if late:
        st.caption(plain(late))


def _axes(image: tuple[int, ...]) -> tuple[str, bool]:
    st.session_state["loss_axis"] = st.session_state.get("loss_axis") or AXES[0]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        per = losses.ask(image)
        axis = st.segmented_control(
            "Axis", AXES, key="loss_axis", required=True, help=AXIS_HELP, persist_state="session"
        )
    return per, axis == AXES[1]


def _data(view: View, facts: Facts, key: str, per: str, log: bool) -> bytes:
    """What the browser needs now; packed anew only where something has changed."""
    progress = [] if view.history else view.run.progress()
    course = Course(view.config, view.history, facts.colour, view.best, progress, facts.recipe, _strip(view))
    header = {
        "run": view.run.id,
        "charts": losses.charts(course, per, log),
        "total": max(view.config.epochs, len(view.history)),
        "colors": _colours(view.config, facts.classes),
        "waiting": _announce(view),
        "network": "" if view.epochs else facts.network,
        "image": view.config.image,
        **facts.notes,
    }
    wanted, snapshot = film.wanted(key), partial(cached.snapshot, view.run)
    same = (header, view.born, view.epochs, wanted)
    return cached.kept(KEPT, same, lambda: film.data(header, view.epochs, wanted, snapshot, facts.classes))


def _colours(config: Config, classes: Sequence[str]) -> list[str]:
    """Those of the map on Explore: it shows the classes that the model was trained on."""
    return palette.classes([not config.classes or name in config.classes for name in classes]) or list(palette.COLOURS)


def _announce(view: View) -> str:
    if view.active:
        return "" if view.state == "queued" else "The first pictures come after the first epoch."
    return "It ended before it finished an epoch, so there are no pictures."


def _facts(view: View) -> Facts:
    config, run = view.config, view.run

    def find() -> Facts:
        classes = datasets.classes(config.dataset)
        return Facts(palette.run(run.id), losses.recipe_of(config), classes, _notes(config), hourglass.of(config))

    return cached.kept("run_facts", (run.id, view.born), find)


def _notes(config: Config) -> dict[str, Any]:
    """What the axes, the rings and the grid are, in words."""
    size = config.architecture().code.size
    axes = ["z1", "z2"] if size <= 2 else ["axis 1", "axis 2"]
    plane = PLANES.get(size, f"The axes are the two principal axes of {size} numbers.")
    if config.has_prior:
        rings, reach = "Rings: of 100 new images, 39, 86 and 99 are drawn from inside.", "-3 to 3 along each axis"
    else:
        why = "a plain autoencoder" if config.kind == "ae" else "beta = 0"
        rings, reach = f"No prior rings: with {why}, codes follow no prior.", "the range of the codes (1 to 99 %)"
    return {
        "axes": axes,
        "rings": config.has_prior,
        "map_note": f"{plane} {rings} The dashed box: what the decoder paints, cell by cell, in the picture beside.",
        "grid_note": f"16 x 16 places of the dashed box on the map, over {reach}.",
    }


def _strip(view: View) -> dict[str, Any] | None:
    """The baselines: from the finished run, else counted once, aside, so that the page does not wait for them."""
    metrics = view.run.metrics() if not view.active else None
    if metrics and metrics.get("baselines"):
        return dict(metrics["baselines"])
    if not view.history:
        return None  # the trainer may still be reading the images for the first time
    return strip(view.config, view.run.data_name())


def strip(config: Config, name: str) -> dict[str, Any] | None:
    """Of the data set, for a code of this size; None until it is counted."""
    key = (name, config.architecture().code.size, config.loss == "bce-binary", config.classes)
    found: dict[Any, Any] = st.session_state.setdefault("strips", {})
    if key not in found:
        found[key] = None
        Thread(target=_count_strip, args=(found, key), daemon=True).start()
    return found[key]


def _count_strip(found: dict[Any, Any], key: tuple[str, int, bool, tuple[str, ...]]) -> None:
    try:
        found[key] = datasets.baselines(*key)
    except (LoupeError, OSError):
        pass  # the chart goes without
