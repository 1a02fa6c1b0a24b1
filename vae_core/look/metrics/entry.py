"""One number about a run, with what a person needs to read it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from vae_core.checked import Json
from vae_core.design.naming import HIGHER as HIGHER
from vae_core.design.naming import LOWER as LOWER
from vae_core.design.naming import Quantity as Quantity

CONFIDENCE = 0.95
Tell = Callable[[float], None]  # the share of a part's work that is done


@dataclass(frozen=True)
class Entry:
    """`of` says how many of what the value comes from; `interval` is of the mean over images, 95 %."""

    what: Quantity
    value: float | int
    of: str
    interval: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Json]:
        named = {"name": self.what.key, "label": self.what.label, "value": self.value, "unit": self.what.unit}
        interval = {"interval": list(self.interval)} if self.interval else {}
        return {**named, "better": self.what.better, "meaning": self.what.meaning, **interval, "of": self.of}


@dataclass(frozen=True)
class Missing:
    """What could not be measured of this run, and why."""

    what: Quantity
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"name": self.what.key, "label": self.what.label, "reason": self.reason}


Found = Entry | Missing


def missing(of: Iterable[Quantity], reason: str) -> Iterator[Missing]:
    return (Missing(what, reason) for what in of)


def mean(what: Quantity, values: np.ndarray) -> Entry:
    """The mean of one number an image, with its interval; without one where there are too few images."""
    values = np.asarray(values, np.float64)
    return Entry(what, float(values.mean()), f"{len(values):,} test images", interval(values))


def interval(values: np.ndarray) -> tuple[float, float] | None:
    """The 95 % interval of the mean of values, by Student's t."""
    from scipy.special import stdtrit

    if len(values) < 3:
        return None
    half = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half
