"""What a learning-rate range test tells: between which rates a model learns, and where it learns fastest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

KIND = "rates"  # of the task
SPEC = {"low": 1e-6, "high": 1.0, "steps": 200}
MEMORY = 0.9  # of the running mean over the steps' noisy losses
BEGUN = 0.1  # share of the whole fall from which on it learns


@dataclass(frozen=True)
class Found:
    smooth: tuple[float, ...]
    low: float  # where the loss begins to fall
    steepest: float  # where it falls fastest for a step by a factor
    high: float  # where it is lowest; above, steps are too large


def read(points: Sequence[Sequence[float]]) -> Found | None:
    """What a range test says; None where too few steps were taken, or the loss never fell."""
    if len(points) < 10:
        return None
    rates, losses = (np.array(column, float) for column in zip(*points, strict=True))
    smooth = smoothed(losses)
    last = int(np.argmin(smooth))
    if last < 3 or smooth[0] <= smooth[last]:
        return None
    fall = smooth[0] - smooth[last]
    first = int(np.argmax(smooth[: last + 1] < smooth[0] - BEGUN * fall))
    slopes = np.gradient(smooth, np.log(rates))
    steepest = int(np.argmin(slopes[: last + 1]))
    return Found(tuple(smooth.tolist()), float(rates[first]), float(rates[steepest]), float(rates[last]))


def smoothed(losses: np.ndarray) -> np.ndarray:
    """A running mean that begins at the first value without a bias to it."""
    found, mean = np.empty(len(losses)), 0.0
    for step, loss in enumerate(losses):
        mean = MEMORY * mean + (1 - MEMORY) * float(loss)
        found[step] = mean / (1 - MEMORY ** (step + 1))
    return found
