"""The pictures of a search: its curves fold by fold, and Optuna's own figures."""

from __future__ import annotations

import streamlit as st

from ui.cached import searches
from ui.errors import shown
from ui.tune import chart, curves, figures, labels
from vae_core.design import naming
from vae_core.runs.store import Run
from vae_core.search import trials as found
from vae_core.search import verdict
from vae_core.search.study import Study
from vae_core.search.trials import Trial
from vae_core.search.wanted import Search

CURVES = "curves"
CURVES_HELP = "On the validation images, epoch by epoch. Lower is better. A line is a trial; ticked ones stand out."
SETTLED = 300  # trials of which curves are drawn: the newest, the best and the ticked ones


def show(study: Study, search: Search, trials: list[Trial], ticked: list[int]) -> None:
    kinds = [CURVES, *figures.kinds(search)]
    names = {CURVES: "Curves", **figures.NAMES}
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            "Picture",
            kinds,
            default=CURVES,
            required=True,
            key="tune_picture",
            format_func=names.__getitem__,
            label_visibility="collapsed",
            wrap=True,
        )
        goal = _goal(search, str(kind))
    with shown():
        if kind == CURVES:
            _curves(study, search, trials, ticked)
        else:
            _figure(study, trials, str(kind), goal)


def _goal(search: Search, kind: str) -> int:
    if len(search.goals) < 2 or kind in (CURVES, "pareto"):
        return 0
    return int(
        st.selectbox(
            "Of",
            range(len(search.goals)),
            key="tune_goal",
            width=180,
            label_visibility="collapsed",
            format_func=lambda place: labels.GOALS[search.goals[place]],
        )
    )


def _curves(study: Study, search: Search, trials: list[Trial], ticked: list[int]) -> None:
    best = found.best(trials)
    number = best.number if best else None
    shown_ones = [trial for trial in trials if trial.number in (number, *ticked)]
    shown_ones = shown_ones + [trial for trial in trials[-SETTLED:] if trial not in shown_ones]
    histories = {
        run_id: searches.history(Run(run_id, study.settings), trial.ended)
        for trial in shown_ones
        for run_id in trial.runs
    }
    goal = curves.goal_of(search.goals)
    if not any(histories.values()):
        st.caption("The curves begin with the first epoch.")
        return
    unit = naming.kl_unit(naming.IMAGE) if goal == "kl" else verdict.unit_of(search.base).whole
    figure = curves.draw(shown_ones, histories, search.runs_a_trial, goal, number, ticked, unit)
    st.caption(f"{labels.GOALS[goal]}: {CURVES_HELP}")
    chart.show(figure, "tune_curves")


def _figure(study: Study, trials: list[Trial], kind: str, goal: int) -> None:
    done = sum(trial.state == "done" for trial in trials)
    least = figures.LEAST.get(kind, 1)
    if done < least:
        st.info(
            f"This needs {least} trials that trained to their end; there {'is' if done == 1 else 'are'} {done} so far."
        )
        return
    st.caption(figures.HELP[kind])
    ended = sum(trial.ended for trial in trials)
    chart.show(searches.figure(figures.draw, study, kind, goal, ended), f"tune_{kind}")
