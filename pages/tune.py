"""Tune: searches for good settings, one optimiser against another, and how large a step may be."""

import streamlit as st

from ui import choice, frame
from ui.errors import lacks, shown
from ui.tune import new, optimizers, picked, rates, watch

frame.ensure()
run = choice.chosen_run()
picked.turn()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Tune", anchor=False, width="content")
    view = st.segmented_control(
        "View", picked.VIEWS, key=picked.VIEW, required=True, wrap=True, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
if lacks("train"):
    st.stop()
with shown():
    if view == picked.SET_UP:
        new.show(run)
    elif view == picked.WATCH:
        watch.show()
    elif view == picked.OPTIMISERS:
        optimizers.show(run)
    else:
        rates.show(run)
