"""One number about a run, with what a person needs to read it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vae_core.design.naming import HIGHER as HIGHER
from vae_core.design.naming import LOWER as LOWER
from vae_core.design.naming import NEITHER as NEITHER
from vae_core.design.naming import QUANTITIES

CONFIDENCE = 0.95
Tell = Callable[[float], None]  # the share of a part's work that is done


@dataclass(frozen=True)
class Entry:
    """`interval` is of the mean over images, 95 %; `of` says how many of what the number comes from."""

    name: str
    label: str
    value: float | int
    unit: str
    better: str
    meaning: str
    interval: tuple[float, float] | None = None
    of: str = ""

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"name": self.name, "label": self.label, "value": self.value, "unit": self.unit,
                    "better": self.better, "meaning": self.meaning}  # fmt: skip
        if self.interval:
            document["interval"] = list(self.interval)
        return {**document, "of": self.of} if self.of else document


@dataclass(frozen=True)
class Missing:
    """What could not be measured of this run, and why."""

    name: str
    label: str
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "label": self.label, "reason": self.reason}


Found = Entry | Missing


def known(key: str, values: np.ndarray, name: str = "") -> Entry:
    """The mean of a number that other parts of the program show as well, by the name and unit that it has there."""
    of = QUANTITIES[key]
    return mean(name or key, of.label, values, of.unit, of.better, of.meaning)


def mean(name: str, label: str, values: np.ndarray, unit: str, better: str, meaning: str, of: str = "") -> Entry:
    """The mean of one number an image, with its interval; without one where there are too few images."""
    values = np.asarray(values, np.float64)
    of = of or f"{len(values):,} test images"
    return Entry(name, label, float(values.mean()), unit, better, meaning, interval(values), of)


def interval(values: np.ndarray) -> tuple[float, float] | None:
    """The 95 % interval of the mean of values, by Student's t."""
    from scipy.special import stdtrit

    if len(values) < 3:
        return None
    half = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half
