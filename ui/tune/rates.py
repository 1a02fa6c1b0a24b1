"""The learning-rate range test, drawn: how the loss behaves while the rate rises."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import cached, owner, palette
from ui.errors import plain, shown
from ui.tune import form
from ui.tune.pictures import styled
from vae_core.errors import LoupeError
from vae_core.runs import jobs, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search import rates

ASKED = "rates_asked"  # the task that is shown
POLL_SECONDS = 0.5
ABOUT = (
    "One short training in which the learning rate rises with every step. Where the loss falls fastest is a good rate "
    "to train with; where it rises again, the steps are too large."
)


def show(run: Run | None) -> None:
    st.caption(ABOUT)
    _, base = form.base(run)
    if st.button("Start the test", type="primary", icon=":material/play_arrow:", help="It takes some seconds."):
        with shown():
            task = rates.begin(cached.settings(), base, owner.current())
            if task.state() not in ("done", "running"):
                jobs.start(cached.settings(), task, command=tasks.COMMAND)
            st.session_state[ASKED] = task.id
    asked = st.session_state.get(ASKED)
    if asked:
        task = Task(asked, cached.settings())
        with shown():
            st.fragment(_look, run_every=None if task.state() in FINAL else POLL_SECONDS)(task, task.state())


def _look(task: Task, was: str) -> None:
    with shown():
        state = task.state()
        if state != was:
            st.rerun()
        if state == "done":
            arrays, best = task.arrays(), float(task.result()["best"])
            st.markdown(f"The loss falls fastest at a learning rate of about **{best:.2g}**.")
            st.plotly_chart(_figure(arrays, best), key="rates_done", config={"displaylogo": False})
        elif state in FINAL:
            raise LoupeError(task.status()["error"] or f"The test is {state}", fix="Start it again")
        else:
            told = task.status()["phase"] or "Starting, which takes some seconds"
            st.progress(float(task.status()["done"]), plain(told))
            live = task.live()
            if live is not None:
                st.plotly_chart(_figure(live, None), key="rates_live", config={"displaylogo": False})


def _figure(arrays: dict[str, Any], best: float | None) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_scatter(x=arrays["rates"], y=arrays["losses"], mode="lines", name="loss",
                       line={"color": palette.GREY, "width": 1})  # fmt: skip
    if "smoothed" in arrays:
        figure.add_scatter(x=arrays["rates"], y=arrays["smoothed"], mode="lines", name="smoothed",
                           line={"color": palette.colour(0)})  # fmt: skip
    if best is not None:
        figure.add_vline(best, line_dash="dot", annotation_text=f"{best:.2g}")
    figure.update_layout(xaxis_title="learning rate", yaxis_title="loss, nats per image", xaxis_type="log")
    return styled(figure)
