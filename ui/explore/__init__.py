"""The Explore page: a finished run's plane, and below it one section at a time."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from ui import cached, choice, frame, map_beside, no_run, words
from ui.components import plane
from ui.components.plane import payload
from ui.components.plane.payload import Flat
from ui.errors import plain, shown
from ui.explore import axes, facts, place, sections, still, take_home
from ui.view import View, look
from vae_core.design import naming
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL

DOTS = "The dots are {}, from which it has not learned."
DOTS_HELP = "Some images are kept back, so that one sees how the model does on those that are new to it."
PLANE = "explore_plane"  # what the plane of this session was last made of, and its bytes


def show(run: Run) -> None:
    view = finished(run)
    if view is None:
        return
    flat = axes.choose(view)
    place.keep_in_address(view)
    sections.forget()  # the one that is open is drawn anew below
    st.fragment(_plane)(run.id, flat)
    st.caption(DOTS.format(words.plural(view.dots, "test image")), help=DOTS_HELP)
    st.fragment(_below)(run.id, flat)


def walk(run_id: str) -> None:
    """The plane of a run alone, for a page that is not about it."""
    st.fragment(_walk)(run_id)


def _walk(run_id: str) -> None:
    view = again(run_id)
    if view is not None and len(view.sound):
        _map(view, payload.principal(view.codes))


def finished(run: Run) -> View | None:
    """The run, if there is a model to walk in; else the page says why there is none."""
    state = run.state()
    if state not in FINAL:
        _unfinished(run, "It is still training. This is its newest epoch; the map to walk on comes at the end.")
        return None
    try:
        view = look(run)
    except LoupeError:
        if state == "done":
            raise
        _unfinished(run, f"Its training {words.ENDS[state]} before it was through, so there is no model to walk in.")
        return None
    colours = "" if view.labels is not None else " Only the colours of the classes are missing."
    view.originals(f"The map and what the decoder draws there need no image.{colours}")
    if not len(view.sound):
        st.error("None of this model's codes is a number. Train it again with a lower learning rate.")
        return None
    return view


def head(title: str) -> Run:
    """The head of a page about one finished run, and that run. Where none is chosen, the page ends here."""
    run = choice.chosen_run()
    with st.container(horizontal=True, vertical_alignment="center"):
        frame.heading(title)
        if run:
            _name(run)
            return run
    choice.stand_in()
    no_run.ask()
    st.stop()


def _name(run: Run) -> None:
    with shown():
        config, name = run.config(), str(run.card()["name"]) or run.id
        size = words.plural(config.architecture().code.size, "number")
        st.subheader(plain(name), anchor=False, width="content")
        st.caption(plain(f"{config.dataset}, {naming.kind(config)}, code of {size}"), width="content")
        map_beside.show(config)
        st.space("stretch")
        if run.state() in FINAL:
            with suppress(LoupeError):  # said below
                take_home.button(look(run))


def _unfinished(run: Run, sentence: str) -> None:
    st.info(sentence, icon=":material/hourglass_empty:")
    carried = {choice.PARAMETER: run.id}
    label = "Its film, epoch by epoch, is on Train" if run.snapshot_epochs() else "What can be done with it is on Train"
    st.page_link("pages/train.py", label=label, icon=":material/model_training:", query_params=carried)
    still.show(run)


def _plane(run_id: str, flat: Flat) -> None:
    """A fragment of its own: each question of the browser runs only this."""
    view = again(run_id)
    if view is None:
        return
    _map(view, flat)
    if sections.behind(view):
        st.rerun()  # what is open below follows the cursor, or what was chosen


def _map(view: View, flat: Flat) -> None:
    with shown():
        networks = cached.networks(view.run)
        plane.show(view.key, _data(view, flat), at=place.begin(view))
        place.remember(view)
        facts.answer(view, decodes=networks.part("decoder") is not None)


def _below(run_id: str, flat: Flat) -> None:
    view = again(run_id)
    if view is not None:
        sections.show(view, flat)


def again(run_id: str) -> View | None:
    """The run as it is now; it may have been removed since the page was drawn."""
    try:
        return look(Run(run_id, cached.settings()))
    except (LoupeError, OSError):
        no_run.gone(run_id)
        return None


def _data(view: View, flat: Flat) -> bytes:
    """What the plane is made of; packed anew only where something has changed."""
    same = (view.key, view.run.document().get("created"), flat.names, view.classes, view.unit)
    return cached.kept(PLANE, same, lambda: payload.data(view.key, view.model, view.cloud, flat))
