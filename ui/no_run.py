"""What is shown where a run is needed and none is chosen."""

from __future__ import annotations

import streamlit as st

from ui import cached, choice, starting
from ui.errors import plain, shown
from vae_core import extras

CHOOSE = "No run is chosen. Choose one in the sidebar."
FIRST_HELP = (
    "Draws A, B, C, E, O, S, 3 and 8 in seventeen typefaces, trains on them and shows how the map forms. "
    "Nothing is downloaded."
)


def ask(sentence: str = CHOOSE) -> None:
    """`sentence` says what to choose; where there is nothing to choose from, a first model can be trained."""
    if cached.runs() or cached.shipped():
        st.info(sentence, icon=":material/arrow_back:")
        st.page_link("pages/home.py", label="All runs are on Home", icon=":material/home:")
        return
    st.info("There is no run yet. Train a first one, or import what was trained elsewhere.", icon=":material/info:")
    first_training()


def gone(run_id: str) -> None:
    st.warning(f"The run {plain(run_id)} is no longer there: its folder was removed or cannot be read.")


def first_training() -> None:
    """One button for who has nothing yet."""
    told = extras.lacking("train")
    icon, text = ":material/play_arrow:", plain(str(told)) if told else FIRST_HELP
    if st.button("Train a model (30 s)", type="primary", icon=icon, help=text, disabled=told is not None):
        with shown():
            choice.go("pages/train.py", starting.first_steps().id)
