"""Which colour a class or a model has on every page."""

from __future__ import annotations

from collections.abc import Iterable

from vae_core.look.colours import COLOURS as COLOURS
from vae_core.look.colours import GREY as GREY


def colour(number: int) -> str:
    """Of the class or model of that number; after the last colour the first comes again."""
    return COLOURS[number % len(COLOURS)]


def models(ids: Iterable[str]) -> dict[str, str]:
    """A colour for every run, given the oldest first: a new run changes no other's colour."""
    return {run_id: colour(number) for number, run_id in enumerate(ids)}
