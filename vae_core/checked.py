"""What comes from outside the program, checked where it comes in: each check gives a value back, or says what it wants.

status = record(epoch=whole(), best=maybe(record(epoch=whole(1))))
status({"epoch": 3, "best": None})      the same again
status({"epoch": "3"})                  Unfit: "epoch", "a whole number"
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Json: TypeAlias = "None | bool | int | float | str | Sequence[Json] | Mapping[str, Json]"  # what is written as JSON
Check = Callable[[object], Any]  # what it gives back is of the type that it stands for
MOST_TEXT = 100_000
MOST_PARTS = 100_000
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Names of devices in Windows, whatever follows a point, and what it takes for the same name: no folder is called so.
NO_DEVICE = r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))(?!.*\.$)"
LARGEST = 1e300  # of a number: sums of such are still finite
LETTERS = {"f": "decimal numbers", "iu": "whole numbers", "u": "bytes", "U": "a text"}  # NumPy's kinds


class Unfit(Exception):
    """`wanted` is what was expected, for the middle of a sentence; `place` leads there, the outermost key first."""

    def __init__(self, wanted: str, *place: str) -> None:
        super().__init__(wanted, *place)
        self.wanted = wanted
        self.place = place

    @property
    def field(self) -> str:
        return ".".join(self.place)


def anything(value: object) -> object:
    """Let everything pass: what is checked elsewhere."""
    return value


def flag(value: object) -> bool:
    if type(value) is not bool:
        raise Unfit("true or false")
    return value


def text(value: object) -> str:
    if type(value) is not str or len(value) > MOST_TEXT:
        raise Unfit("a text")
    return value


def written(value: object) -> str:
    """What a person wrote. A mark that turns text round would turn what stands behind it as well: a loss of 0.692."""
    return TURNING.sub("", text(value))


def moment(value: object) -> str:
    """A date and time in ISO's form, with its zone."""
    with suppress(ValueError):
        if isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None:
            return value
    raise Unfit("a date and time")


def whole(low: int = 0, high: int = 2**53) -> Check:
    def check(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Unfit(f"a whole number from {low:,}" if high == 2**53 else f"a whole number from {low:,} to {high:,}")
        return value

    return check


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """A check for finite numbers within bounds."""

    least, most = max(low, -LARGEST), min(high, LARGEST)

    def check(value: object) -> float:
        if (type(value) is not int and type(value) is not float) or not least <= value <= most:
            raise Unfit("a number" if low == -math.inf else f"a number from {low:g}")
        return value

    return check


def one_of(*words: str) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Unfit(f"one of {', '.join(words)}")
        return value

    return check


def is_number(cell: str) -> bool:
    """Whether a cell of a table reads as one."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def maybe(check: Check) -> Check:
    """A check that lets None pass as well."""
    return lambda value: None if value is None else check(value)


def listed(check: Check) -> Check:
    def checked(value: object) -> list[object]:
        if not isinstance(value, list) or len(value) > MOST_PARTS:
            raise Unfit("a list")
        return [inside(check, part, str(place)) for place, part in enumerate(value)]

    return checked


def by_name(check: Check) -> Check:
    """A check for a mapping with any names, each with a value of that kind."""

    def checked(value: object) -> dict[str, object]:
        return {text(key): inside(check, part, str(key)) for key, part in _mapping(value).items()}

    return checked


def record(**fields: Check) -> Check:
    """These fields at least, a missing one counts as null. What a newer version adds is kept as it is."""
    return lambda value: _checked(dict(_mapping(value)), fields, fields)


def partial(**fields: Check) -> Check:
    """A check for a mapping that may have any of these fields, and others."""

    def checked(value: object) -> dict[str, object]:
        given = dict(_mapping(value))
        return _checked(given, fields, [name for name in fields if name in given])

    return checked


def _checked(given: dict[str, object], fields: Mapping[str, Check], names: Iterable[str]) -> dict[str, object]:
    name = ""
    try:
        for name in names:
            given[name] = fields[name](given.get(name))
    except Unfit as error:
        raise Unfit(error.wanted, name, *error.place) from None
    return given


def _mapping(value: object) -> Mapping[str, object]:
    if type(value) is not dict or len(value) > MOST_PARTS:
        raise Unfit("a JSON object")
    return value


def inside(check: Check, value: object, key: str) -> Any:
    """The value that stands under this key; where it does not fit, the error leads there."""
    try:
        return check(value)
    except Unfit as error:
        raise Unfit(error.wanted, key, *error.place) from None


@dataclass(frozen=True)
class Numbers:
    """What an array has to be: its kind, and its shape, where a word stands for one size wherever it stands."""

    kind: str  # letters of NumPy's kinds
    shape: tuple[int | str, ...]
    optional: bool = False
    finite: bool = False

    def told(self) -> str:
        return f"{LETTERS[self.kind]} of the shape ({', '.join(map(str, self.shape))})"
