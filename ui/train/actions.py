"""What can be done with a run on the Train page: stop, resume, train longer, fork. Asked twice, it is done once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ui import acts, choice, map_beside, owner, starting
from ui.errors import caught
from ui.form.fields import draw
from ui.run_view import View
from vae_core.design import difference
from vae_core.design.declared import SETTINGS
from vae_core.runs import forks
from vae_core.runs.store import Run

RESUMABLE = ("stopped", "interrupted", "failed")
FOLLOW = "action_done"  # the run that the page shows next


def buttons(view: View) -> None:
    """One row. What a click does happens before the page is drawn again, so that it shows the new state."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        if view.active:
            _stop(view)
        if view.state in RESUMABLE and acts.may(view.run):
            text = "Go on from where it ended, as if it had never stopped."
            starting.button("Resume", _told, text, args=(starting.resume, view.run))
        if not view.active and view.epochs:
            if not view.run.is_shipped:
                _longer(view)
                _fork(view)
            if not view.run.study:  # a trial has no map
                _explore(view)


def _explore(view: View) -> None:
    """Where a map comes beside the model, that one is the way on."""
    way = choice.link if map_beside.expected(view.config) else choice.way_on
    way("explore", view.run.id, "Explore it", ":material/explore:")


def _told(action: Callable[[Run], Run], run: Run) -> None:
    """Keep what went wrong, or the run that comes of it, for the page that is drawn next."""
    with caught("run"):
        st.session_state[FOLLOW] = action(run).id


def _stop(view: View) -> None:
    text = "Ends after the batch in hand and keeps what was learned. It can be resumed."
    stop = partial(_told, _end, view.run)
    owner.stop_button("training", view.card["owner"], view.run.stop_requested(), text, stop)


def _end(run: Run) -> Run:
    acts.stop(run)
    return run


def _longer(view: View) -> None:
    done = len(view.history)
    with st.popover("Train longer", icon=":material/fast_forward:", help="A new run that goes on from this one's end."):
        more = st.number_input(
            "Further epochs", 1, 10_000, value=max(view.config.epochs, 1), key=f"longer_{view.run.id}"
        )
        st.caption(f"It will have trained {done + more} epochs. This run stays as it is.")
        _begin("Train on", "longer_go", view.run, {"epochs": done + more})


def _fork(view: View) -> None:
    with st.popover(
        "Fork", icon=":material/call_split:", help="A new run from this one's end, with one setting changed."
    ):
        names = [name for name in forks.CHANGEABLE if difference.applies(view.config, name)]
        field = st.selectbox(
            "Setting to change", names, format_func=lambda name: SETTINGS[name].label, key="fork_field"
        )
        value = draw(field, f"fork_{view.run.id}_{field}", getattr(view.config, field))
        least = {"epochs": len(view.history) + view.config.epochs} if len(view.history) >= view.config.epochs else {}
        if least and field != "epochs":
            st.caption(f"It goes on for {view.config.epochs} more epochs.")
        unchanged = value == getattr(view.config, field)
        _begin("Start the fork", "fork_go", view.run, {**least, field: value}, disabled=unchanged)


def _begin(label: str, key: str, parent: Run, changes: dict[str, Any], disabled: bool = False) -> None:
    action = partial(starting.fork, changes=changes)
    st.button(label, type="primary", key=key, disabled=disabled, on_click=_told, args=(action, parent))
