"""What is shown where a run is needed and none is chosen."""

from __future__ import annotations

import streamlit as st

from ui import cached, home_parts

CHOOSE = "No run is chosen. Choose one in the sidebar."


def ask(sentence: str = CHOOSE) -> None:
    """`sentence` says what to choose; where there is nothing to choose from, a first model can be trained."""
    if cached.runs():
        st.info(sentence, icon=":material/arrow_back:")
        st.page_link("pages/home.py", label="All runs are on Home", icon=":material/home:")
        return
    st.info("There is no run yet. Train a first one, or import what was trained elsewhere.", icon=":material/info:")
    home_parts.first_training()
