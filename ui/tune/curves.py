"""The trials' curves, fold by fold: what was made small, epoch by epoch. Knows no widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ui import palette
from vae_core.search.reached import PARTS
from vae_core.search.trials import Trial

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 340
MOST_BESIDE = 3  # folds in one row
COVERED = 0.93  # share of the points that the scale makes room for
Rows = Sequence[Mapping[str, Any]]
# How a trial is drawn: its name in the legend, its colour, its width and its line.
STYLES = {
    "other": ("Others", "rgba(138,143,152,0.45)", 1.0, "solid"),
    "pruned": ("Ended early", "rgba(138,143,152,0.45)", 1.0, "dot"),
    "running": ("Training now", palette.COLOURS[1], 2.0, "solid"),
    "best": ("Best", palette.COLOURS[0], 2.5, "solid"),
    "chosen": ("Ticked", palette.COLOURS[2], 2.5, "solid"),
}


def goal_of(goals: Sequence[str]) -> str:
    """What the curves show: the first goal that changes from epoch to epoch."""
    return next((goal for goal in goals if goal in PARTS), "loss")


def values(rows: Rows, goal: str) -> tuple[list[int], list[float | None]]:
    """Epochs, and the goal on the validation images at each of them."""
    found: list[float | None] = []
    for row in rows:
        parts = [row.get(part) for part in PARTS[goal]]
        found.append(
            None if any(part is None for part in parts) else sum(float(part) for part in parts if part is not None)
        )
    return [int(row["epoch"]) for row in rows], found


def draw(
    trials: Sequence[Trial],
    histories: Mapping[str, Rows],
    folds: int,
    goal: str,
    best: int | None,
    ticked: Sequence[int],
    unit: str,
) -> go.Figure:
    """One chart a fold, all on one scale; `histories` by the runs' ids."""
    from plotly.subplots import make_subplots

    columns = min(folds, MOST_BESIDE)
    rows = -(-folds // columns)
    titles = [f"Fold {fold + 1}" for fold in range(folds)] if folds > 1 else None
    figure = make_subplots(rows, columns, subplot_titles=titles, shared_yaxes=True, shared_xaxes=True)
    for kind, style in STYLES.items():
        those = [trial for trial in trials if _kind(trial, best, ticked) == kind]
        for fold in range(folds):
            place = {"row": fold // columns + 1, "col": fold % columns + 1}
            figure.add_trace(_lines(those, histories, fold, goal, style, shown=fold == 0), **place)
    top = 60 if folds > 1 else 30  # room for the folds' names below the legend
    figure.update_layout(
        height=HEIGHT if rows == 1 else 260 * rows,
        margin={"l": 10, "r": 10, "t": top, "b": 10},
        legend={"orientation": "h", "yref": "container", "y": 1, "yanchor": "top"},
        hovermode="closest",
    )
    figure.update_xaxes(title_text="Epoch", row=rows)
    figure.update_yaxes(title_text=unit, col=1)
    figure.update_yaxes(range=span([value for rows_of in histories.values() for value in values(rows_of, goal)[1]]))
    return figure


def span(found: Sequence[float | None]) -> list[float]:
    """What a chart's scale covers: all that is low, and not the few that are far off."""
    known = sorted(value for value in found if value is not None)
    low, high = known[0], known[int(COVERED * (len(known) - 1))]
    spare = 0.05 * (high - low) or 0.05 * abs(low) or 1.0
    return [low - spare, high + spare]


def _kind(trial: Trial, best: int | None, ticked: Sequence[int]) -> str:
    if trial.number in ticked:
        return "chosen"
    if trial.number == best:
        return "best"
    return trial.state if trial.state in STYLES else "other"


def _lines(
    trials: Sequence[Trial], histories: Mapping[str, Rows], fold: int, goal: str, style: tuple[str, str, float, str],
    shown: bool,
) -> go.Scatter:  # fmt: skip
    """Many lines as one trace, with a gap after each."""
    import plotly.graph_objects as go

    name, colour, width, dash = style
    x: list[int | None] = []
    y: list[float | None] = []
    told: list[str] = []
    for trial in trials:
        if fold < len(trial.runs):
            epochs, nats = values(histories.get(trial.runs[fold], ()), goal)
            x, y = [*x, *epochs, None], [*y, *nats, None]
            told += [f"Trial {trial.number + 1}: {trial.told}"] * (len(epochs) + 1)
    is_short = all(len(histories.get(trial.runs[fold], ())) < 2 for trial in trials if fold < len(trial.runs))
    return go.Scatter(
        x=x, y=y, text=told, name=name, legendgroup=name, showlegend=shown and bool(x),
        mode="lines+markers" if is_short else "lines", line={"color": colour, "width": width, "dash": dash},
        hovertemplate="%{text}<br>epoch %{x}: %{y:.4g}<extra></extra>",
    )  # fmt: skip
