"""How sure a difference between two models is. All arrays hold one number an image.

Two runs are compared by a paired bootstrap over the test images: which images were drawn is the only chance in it.
Two configs are compared over their seeds as well. A bootstrap over three seeds knows none that is more extreme than
those, so its interval is too narrow: two arms of three that are the same fall apart by chance once in ten times. The
interval over seeds and images therefore adds the variances of both, and is as wide as Student's t is for so few seeds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

RESAMPLES = 4000
CONFIDENCE = 0.95  # that all intervals of a table hold together
CHUNK = 100  # resamples that are drawn at once


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def level(count: int) -> float:
    """The confidence that each of `count` intervals needs, so that all hold together: Bonferroni's correction."""
    return 1 - (1 - CONFIDENCE) / max(1, count)


def over_images(differences: np.ndarray, confidence: float, seed: int = 0) -> list[Interval]:
    """Of the mean of each column of (images, metrics), by drawing images with replacement; one draw serves all."""
    means = _resampled_means(np.asarray(differences, np.float64), seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, (tail, 1 - tail), axis=0)
    return [Interval(float(m), float(a), float(b)) for m, a, b in zip(differences.mean(axis=0), low, high)]


def over_seeds_and_images(a: np.ndarray, b: np.ndarray, confidence: float) -> Interval:
    """Of mean(b) - mean(a), each (seeds, images), at least two seeds each, on the same images."""
    from scipy.special import stdtrit

    parts = [_of_seeds(a), _of_seeds(b), _of_images(b.mean(axis=0) - a.mean(axis=0))]
    variance = sum(part for part, _ in parts)
    value = float(b.mean() - a.mean())
    if variance == 0:
        return Interval(value, value, value)
    freedom = variance**2 / sum(part**2 / free for part, free in parts)  # Welch and Satterthwaite
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(variance)
    return Interval(value, value - half, value + half)


def _of_seeds(values: np.ndarray) -> tuple[float, int]:
    """The variance of an arm's mean that comes from its seeds, and its degrees of freedom."""
    means = values.mean(axis=1)
    return float(means.var(ddof=1)) / len(means), len(means) - 1


def _of_images(differences: np.ndarray) -> tuple[float, int]:
    return float(differences.var(ddof=1)) / len(differences), len(differences) - 1


def _resampled_means(values: np.ndarray, seed: int) -> np.ndarray:
    """(resamples, metrics): how often each image was drawn, times its values."""
    random, count = np.random.default_rng(seed), len(values)
    parts = []
    for start in range(0, RESAMPLES, CHUNK):
        rows = min(CHUNK, RESAMPLES - start)
        drawn = random.integers(count, size=(rows, count)) + count * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        parts.append(times @ values / count)
    return np.concatenate(parts)
