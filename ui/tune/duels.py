"""Curves of a contest between two optimisers. Knows no widgets."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
    """A band from the lowest to the highest seed, and their mean, for each side."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for (name, colour), runs in zip(sides, histories, strict=True):
        epochs, columns = _by_epoch(runs)
        if epochs and any(len(column) > 1 for column in columns):
            band = [max(column) for column in columns] + [min(column) for column in reversed(columns)]
            figure.add_trace(go.Scatter(
                x=epochs + epochs[::-1], y=band, fill="toself", line={"width": 0}, fillcolor=_clear(colour),
                hoverinfo="skip", showlegend=False,
            ))  # fmt: skip
        figure.add_trace(go.Scatter(
            x=epochs, y=[statistics.fmean(column) for column in columns], name=name,
            mode="lines" if len(epochs) > 1 else "markers", line={"color": colour, "width": 2.5},
            hovertemplate=f"{name}<br>epoch %{{x}}: %{{y:.4g}}<extra></extra>",
        ))  # fmt: skip
    figure.update_layout(
        height=340, margin={"l": 10, "r": 10, "t": 30, "b": 10}, legend={"orientation": "h", "y": 1.12},
        xaxis={"title": "Epoch"}, yaxis={"title": f"Validation loss, {unit}"},
    )  # fmt: skip
    return figure


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
