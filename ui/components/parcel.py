"""One run of bytes for the browser: a length, a JSON header, then the parts that the header points to."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

STEPS = 65535  # of a number in two bytes: finer than any screen
Array = np.ndarray[Any, Any]


class Parcel:
    """Collects parts; each is known in the header by where it starts and how long it is."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> list[int]:
        place = [self.size, len(part)]
        padded = part + b"\0" * (-len(part) % 4)
        self._parts.append(padded)
        self.size += len(padded)
        return place

    def sealed(self, header: Mapping[str, Any]) -> bytes:
        text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        return struct.pack("<I", len(text)) + text + b"".join(self._parts)


def span(low: Array, high: Array) -> Array:
    """How far it is from `low` to `high`; 1 where they are the same."""
    return np.where(high > low, high - low, 1)


def in_steps(values: Array, low: Array, span: Array, steps: int = STEPS) -> Array:
    """Numbers from `low` to `low + span` as steps of two bytes."""
    return np.rint((values - low) / span * steps).astype("<u2")


def rounded(values: Iterable[float]) -> list[float | None]:
    """Six digits, as a float32 has them; None for what is no number."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]
