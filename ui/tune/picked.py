"""The search that the Tune page shows. It stands in the address, so that reload and a sent link show it."""

from __future__ import annotations

import streamlit as st

from ui.cached import searches

PARAMETER, KEY = "search", "chosen_search"
VIEW = "tune_view"
SET_UP, WATCH, OPTIMISERS, RATES = "New search", "Searches", "Adam against SGD", "Learning rate"
VIEWS = (SET_UP, WATCH, OPTIMISERS, RATES)
NEXT = "tune_next_view"  # where the page turns to when it is drawn next: a drawn widget cannot be set any more
ASKED = "view"
LINKS = {"optimisers": OPTIMISERS, "rates": RATES, "search": SET_UP}  # as an address names them, once


def turn() -> None:
    """To the view that was asked for; to begin with, where something is going on."""
    asked = LINKS.get(st.query_params.pop(ASKED, "")) or st.session_state.pop(NEXT, None)
    if asked:
        st.session_state[VIEW] = asked
    st.session_state.setdefault(VIEW, WATCH if st.query_params.get(PARAMETER) or searches.names() else SET_UP)


def name() -> str:
    """Of the chosen one if it is there, else of the newest; empty where there are none."""
    known = searches.names()
    wanted = st.query_params.get(PARAMETER) or st.session_state.get(KEY)
    return str(wanted) if wanted in known else next(iter(known), "")


def missing() -> str:
    """The name in the address where no such search is there; else empty."""
    wanted = st.query_params.get(PARAMETER) or ""
    return wanted if wanted and wanted not in searches.names() else ""


def choose(wanted: str) -> None:
    st.session_state[KEY] = wanted
    if st.query_params.get(PARAMETER) != wanted:
        st.query_params[PARAMETER] = wanted


def turn_to(view: str) -> None:
    """For the callback of a button."""
    st.session_state[NEXT] = view


def watch(wanted: str) -> None:
    """Turn the page to a search, to watch it."""
    choose(wanted)
    st.session_state[NEXT] = WATCH
    st.rerun()
