"""The trials' curves, fold by fold: what was made small, epoch by epoch. Knows no widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ui import losses, palette
from ui.tune import chart
from vae_core.search.reached import PARTS
from vae_core.search.trials import Trial

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_BESIDE = 3  # folds in one row
MOST_POINTS, FEWEST_POINTS = 30_000, 50  # of all curves, and of one
COVERED = 0.93  # share of the points that the scale makes room for
HOVER = "%{text}<br>epoch %{x}: %{y:.4g}<extra></extra>"
QUIET = "rgba(138,143,152,0.45)"
Rows = Sequence[Mapping[str, Any]]
Curve = tuple[list[int], list[float | None]]
# How a trial is drawn: its name in the legend, and its line.
STYLES: dict[str, tuple[str, dict[str, Any]]] = {
    "other": ("Others", {"color": QUIET, "width": 1.0}),
    "pruned": ("Ended early", {"color": QUIET, "width": 1.0, "dash": "dot"}),
    "running": ("Training now", {"color": palette.COLOURS[1], "width": 2.0}),
    "best": ("Best", {"color": palette.COLOURS[0], "width": 2.5}),
    "chosen": ("Ticked", {"color": palette.COLOURS[2], "width": 2.5}),
}


def goal_of(goals: Sequence[str]) -> str:
    """What the curves show: the first goal that changes from epoch to epoch."""
    return next((goal for goal in goals if goal in PARTS), "loss")


def values(rows: Rows, goal: str) -> Curve:
    """Epochs, and the goal on the validation images at each of them."""
    return [int(row["epoch"]) for row in rows], [_value(row, goal) for row in rows]


def _value(row: Mapping[str, Any], goal: str) -> float | None:
    parts: list[Any] = [row.get(part) for part in PARTS[goal]]
    return None if None in parts else float(sum(parts))


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
    most = max(FEWEST_POINTS, MOST_POINTS // max(1, len(histories)))
    known = {run: values(losses.thinned(rows, most), goal) for run, rows in histories.items()}
    figure = _charts(folds, unit)
    for kind, (name, line) in STYLES.items():
        those = [trial for trial in trials if _kind(trial, best, ticked) == kind]
        for fold in range(folds):
            curves = [(trial, known.get(trial.runs[fold], ([], []))) for trial in those if fold < len(trial.runs)]
            row, column = divmod(fold, MOST_BESIDE)
            told = {"name": name, "legendgroup": name, "showlegend": fold == 0 and bool(curves)}
            figure.add_scatter(**_points(curves), line=line, **told, row=row + 1, col=column + 1)
    figure.update_yaxes(range=span([value for _, found in known.values() for value in found]))
    return figure


def _charts(folds: int, unit: str) -> go.Figure:
    """Still empty, with the names of the folds above them."""
    from plotly.subplots import make_subplots

    columns = min(folds, MOST_BESIDE)
    rows = -(-folds // columns)
    titles = [f"Fold {fold + 1}" for fold in range(folds)] if folds > 1 else None
    figure = make_subplots(rows, columns, subplot_titles=titles, shared_yaxes=True, shared_xaxes=True)
    figure.update_layout(
        height=chart.HEIGHT if rows == 1 else 260 * rows,
        margin={**chart.MARGIN, "t": 60} if titles else chart.MARGIN,  # room for the names below the legend
        legend={"orientation": "h", "yref": "container", "y": 1, "yanchor": "top"},
        hovermode="closest",
    )
    figure.update_xaxes(title_text="Epoch", row=rows)
    figure.update_yaxes(title_text=unit, col=1)
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


def _points(curves: Sequence[tuple[Trial, Curve]]) -> dict[str, Any]:
    """Many lines as one trace, with a gap after each."""
    x: list[int | None] = []
    y: list[float | None] = []
    told: list[str] = []
    for trial, (epochs, nats) in curves:
        x += (*epochs, None)
        y += (*nats, None)
        told += [f"Trial {trial.number + 1}: {trial.told}"] * (len(epochs) + 1)
    mode = "lines" if any(len(epochs) > 1 for _, (epochs, _) in curves) else "lines+markers"
    return {"x": x, "y": y, "text": told, "mode": mode, "hovertemplate": HOVER}
