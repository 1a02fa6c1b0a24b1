"""What a statement about a run rests on, as numbers that a page or a report can draw. See look/drawing.py."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from vae_core.checked import Json

MAIN, SECOND, MARKED = "main", "second", "marked"  # what a colour stands for


@dataclass(frozen=True)
class Line:
    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]  # None where there is no number
    role: str = MAIN
    dashed: bool = False


@dataclass(frozen=True)
class Curves:
    """Lines over epochs; `marks` are epochs that the words speak of."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    marks: tuple[tuple[float, str], ...] = ()
    across: str = "epoch"


@dataclass(frozen=True)
class Bars:
    """One bar for each name; `limit` is the value that decides, with its meaning."""

    title: str
    unit: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    limit: tuple[float, str] | None = None
    marked: tuple[int, ...] = ()  # the bars that the words speak of


@dataclass(frozen=True)
class Spans:
    """Differences with their intervals, below each other; what lies within `matters` of 0 does not matter."""

    title: str
    unit: str
    names: tuple[str, ...]
    values: tuple[tuple[float, float, float], ...]  # itself, low and high
    matters: float
    words: tuple[str, ...] = ()  # of each, in place of its interval; where it is given, each grows from 0 as a bar


@dataclass(frozen=True)
class Dots:
    """A map of codes; `labels` choose the colours."""

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    labels: tuple[int, ...] | None = None
    axes: tuple[str, str] = ("z1", "z2")
    classes: tuple[str, ...] = ()  # their names, by label, for a legend


@dataclass(frozen=True)
class Table:
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Pairs:
    """Images of a data set side by side: places in its test part, and in its training part."""

    title: str
    dataset: str
    test: tuple[int, ...]
    train: tuple[int, ...]


Evidence = Curves | Bars | Spans | Dots | Table | Pairs


def to_json(evidence: Evidence) -> dict[str, Json]:
    """With its kind, so that a reader of the JSON knows what it is."""
    return {"kind": type(evidence).__name__.lower(), **asdict(evidence)}
