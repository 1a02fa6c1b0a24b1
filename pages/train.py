"""Set up a training, watch the chosen run while it trains and afterwards, or judge it."""

import streamlit as st

from ui import choice, frame, judge, live, no_run, setup
from vae_core.runs.work import FINAL

frame.ensure()
VIEWS = ("Set up", "Watch", judge.VIEW)

run = choice.chosen_run()
if run and st.session_state.get(setup.SEEN) != run.id:  # another run was picked, or one was just started
    judged = st.session_state.get(setup.VIEW) == judge.VIEW and run.state() in FINAL
    st.session_state[setup.VIEW] = judge.VIEW if judged else "Watch"
st.session_state[setup.SEEN] = run.id if run else None

st.session_state.setdefault(setup.VIEW, VIEWS[0])
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Train", anchor=False, width="content")
    view = st.segmented_control(
        "View", VIEWS, key=setup.VIEW, required=True, label_visibility="collapsed", persist_state="session"
    )

if view == "Set up":
    setup.show(run)
elif run:
    setup.forget()
    if view == judge.VIEW:
        judge.show(run)
    else:
        live.show(run)
else:
    no_run.ask("No run is chosen. Choose one in the sidebar, or set up a new one.")
