"""The Project page: what is projected and how, maps while they form, and kept ones to walk on."""

from __future__ import annotations

import streamlit as st

from ui import explore
from ui.errors import show_caught, shown
from ui.project import ask, below, forming, kept, maps
from vae_core.runs.store import Run


def show(run: Run) -> None:
    view = explore.finished(run)
    if view is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = kept.choose(view)
        st.space("stretch")
        ask.show(view)
    show_caught("project")
    forming.show(run)
    st.fragment(_maps)(run.id, names)
    kept.manage(view)


def _maps(run_id: str, names: tuple[str, ...]) -> None:
    """A fragment of its own: each question of the browser runs only this."""
    view = explore.again(run_id)
    if view is None:
        return
    with shown():
        laid = maps.show(view, names)
        below.show(view, laid)
