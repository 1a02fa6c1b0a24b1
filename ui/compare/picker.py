"""Which runs stand beside each other. They stand in the address, so that a sent link shows the same."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from ui import cached, choice, sought
from ui.errors import plain
from vae_core.runs.store import Run

KEY, SEEN = "compare_picked", "compare_seen"


def runs() -> list[Run]:
    wanted = {*choice.compared_ids(), *st.session_state.get(KEY, [])}
    listed = [run for run in cached.every() if run.state != "broken" and (not run.answers or run.id in wanted)]
    known = {run.id: run.name for run in listed}
    times = Counter(known.values())
    _follow_address(known)
    offered = [run.id for run in sought.among(listed, st.session_state.get(KEY, []), "compare_sought")]
    picked = st.multiselect(
        "Runs to compare",
        offered,
        key=KEY,
        max_selections=choice.MOST_COMPARED,
        on_change=_tell_address,
        format_func=lambda run_id: _line(run_id, known.get(run_id, ""), times),
        placeholder="Choose two to four runs",
        label_visibility="collapsed",
        help="The others are compared with the first one. Type to search.",
    )
    return [Run(run_id, cached.settings()) for run_id in picked if run_id in known]


def _line(run_id: str, name: str, times: Counter[str]) -> str:
    """Its name, where that tells it from all others."""
    if name in ("", run_id):
        return run_id
    return name if times[name] == 1 else f"{name} ({run_id})"


def _follow_address(known: dict[str, str]) -> None:
    """An address that has changed wins over what was picked; without one, the chosen run is a beginning."""
    wanted = choice.compared_ids()
    if st.session_state.get(SEEN) != wanted:
        st.session_state[SEEN] = wanted
        chosen = choice.chosen_run()
        st.session_state[KEY] = wanted or ([chosen.id] if chosen else _along())
    gone = [run_id for run_id in st.session_state.get(KEY, []) if run_id not in known]
    for run_id in gone:
        st.warning(f"There is no run {plain(run_id)}. It may have been removed.")
    if KEY in st.session_state:  # also where Streamlit forgot the widget on another page
        st.session_state[KEY] = [run_id for run_id in st.session_state[KEY] if run_id in known]


def _along() -> list[str]:
    """Where nobody has trained anything yet: two of the models that come along, which were made to be compared."""
    return [] if cached.runs() else [run.id for run in cached.shipped() if run.recipe][:2]


def _tell_address() -> None:
    choice.remember_compared(st.session_state[KEY])
    st.session_state[SEEN] = choice.compared_ids()
