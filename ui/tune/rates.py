"""The learning-rate range test of the chosen run's model, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import cached, no_run, owner, palette, starting, where
from ui import words as common
from ui.errors import caught, plain, show_caught, shown
from ui.tune import chart, picked
from vae_core.design import naming
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search import rates
from vae_core.search.rates import Found

if TYPE_CHECKING:
    import plotly.graph_objects as go

NO_RUN = (
    "Choose a run in the sidebar: its model takes some steps, each with a larger learning rate than the one before."
)
WHAT = (
    "How large may a step be? A fresh copy of the chosen run's model takes 200 steps, from a learning rate far too "
    "small to one far too large. Where the loss falls, it learns; where it rises again, steps are too large."
)
OFFER_HELP = "Some seconds, in a process of its own. The run itself is not changed."
POLL_SECONDS = 0.5
FIRST = 10  # steps that set the scale: where it breaks off, losses have no measure
WORDS = {"low": "It begins to learn", "steepest": "It learns fastest", "high": "Its lowest loss"}
HELP = {
    "low": "From here on the loss falls. A good lower end for a search.",
    "steepest": "A good learning rate for a training without warm-up and schedule.",
    "high": "Larger steps do harm. A training should stay clearly below it.",
}


def show(run: Run | None) -> None:
    if run is None:
        no_run.ask(NO_RUN)
        return
    st.caption(WHAT)
    task, state = _newest(run)
    if task is None or state in ("stopped", "failed", "interrupted"):
        _offer(run, task)
    st.fragment(_live, run_every=POLL_SECONDS if state and state not in FINAL else None)(run.id, state)


def _newest(run: Run) -> tuple[Task | None, str]:
    """The run's test, and how it stands."""
    task = next(iter(tasks.of(run, rates.KIND)), None)
    return task, task.state() if task else ""


def _offer(run: Run, task: Task | None) -> None:
    if task is not None:
        st.error(plain(task.status()["error"] or "The test broke off."))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        where.choose("rates")
        starting.button("Take the steps", _begin, OFFER_HELP, args=(run,))


def _begin(run: Run) -> None:
    with caught("rates"):
        task = tasks.begin(run, rates.KIND, rates.SPEC, owner.current())
        starting.work(task, place=where.chosen())


def _live(run_id: str, was: str) -> None:
    with shown():
        show_caught("rates")
        task, state = _newest(Run(run_id, cached.settings()))
        if state != was:
            st.rerun()
        if task is not None and state == "done":
            _result(task)
        elif task is not None and state in ("queued", "running"):
            status = task.status()
            st.progress(
                min(1.0, float(status["done"])), status["phase"] or "Its process is starting or waits its turn."
            )


def _result(task: Task) -> None:
    points = task.result()["points"]
    found = rates.read(points)
    chart.show(draw(points, found, naming.unit(task.run.config(), naming.IMAGE)), "tune_rates_chart")
    if found is None:
        st.warning("The loss never fell in a way that could be told from noise. Try a larger batch or other layers.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, label in WORDS.items():
            st.metric(label, common.number(getattr(found, name), 2), help=HELP[name], width=170)
        st.button(
            "Search in this range",
            icon=":material/tune:",
            type="primary",
            on_click=_search,
            args=(found,),
            help="Opens a new search with the learning rate between the two ends.",
        )


def _search(found: Found) -> None:
    st.session_state["tune_values_learning_rate"] = f"{found.low:.2g}..{found.high:.2g}"
    st.session_state["tune_vary"] = ["learning_rate"]
    picked.turn_to(picked.SET_UP)


def draw(points: list[list[float]], found: Found | None, unit: str) -> go.Figure:
    """Each step's loss as a dot, their running mean as a line, and the range in which it learns."""
    import plotly.graph_objects as go

    tried, losses = zip(*points, strict=True)
    dots, told = {"color": palette.GREY, "size": 4}, "learning rate %{x:.2g}: %{y:.4g}<extra></extra>"
    figure = go.Figure().add_scatter(x=tried, y=losses, mode="markers", name="A step", marker=dots, hovertemplate=told)
    if found:
        line = {"color": palette.COLOURS[0], "width": 2.5}
        figure.add_scatter(x=tried, y=found.smooth, mode="lines", name="Running mean", line=line)
        figure.add_vrect(found.low, found.high, fillcolor=palette.COLOURS[3], opacity=0.12, line_width=0)
        figure.add_vline(found.steepest, line={"color": palette.COLOURS[2], "dash": "dot"})
    low, high = min(losses), max(losses[:FIRST])
    spare = high - low
    figure.update_layout(chart.LAYOUT, height=380)
    figure.update_xaxes(type="log", title="Learning rate")
    figure.update_yaxes(title=f"Training loss, {unit}", range=[low - 0.1 * spare, high + 0.3 * spare])
    return figure
