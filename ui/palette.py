"""Which colour a class or a run has on every page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b

from vae_core.look.colours import COLOURS as COLOURS
from vae_core.look.colours import GREY as GREY


def colour(number: int) -> str:
    """Of the class of that number; after the last colour the first comes again."""
    return COLOURS[number % len(COLOURS)]


def classes(shown: Sequence[bool]) -> list[str]:
    """One a class. Where there are more classes than colours, those that are shown have the first ones."""
    if len(shown) <= len(COLOURS):
        return list(COLOURS[: len(shown)])
    return [colour(max(place, 0)) for place in (sum(shown[: number + 1]) - 1 for number in range(len(shown)))]


def run(run_id: str, taken: Collection[str] = ()) -> str:
    """A run's own colour. It follows from its name alone, so no other run that comes or goes can change it.

    Where that colour is `taken`, the run has its next one, which is always the same too.
    """
    liked = sorted(COLOURS, key=lambda each: blake2b(f"{run_id} {each}".encode()).digest())
    return next((each for each in liked if each not in taken), liked[0])


def runs(ids: Iterable[str]) -> dict[str, str]:
    """For runs on one chart: no two alike while there are enough colours. Whoever joins them changes none of theirs."""
    found: dict[str, str] = {}
    for run_id in ids:
        found[run_id] = run(run_id, found.values())
    return found
