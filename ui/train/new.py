"""A new training on the Train page: the form, what it will cost, the model's code, and the button that starts it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import choice, starting, where
from ui.errors import caught, lacks, plain, show_caught, shown
from ui.form import beginnings, costs, going_in, network, pasting, widgets
from ui.form.beginnings import Start
from ui.train import model_code, seeds
from vae_core.data.dataset import Summary as Data
from vae_core.design import draft, recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs.store import Run, Summary

ASKED = "train_asked"  # that a button was pressed: to start, or to start once more
SEEN = "train_seen"  # the run that the page last turned to
BESIDE, AFTER = "train_map", "A 2-D map is trained after it."
ONCE, AGAIN = "once", "again"


@dataclass(frozen=True)
class Places:
    """Where on the page stands what is known when the whole form has been read."""

    go: DeltaGenerator  # beside the choices
    picture: DeltaGenerator
    told: DeltaGenerator  # below the picture
    layers: DeltaGenerator
    cost: DeltaGenerator  # beside all settings
    rest: DeltaGenerator  # all of them


def show(run: Run | None) -> None:
    """Three choices, the button and the picture of what will be trained; everything else is folded below."""
    if lacks("train"):
        return
    asked = st.session_state.pop(ASKED, None)
    with shown(), st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            data, known, is_ready = _choices(run)
            go = st.container(horizontal=True, gap="small", width="content")
        picture, told = st.container(), st.container(gap="xsmall")
        rest = st.expander("Everything else", key=network.OPEN, on_change="rerun", icon=":material/tune:")
        form, cost = rest.columns([5, 2], gap="medium")
        with form:
            start = _beginning(data, known, is_noted=not is_ready)
            layers = st.container()
            values = widgets.settings(data)
        places = Places(go, picture, told, layers, cost, rest)
        _network(places, data, values)
        _offer(places, data, values, start if is_ready else replace(start, note=""), asked)


def _choices(run: Run | None) -> tuple[Data, dict[str, Start], bool]:
    """The images, what a training of them can begin with, and whether the network is one that is ready."""
    data, known = widgets.choose_images(run)
    widgets.choose_time()
    where.choose("train")
    return data, known, network.choose(known)


def _beginning(data: Data, known: dict[str, Start], is_noted: bool) -> Start:
    """`is_noted`: what it is stands here, and nowhere else on the page."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        start = widgets.choose_start(known)
        pasting.offer(data)
    if is_noted and widgets.TOLD not in st.session_state:
        st.caption(start.note)
    pasting.tell()
    return start


def _network(places: Places, data: Data, values: dict[str, Any]) -> None:
    """Its two lines become part of the values."""
    with places.layers:
        written, lines = widgets.layers(data, values)
    values |= written
    with places.picture:
        going_in.draw(data, lines, small=bool(st.session_state[network.OPEN]))


def _offer(places: Places, data: Data, values: dict[str, Any], start: Start, asked: str | None) -> None:
    try:
        config = beginnings.to_config(widgets.timed(values, data), start)
    except LoupeError as error:
        return _cannot(places, error, fits=draft.table(widgets.draft(data, values))[1] is None)
    with places.rest:
        model_code.drawer(config)
    with places.cost, st.container(border=True, gap="xsmall"):
        costs.show(config, data)
        count = seeds.ask()
        beside = _map_beside(config, start.mapped) if count == 1 else None
    if asked:  # here and not before the page is drawn: a number that was just typed counts
        _begin_all(config, count) if count > 1 else _begin(config, beside, again=asked == AGAIN)
    before = starting.trained_before(config) if count == 1 else None
    with places.told:
        told = _of(before) if before else f"{costs.briefly(config, data)} {AFTER if beside else ''}"
        st.caption(f"{start.note} {told}")
        show_caught("train")
    with places.go:
        _buttons(before) if count == 1 else seeds.offer(config, count, partial(_ask, ONCE), places.told)


def _cannot(places: Places, error: LoupeError, fits: bool) -> None:
    """Where the layers do not fit, that is said beside them."""
    with places.go:
        starting.button("Start training", _ask, "", args=(ONCE,), disabled=True)
    places.told.caption(plain(str(error)) if fits else "It can start when its layers fit: see Everything else.")


def _of(before: Summary) -> str:
    how = {"done": "was trained before", "running": "is being trained now", "queued": "is waiting to be trained"}
    return f"This very model {how.get(before.state, 'was begun before')}: {plain(before.name)}."


def _buttons(before: Summary | None) -> None:
    if before is None:
        text = "It runs in a process of its own: you may close this page."
        return starting.button("Start training", _ask, text, args=(ONCE,))
    icon, text = ":material/visibility:", "Nothing has to be computed again."
    st.button("Open it", type="primary", icon=icon, on_click=_open, args=(before.id,), help=text)
    text = "Another run of the same settings, under a new number."
    st.button("Train it again", on_click=_ask, args=(AGAIN,), help=text)


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


def _ask(what: str) -> None:
    st.session_state[ASKED] = what


def forget() -> None:
    """The second click of a double click may come when the run is shown already."""
    st.session_state.pop(ASKED, None)


def _begin(config: Config, beside: Config | None, again: bool) -> None:
    with caught("train"):
        run = starting.train(config, again, where.chosen())
        if beside:
            starting.after(run, beside, f"{beside.dataset}, 2-D map", where.chosen())
        _watch(run.id)


def _begin_all(config: Config, count: int) -> None:
    """The second click of a double click finds nothing missing."""
    with caught("train"):
        new = starting.seeds(config, count, where.chosen())
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
