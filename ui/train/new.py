"""A new training on the Train page: the form, what it will cost, the model's code, and the button that starts it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import choice, starting
from ui.errors import caught, lacks, plain, show_caught, shown
from ui.form import beginnings, costs, widgets
from ui.train import model_code, seeds
from vae_core.design import draft, recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs.store import Run, Summary

ASKED = "train_asked"  # that a button was pressed: to start, or to start once more
SEEN = "train_seen"  # the run that the page last turned to
BESIDE = "train_map"
ONCE, AGAIN = "once", "again"


def show(run: Run | None) -> None:
    """What it costs and the button stand beside the settings, and on a phone between them and the layers."""
    if lacks("train"):
        return
    asked = st.session_state.pop(ASKED, None)
    form, side = st.columns([5, 2], gap="medium")
    with shown():
        with form:
            data, start = widgets.choose_start(run)
            values = widgets.settings(data)
        values |= widgets.layers(data, values)
        try:
            config = beginnings.to_config(widgets.timed(values, data), start)
        except LoupeError as error:
            with side:
                return _cannot(error, fits=draft.table(widgets.draft(data, values))[1] is None)
        model_code.drawer(config)
        with side, st.container(border=True, gap="xsmall"):
            costs.show(config, data)
            _start(config, asked, automatic=start.key == beginnings.AUTO)


def _cannot(error: LoupeError, fits: bool) -> None:
    """Where the layers do not fit, that is said beside them."""
    with st.container(border=True):
        st.button("Start training", disabled=True, type="primary", width="stretch")
        st.caption(plain(str(error)) if fits else "It can start when the layers fit.")


def _start(config: Config, asked: str | None, automatic: bool) -> None:
    count = seeds.ask()
    beside = _map_beside(config, automatic) if count == 1 else None
    if asked:  # here and not before the page is drawn: a number that was just typed counts
        _begin_all(config, count) if count > 1 else _begin(config, beside, again=asked == AGAIN)
    show_caught("train")
    if count > 1:
        return seeds.offer(config, count, partial(_ask, ONCE))
    before = starting.trained_before(config)
    if before is not None:
        return _offer(before)
    text = "It runs in a process of its own: you may close this page."
    starting.button("Start training", _ask, text, args=(ONCE,), width="stretch")


def _map_beside(config: Config, automatic: bool) -> Config | None:
    """A map is what can be walked on, and good pictures need more numbers than a map has."""
    flat = recipes.flat(config)
    if flat is None:
        return None
    help = (
        "A second, smaller model: its code is two numbers, so that all images lie on a map. It trains after this one."
    )
    wanted = st.checkbox("And a 2-D map beside it", automatic, key=f"{BESIDE}_{automatic}", help=help)
    return flat if wanted else None


def _offer(before: Summary) -> None:
    how = {"done": "was trained before", "running": "is being trained now", "queued": "is waiting to be trained"}
    st.caption(f"This very model {how.get(before.state, 'was begun before')}: {plain(before.name)}.")
    st.button(
        "Open it",
        type="primary",
        icon=":material/visibility:",
        on_click=_open,
        args=(before.id,),
        width="stretch",
        help="Nothing has to be computed again.",
    )
    st.button(
        "Train it again",
        on_click=_ask,
        args=(AGAIN,),
        width="stretch",
        help="Another run of the same settings, under a new number.",
    )


def _ask(what: str) -> None:
    st.session_state[ASKED] = what


def forget() -> None:
    """The second click of a double click may come when the run is shown already."""
    st.session_state.pop(ASKED, None)


def _begin(config: Config, beside: Config | None, again: bool) -> None:
    with caught("train"):
        run = starting.train(config, again)
        if beside:
            starting.after(run, beside)
        _watch(run.id)


def _begin_all(config: Config, count: int) -> None:
    """The second click of a double click finds nothing missing."""
    with caught("train"):
        new = starting.seeds(config, count)
        if new:
            _watch(new[0].id)


def _watch(run_id: str) -> None:
    """The page turns to a run that it has not seen yet."""
    st.session_state[SEEN] = None
    choice.choose(run_id)
    st.rerun()


def _open(run_id: str) -> None:
    st.session_state[SEEN] = None
    choice.choose(run_id)
