"""What the browser tells about a plane. It comes from outside: what is not as it should be counts as not told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

NAMES = ("at", "chosen", "pinned", "marks", "ask")
MOST_ASKED = 64  # test images that one question may be about


@dataclass(frozen=True)
class Asked:
    """One question: facts about these test images, and the picture of this code where the browser does not decode."""

    seq: int
    images: tuple[int, ...]
    code: tuple[float, ...] | None


@dataclass(frozen=True)
class State:
    """What the browser told last. Images are places in the test set; one that does not exist may be among them."""

    at: tuple[float, ...] | None = None  # the code that the cursor rests at
    chosen: tuple[int, ...] = ()  # by box or lasso
    pinned: tuple[int, ...] = ()  # two at most, to walk between
    marks: tuple[tuple[float, ...], ...] = ()  # bookmarked codes
    asked: Asked | None = None


def read(told: Mapping[str, Any]) -> State:
    return State(
        numbers(told.get("at")),
        _chosen(told.get("chosen")),
        _places(told.get("pinned"))[:2],
        tuple(filter(None, map(numbers, _list(told.get("marks"))))),
        _asked(told.get("ask")),
    )


def numbers(told: Any) -> tuple[float, ...] | None:
    found = _list(told)
    fit = all(isinstance(number, int | float) and np.isfinite(number) for number in found)
    return tuple(map(float, found)) if found and fit else None


def _asked(question: Any) -> Asked | None:
    if not isinstance(question, Mapping) or not isinstance(question.get("seq"), int):
        return None
    return Asked(question["seq"], _places(question.get("images"))[:MOST_ASKED], numbers(question.get("code")))


def _chosen(bits: Any) -> tuple[int, ...]:
    """One bit a test image, the first in the lowest bit of the first byte."""
    try:
        packed = np.frombuffer(base64.b64decode(bits or "", validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return ()
    return tuple(np.flatnonzero(np.unpackbits(packed, bitorder="little")).tolist())


def _places(told: Any) -> tuple[int, ...]:
    return tuple(place for place in _list(told) if isinstance(place, int) and place >= 0)


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []
