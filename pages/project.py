"""Project: codes, pixels and layers laid out flat, on maps that can be walked."""

import streamlit as st

from ui import choice, explore, frame, project
from ui.errors import shown

frame.ensure()
run = choice.chosen_run()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    st.title("Project", anchor=False, width="content")
    if run:
        explore.head(run)
if run is None:
    st.info("No run is chosen. Choose one in the sidebar.", icon=":material/arrow_back:")
    st.page_link("pages/home.py", label="All runs are on Home", icon=":material/home:")
    st.stop()
with shown():
    project.show(run)
