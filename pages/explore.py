"""Explore: walk over a model's map of codes, and look closer at what it learned."""

import streamlit as st

from ui import choice, explore, frame, no_run
from ui.errors import shown

frame.ensure()
run = choice.chosen_run()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    st.title("Explore", anchor=False, width="content")
    if run:
        explore.head(run)
if run is None:
    choice.stand_in()
    no_run.ask()
    st.stop()
with shown():
    explore.show(run)
