"""Curves of a contest between two optimisers. Knows no widgets."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ui.tune import chart
from vae_core.runs import arms

if TYPE_CHECKING:
    import plotly.graph_objects as go

Rows = Sequence[Mapping[str, Any]]
LOSS = "validation_total_nats_per_image"
SPREAD_HELP = "Best validation loss, {}: mean over the seeds and its standard deviation. Lower is better."


def best(rows: Rows) -> float | None:
    return min((row[LOSS] for row in rows if row[LOSS] is not None), default=None)


def spread(values: Sequence[float]) -> str:
    return arms.told(arms.spread(values)) if values else "–"


def draw(sides: Sequence[tuple[str, str]], histories: Sequence[Sequence[Rows]], unit: str) -> go.Figure:
    """A band from the lowest to the highest seed, and their mean, for each side: its name and its colour."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for (name, colour), runs in zip(sides, histories, strict=True):
        epochs, columns = _by_epoch(runs)
        if any(len(column) > 1 for column in columns):
            _band(figure, epochs, columns, colour)
        means = [statistics.fmean(column) for column in columns]
        mode, line = ("lines" if len(epochs) > 1 else "markers"), {"color": colour, "width": 2.5}
        told = f"{name}<br>epoch %{{x}}: %{{y:.4g}}<extra></extra>"
        figure.add_scatter(x=epochs, y=means, name=name, mode=mode, line=line, hovertemplate=told)
    figure.update_layout(chart.LAYOUT, xaxis_title="Epoch", yaxis_title=f"Validation loss, {unit}")
    return figure


def _band(figure: go.Figure, epochs: list[int], columns: list[list[float]], colour: str) -> None:
    """Along the highest, and back along the lowest."""
    edge = [max(column) for column in columns] + [min(column) for column in reversed(columns)]
    look = {"fill": "toself", "fillcolor": _clear(colour), "line": {"width": 0}}
    figure.add_scatter(x=epochs + epochs[::-1], y=edge, hoverinfo="skip", showlegend=False, **look)


def _by_epoch(runs: Sequence[Rows]) -> tuple[list[int], list[list[float]]]:
    """Epochs, and at each the losses of the seeds that have come so far."""
    found: dict[int, list[float]] = {}
    for rows in runs:
        for row in rows:
            if row[LOSS] is not None and math.isfinite(row[LOSS]):
                found.setdefault(int(row["epoch"]), []).append(float(row[LOSS]))
    return sorted(found), [found[epoch] for epoch in sorted(found)]


def _clear(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
