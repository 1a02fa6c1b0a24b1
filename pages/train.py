"""Set up a training, watch the chosen run while it trains and afterwards, or judge it."""

import streamlit as st

from ui import choice, frame, judge, no_run
from ui.train import live, new
from vae_core.runs.work import FINAL

frame.ensure()
VIEWS = ("Set up", "Watch", judge.VIEW)

run = choice.chosen_run()
if run and st.session_state.get(new.SEEN) != run.id:  # another run was picked, or one was just started
    judged = st.session_state.get(choice.TRAIN_VIEW) == judge.VIEW and run.state() in FINAL
    st.session_state[choice.TRAIN_VIEW] = judge.VIEW if judged else "Watch"
st.session_state[new.SEEN] = run.id if run else None

view = frame.title("Train", VIEWS, choice.TRAIN_VIEW)
if view == "Set up":
    new.show(run)
elif run:
    new.forget()
    if view == judge.VIEW:
        judge.show(run)
    else:
        live.show(run)
else:
    no_run.ask("No run is chosen. Choose one in the sidebar, or set up a new one.")
