"""Numbers, counts and times in words: the same on the pages, in the reports and in a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def number(value: float | None, digits: int = 4) -> str:
    """A number with as many digits as say something."""
    if value is None:
        return "–"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def plural(count: int, one: str, more: str = "") -> str:
    """A count with its word: `more` is the word for several, where that is not `one` with an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def some(names: Sequence[str], most: int) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def duration(seconds: float | None) -> str:
    """A time that has passed, or that is known: 7.5 s, 42 s, 3 min or 2 h 5 min."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
