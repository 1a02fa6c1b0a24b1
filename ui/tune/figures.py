"""Optuna's own figures in the house's colours and words. Knows no widgets."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ui import palette
from ui.tune import chart, labels
from vae_core.search.wanted import Search

if TYPE_CHECKING:
    import optuna
    import plotly.graph_objects as go

BEST, WORST = palette.COLOURS[0], "#C9CDD6"
FIRST, LAST = "#C9CDD6", palette.COLOURS[0]  # of the order of trials
HEIGHT = 420
MARGIN = {**chart.MARGIN, "t": 40}
HELP = {
    "history": "Each trial's value as a dot, and the best one up to there as a line.",
    "importance": "How much of the difference between trials each setting explains, as shares of 1. From few trials, "
    "or where a setting was varied little, it says little.",
    "parallel": "A line is a trial: follow it from its value, at the left, to its settings. Blue lines are good ones.",
    "slice": "Each setting on its own: where do the lowest dots lie? Later trials are bluer.",
    "contour": "Two settings at once: blue valleys are good, dots are trials.",
    "pareto": "Every trial by its two values. Those that no other beats in both are in colour.",
}
NAMES = {
    "history": "Best so far",
    "importance": "Importance",
    "parallel": "Parallel",
    "slice": "Slices",
    "contour": "Contours",
    "pareto": "Trade-off",
}
LEAST = {"importance": 4, "contour": 3}  # trials that ended well


def kinds(search: Search) -> list[str]:
    """The kinds of figures that say something of such a search."""
    without = {"contour"} if len(search.space) < 2 else set()
    without |= {"pareto"} if len(search.goals) < 2 else set()
    return [kind for kind in NAMES if kind not in without]


def draw(study: optuna.Study, search: Search, kind: str, goal: int) -> go.Figure:
    import optuna

    goals = [labels.GOALS[each] for each in search.goals]
    target: Callable[[Any], float] | None = (lambda trial: trial.values[goal]) if len(goals) > 1 else None
    plots: dict[str, Callable[..., go.Figure]] = {
        "history": optuna.visualization.plot_optimization_history,
        "importance": optuna.visualization.plot_param_importances,
        "parallel": optuna.visualization.plot_parallel_coordinate,
        "slice": optuna.visualization.plot_slice,
        "contour": optuna.visualization.plot_contour,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of few trials; what is missing is said on the page
        if kind == "pareto":
            figure = optuna.visualization.plot_pareto_front(study, target_names=goals)
        else:
            figure = plots[kind](study, target=target, target_name=goals[goal])
    return _restyled(figure, kind)


def _restyled(figure: go.Figure, kind: str) -> go.Figure:
    figure.update_layout(title=None, height=HEIGHT, margin=MARGIN, template=None)
    figure.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    _renamed(figure)
    STYLES[kind](figure)
    return figure


def _renamed(figure: go.Figure) -> None:
    """Settings by their words, wherever their bare names stand."""
    figure.update_annotations(font={"color": palette.GREY})  # readable on light and on dark
    axes = [figure.layout[name] for name in figure.layout if str(name).startswith(("xaxis", "yaxis"))]
    for axis in axes:
        if axis.title.text:
            axis.title.text = _word(axis.title.text)
        if axis.ticktext:
            axis.ticktext = [_word(text) for text in axis.ticktext]
    for trace in figure.data:
        if trace.type == "bar":
            trace.y = [_word(name) for name in trace.y]


def _word(text: str) -> str:
    from vae_core.search import space

    return labels.setting(text) if text in space.VARIED else text


def _history(figure: go.Figure) -> None:
    """Optuna counts trials from 0; everywhere else here the first one is trial 1."""
    for trace in figure.data:
        trace.x = [number + 1 for number in trace.x]
        if trace.mode == "markers":
            trace.update(marker={"color": palette.GREY, "size": 7}, name="A trial")
        else:
            trace.update(line={"color": BEST, "width": 2.5, "shape": "hv"}, name="Best so far", mode="lines")
    figure.update_layout(legend=chart.LEGEND)


def _importance(figure: go.Figure) -> None:
    for number, trace in enumerate(figure.data):
        trace.update(marker={"color": palette.colour(number)})
    figure.update_layout(legend=chart.LEGEND)
    figure.update_xaxes(title="Share of the differences between trials")
    figure.update_yaxes(title=None)


def _parallel(figure: go.Figure) -> None:
    """Optuna colours each line by its value, which its first point tells too."""
    for trace in figure.data:
        if trace.mode == "lines":
            trace.customdata = [[_word(name), value] for name, value in trace.customdata]
            trace.update(line={"color": mixed(BEST, WORST, float(trace.y[0])), "width": 1.6}, opacity=0.8)
        else:
            trace.update(marker={"colorscale": [[0, BEST], [1, WORST]], "reversescale": False})


def _slice(figure: go.Figure) -> None:
    for trace in figure.data:
        numbers = [number + 1 for number in trace.marker.color]
        style = {"colorscale": [[0, FIRST], [1, LAST]], "size": 8, "line": {"width": 0}}
        trace.update(marker={**style, "color": numbers})


def _contour(figure: go.Figure) -> None:
    for trace in figure.data:
        if trace.type == "contour":
            trace.update(colorscale=[[0, BEST], [1, "#EEF1F7"]], reversescale=False)
        elif trace.type == "scatter":
            trace.update(marker={"color": palette.COLOURS[1], "size": 6, "line": {"width": 0.5, "color": "#333"}})


def _pareto(figure: go.Figure) -> None:
    """Optuna draws the beaten ones first."""
    for trace, colour in zip(figure.data, (palette.GREY, palette.COLOURS[2]), strict=False):
        trace.update(marker={"color": colour, "showscale": False, "size": 9, "line": {"width": 0}}, showlegend=True)
    for trace, name in zip(figure.data, ("Beaten in both", "Best bargains"), strict=False):
        trace.update(name=name)
    figure.update_layout(legend=chart.LEGEND)


STYLES: dict[str, Callable[[Any], None]] = {
    "history": _history,
    "importance": _importance,
    "parallel": _parallel,
    "slice": _slice,
    "contour": _contour,
    "pareto": _pareto,
}


def mixed(first: str, second: str, share: float) -> str:
    """Between two colours of the form #RRGGBB."""
    ends: Sequence[tuple[int, ...]] = [
        tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5)) for colour in (first, second)
    ]
    share = min(1.0, max(0.0, share))
    return "#" + "".join(f"{round(a + share * (b - a)):02X}" for a, b in zip(*ends, strict=True))
