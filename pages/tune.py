"""Tune: searches for good settings, one optimiser against another, and how large a step may be."""

import streamlit as st

from ui import choice, frame
from ui.errors import lacks, shown
from ui.tune import new, optimizers, picked, rates, watch

frame.ensure()
run = choice.chosen_run()
picked.turn()
view = frame.title("Tune", picked.VIEWS, picked.VIEW)
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
