"""The colours that classes and models have on every page. Told apart with every common kind of colour blindness."""

from __future__ import annotations

from collections.abc import Iterable

COLOURS = (
    "#4169B0", "#FF9E02", "#CC466D", "#379D93", "#78893E",
    "#DBAD54", "#A586CE", "#FA98CB", "#7B4B32", "#BDA881",
)  # fmt: skip
GREY = "#8A8F98"  # what has no class, and what a selection leaves out


def colour(number: int) -> str:
    """Of the class or model of that number; after the last colour the first comes again."""
    return COLOURS[number % len(COLOURS)]


def models(ids: Iterable[str]) -> dict[str, str]:
    """A colour for every run, given the oldest first: a new run changes no other's colour."""
    return {run_id: colour(number) for number, run_id in enumerate(ids)}
