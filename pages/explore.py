"""Explore: what a model learned. For now its pictures as they stand."""

import streamlit as st

from ui import choice, explore_parts, frame, placeholder
from ui.errors import shown

frame.ensure()
placeholder.show(
    "Explore",
    "You will walk over the map of codes here and see the decoder's picture under your finger. "
    "For now the pictures stand still.",
    {"train": "How they came about, epoch by epoch, is on Train"},
)
run = choice.chosen_run()
if run is None:
    st.info("No run is chosen. Choose one in the sidebar.", icon=":material/arrow_back:")
    st.page_link("pages/home.py", label="All runs are on Home", icon=":material/home:")
    st.stop()
with shown():
    explore_parts.show(run)
