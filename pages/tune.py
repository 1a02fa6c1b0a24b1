"""Tune: many trainings that look for good settings."""

import streamlit as st

from ui import choice, frame, tune

frame.ensure()
st.title("Tune", anchor=False)
st.caption("A search trains many models with other settings, and keeps the best. Each trial is a training of its own.")
tune.show(choice.chosen_run())
