"""Tune: searches for good settings, one optimiser against another, and how large a step may be."""

import streamlit as st

from ui import choice, frame
from ui.errors import shown
from ui.tune import chosen, new, optimizers, rates, watch

frame.ensure()
run = choice.chosen_run()
chosen.turn()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Tune", anchor=False, width="content")
    view = st.segmented_control(
        "View", chosen.VIEWS, key=chosen.VIEW, required=True, wrap=True, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
with shown():
    if view == chosen.SET_UP:
        new.show(run)
    elif view == chosen.WATCH:
        watch.show()
    elif view == chosen.OPTIMISERS:
        optimizers.show(run)
    else:
        rates.show(run)
