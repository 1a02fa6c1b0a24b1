"""A search in pictures: the trials' losses as they train, and what each setting is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import cached, palette
from ui.tune.ranges import LABELS
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.search import spec
from vae_core.search import trials as all_trials
from vae_core.search.study import Study
from vae_core.search.trials import Trial

if TYPE_CHECKING:
    import plotly.graph_objects as go

GOALS = {
    "loss": "loss", "elbo": "reconstruction + KL", "reconstruction": "reconstruction", "kl": "KL",
    "parameters": "parameters",
}  # fmt: skip
GOAL_HELP = {
    name: f"{text[0].upper()}{text[1:]}{'' if name == 'parameters' else ', nats per image'}. Lower is better."
    for name, text in spec.GOALS.items()
}
HEIGHT = 380
MOST_CURVES = 40
FEWEST = 3  # trials that these pictures need


def show(study: Study, found: list[Trial], chosen: Trial | None) -> None:
    goals = study.search().goals
    kinds = {"Curves": "", **OPTUNA, **({"Front": "plot_pareto_front"} if len(goals) == 2 else {})}
    kind = st.segmented_control("Picture", list(kinds), default="Curves", required=True, key="tune_picture",
                                label_visibility="collapsed")  # fmt: skip
    st.caption(ABOUT[str(kind)])
    if kind == "Curves":
        figure: Any = curves(study, found, chosen)
    else:
        figure = _optuna(study, found, kinds[str(kind)], goals)
    if figure is None:
        st.info(f"This picture needs {FEWEST} trials that ended, and settings that differ.")
        return
    st.plotly_chart(figure, key=f"tune_figure_{kind}", config={"displaylogo": False})


OPTUNA = {
    "Best so far": "plot_optimization_history",
    "Importance": "plot_param_importances",
    "Slice": "plot_slice",
    "Contour": "plot_contour",
    "Parallel": "plot_parallel_coordinate",
}
ABOUT = {
    "Curves": "The validation loss of each trial, epoch by epoch and fold by fold; the best one is blue.",
    "Best so far": "Every trial as a dot, and the best value up to then.",
    "Importance": "How much of the differences between trials each setting explains.",
    "Slice": "Every trial as a dot, one setting at a time.",
    "Contour": "Two settings at a time: the darker, the better.",
    "Parallel": "Every trial as a line through its settings.",
    "Front": "Trials that no other one beats in both goals.",
}


def label(name: str) -> str:
    return LABELS.get(name, name)


def told(trial: Trial) -> str:
    """Its settings in words."""
    values = ((label(name), value) for name, value in trial.settings.items())
    return ", ".join(
        f"{name.lower()} {f'{value:.4g}' if isinstance(value, float) else value}" for name, value in values
    )


def curves(study: Study, found: list[Trial], chosen: Trial | None) -> go.Figure | None:
    import plotly.graph_objects as go

    best = all_trials.best(found)
    figure = go.Figure()
    for trial in found[-MOST_CURVES:]:
        told = chosen or best
        is_told = told is not None and trial.number == told.number
        colour = palette.colour(0) if is_told else palette.GREY
        for fold, (epochs, losses) in enumerate(_histories(trial, study)):
            figure.add_scatter(
                x=epochs, y=losses, mode="lines+markers" if len(epochs) == 1 else "lines", showlegend=False,
                name=f"trial {trial.number + 1}" + (f", fold {fold + 1}" if len(trial.runs) > 1 else ""),
                line={"color": colour, "width": 2.5 if is_told else 1}, opacity=1 if is_told else 0.5,
            )  # fmt: skip
    figure.update_layout(xaxis_title="epoch", yaxis_title="validation loss, nats per image")
    return styled(figure)


def _histories(trial: Trial, study: Study) -> Iterable[tuple[list[int], list[float]]]:
    for name in trial.runs:
        try:
            rows = Run(name, study.settings).history()
        except (LoupeError, OSError):  # removed by hand
            continue
        yield [row["epoch"] for row in rows], [row["validation_total_nats_per_image"] for row in rows]


def _optuna(study: Study, found: list[Trial], function: str, goals: tuple[str, ...]) -> go.Figure | None:
    """Optuna's own figure, in this page's dress. For two goals it shows the first one."""
    done = [trial for trial in found if trial.state == "done"]
    varied = {name for trial in done for name in trial.settings}
    differ = [name for name in varied if len({trial.settings.get(name) for trial in done}) > 1]
    needed = 2 if function == "plot_contour" else 1
    if len(done) < FEWEST or len(differ) < needed:
        return None
    import optuna.visualization as pictures

    make: Callable[..., Any] = getattr(pictures, function)
    if function == "plot_pareto_front":
        return styled(make(cached.optuna_study(study), target_names=[GOALS[goal] for goal in goals]))
    target = {"target": lambda trial: trial.values[0]} if len(goals) == 2 else {}
    return styled(make(cached.optuna_study(study), target_name=GOALS[goals[0]], **target))


def styled(figure: Any) -> go.Figure:
    figure.update_layout(
        title=None, height=HEIGHT, margin={"l": 10, "r": 10, "t": 20, "b": 10}, colorway=list(palette.COLOURS),
        legend={"orientation": "h"}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    return figure
