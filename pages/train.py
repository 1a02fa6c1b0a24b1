"""Set up a training, or watch the chosen run while it trains and afterwards."""

import streamlit as st

from ui import choice, frame, live, setup

frame.ensure()
VIEWS = ("Set up", "Watch")

run = choice.chosen_run()
if run and st.session_state.get(setup.SEEN) != run.id:  # another run was picked, or one was just started
    st.session_state[setup.VIEW] = "Watch"
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
    live.show(run)
else:
    st.info("No run is chosen. Choose one in the sidebar, or set up a new one.")
