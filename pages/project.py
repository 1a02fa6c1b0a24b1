"""Project: codes, pixels and layers laid out flat, on maps that can be walked."""

import streamlit as st

from ui import choice, explore, frame, no_run, project
from ui.errors import shown

frame.ensure()
run = choice.chosen_run()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    st.title("Project", anchor=False, width="content")
    if run:
        explore.head(run)
if run is None:
    choice.stand_in()
    no_run.ask()
    st.stop()
with shown():
    project.show(run)
