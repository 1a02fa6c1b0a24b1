"""Maps that are on their way: how far they are, what they look like so far, and how to end them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st

from ui import acts, cached, palette, pixels, starting, words
from ui.errors import plain, shown
from ui.project import kept
from vae_core.errors import LoupeError
from vae_core.runs.forms import TaskStatus
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL

POLL_SECONDS = 0.5
WATCHED = "project_watched"  # tasks that were at work when the page was last drawn
SIDE = 360  # pixels of the picture of a map that forms
MOST_DRAWN = 100_000  # of its points
EDGE = 0.04  # of the picture that is left free
ENDS = {
    "failed": "It ended with an error",
    "interrupted": "Its process died",
    "stopped": "It was cancelled",
}
Array = np.ndarray[Any, Any]


def show(run: Run) -> None:
    """Show the maps that are on their way. The page polls only while something is at work."""
    active = [task.id for task in kept.at_work(run) if task.state() not in FINAL]
    st.session_state[WATCHED] = active
    _ended(run)
    if active:
        st.fragment(_watch, run_every=POLL_SECONDS)(run.id)


def _watch(run_id: str) -> None:
    with shown():
        try:
            active = [task for task in kept.at_work(Run(run_id, cached.settings())) if task.state() not in FINAL]
        except (LoupeError, OSError):
            return
        if {task.id for task in active} != set(st.session_state[WATCHED]):
            st.rerun()  # the whole page: what has ended is shown, and polling may end
        for task in active:
            _one(task)


def _one(task: Task) -> None:
    status = task.status()
    with st.container(border=True):
        st.markdown(f"**{plain(kept.label(task))}**")
        left, right = st.columns([2, 1], gap="medium")
        with left:
            done = min(1.0, max(0.0, float(status["done"] or 0)))
            st.progress(done, text=_phase(task, status))
            asked = task.stop_requested()
            st.button(
                "Cancelling" if asked else "Cancel",
                icon=":material/stop:",
                disabled=asked or not acts.may(task),
                key=f"cancel-{task.id}",
                on_click=_cancel,
                args=(task,),
                help="Ends it now. Nothing of it is kept.",
            )
        with right:
            _so_far(task)


def _so_far(task: Task) -> None:
    live = task.live()
    if live is not None and len(live["places"]):
        pixels.show(drawn(live["places"], live.get("labels")), "The map as it is now", width=SIDE)
    else:
        st.caption("The map is drawn here as soon as it begins to form.")


def _phase(task: Task, status: TaskStatus) -> str:
    if task.state() == "queued":
        return task.told() or "It waits for its turn: other work comes first."
    eta = status["eta_seconds"]
    return f"{status['phase'] or 'Starting'}{f', about {words.duration(eta)} left' if eta else ''}"


def _cancel(task: Task) -> None:
    with suppress(LoupeError):  # it has ended meanwhile
        acts.stop(task)


def _ended(run: Run) -> None:
    """Say what ended without a map, each with a way on."""
    for task in kept.at_work(run):
        state = task.state()
        if state not in ENDS:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            why = task.status()["error"] if state == "failed" else task.told()
            say = st.error if state == "failed" else st.warning
            say(f"{plain(kept.label(task))}. {ENDS[state]}{f': {plain(why)}' if why else '.'}", width="stretch")
            st.button("Try again", key=f"again-{task.id}", on_click=_again, args=(task,))
            kept.forget_button("Forget it", f"forget-{task.id}", task)


def _again(task: Task) -> None:
    with suppress(LoupeError):  # somebody else has started it
        starting.work(task)


def drawn(places: Array, labels: Array | None) -> bytes:
    """A picture of the points with their classes' colours, on a clear ground."""
    from PIL import Image

    every = max(1, -(-len(places) // MOST_DRAWN))
    places, labels = places[::every], None if labels is None else labels[::every]
    good = np.isfinite(places).all(axis=1)
    places = places[good]
    low, high = (places.min(axis=0), places.max(axis=0)) if len(places) else (np.zeros(2), np.ones(2))
    span = float((high - low).max()) or 1.0
    spots = ((places - (low + high) / 2) / span * (1 - 2 * EDGE) * (1, -1) + 0.5) * SIDE
    colours = np.array([[*bytes.fromhex(colour[1:]), 255] for colour in (*palette.COLOURS, palette.GREY)], np.uint8)
    kinds = np.full(len(places), -1) if labels is None else labels[good] % len(palette.COLOURS)
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    columns, rows = spots.astype(int).clip(0, SIDE - 2).T
    for across in (0, 1):
        for down in (0, 1):
            picture[rows + down, columns + across] = colours[kinds]
    return pixels.encoded(Image.fromarray(picture))
