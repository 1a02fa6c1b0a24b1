"""The Tune page: begin a search, or watch one. The address names the search, so that a reload finds it."""

from __future__ import annotations

import streamlit as st

from ui import cached
from ui.errors import plain, shown
from ui.tune import form, rates, watch
from vae_core.runs.store import Run
from vae_core.search import study as studies

PARAMETER = "search"
NEW = ""
KEY = "tune_search"
WHAT = ("Search", "Learning-rate test")


def show(run: Run | None) -> None:
    known = {each.name: each for each in studies.every(cached.settings())}
    asked = st.query_params.get(PARAMETER, NEW)
    if asked and asked not in known:
        st.warning(f"There is no search {plain(asked)}. It may have been removed.")
        st.query_params.pop(PARAMETER, None)
        asked = NEW
    if known:
        st.session_state[KEY] = asked
        st.selectbox(
            "Search", [NEW, *known], key=KEY, on_change=_turn, format_func=lambda name: name or "A new one", width=420,
            help="Searches that were begun here, the newest first.",
        )  # fmt: skip
    with shown():
        if asked:
            return watch.show(known[asked])
        what = st.segmented_control("What", WHAT, default=WHAT[0], required=True, key="tune_what",
                                    label_visibility="collapsed")  # fmt: skip
        if what == WHAT[1]:
            return rates.show(run)
        begun = form.show(run)
        if begun:
            st.query_params[PARAMETER] = begun
            st.rerun()


def _turn() -> None:
    name = st.session_state[KEY]
    if name == NEW:
        st.query_params.pop(PARAMETER, None)
    else:
        st.query_params[PARAMETER] = name
