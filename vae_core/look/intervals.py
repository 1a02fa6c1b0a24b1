"""How sure a difference between two models is. All arrays hold one number an image.

Two runs are compared by a paired bootstrap over the test images: which images were drawn is the only chance in it.
Two configs are compared over their seeds as well, pair by pair: of one seed both saw the same images in the same
order. A bootstrap over three seeds knows none that is more extreme than those, so its interval is too narrow. This
one has Student's width for so few pairs, joined with that for so many images as two independent errors are.

Seeds are added until a difference shows. Who looks after each of them and stops when it looks good finds a difference
where none is, so one looks at the numbers of `arms.LOOKS` only, and is so much surer each time that all of these looks
hold together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vae_core.runs import arms

RESAMPLES = 4000
CONFIDENCE = 0.95  # that all intervals of a table hold together
CHUNK = 100  # resamples that are drawn at once
EACH_LOOK = 0.9903  # of the interval at one look: with normal differences all seven hold in 95 % of comparisons
DIFFERS, LITTLE = "differs", "little"  # what an interval can settle


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0

    def within(self, most: float) -> bool:
        """Whether a difference of more than that, up or down, is excluded."""
        return -most < self.low and self.high < most

    def settles(self, matters: float) -> str:
        """DIFFERS, or LITTLE where whatever matters is excluded; empty while it is open."""
        if self.excludes_zero:
            return DIFFERS
        return LITTLE if self.within(matters) else ""


def level(count: int) -> float:
    """The confidence that each of `count` intervals needs, so that all hold together: Bonferroni's correction."""
    return 1 - (1 - CONFIDENCE) / max(1, count)


def over_images(differences: np.ndarray, confidence: float, seed: int = 0) -> list[Interval]:
    """Of the mean of each column of (images, metrics), by drawing images with replacement; one draw serves all."""
    means = _resampled_means(np.asarray(differences, np.float64), seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, (tail, 1 - tail), axis=0)
    return [Interval(float(m), float(a), float(b)) for m, a, b in zip(differences.mean(axis=0), low, high)]


def of_mean(values: np.ndarray, confidence: float) -> Interval:
    """Of one difference an image, many of them: Student's, which takes no drawing."""
    value, half = float(values.mean()), _half(values, confidence)
    return Interval(value, value - half, value + half)


def looked(pairs: int) -> int:
    """How many of so many pairs count: those of the last look; 0 before the first."""
    return max((look for look in arms.LOOKS if look <= pairs), default=0)


def half_width(spread: float, count: int, confidence: float = EACH_LOOK) -> float:
    """Of Student's interval of the mean of so many numbers with this standard deviation."""
    from scipy.special import stdtrit

    return float(stdtrit(count - 1, (1 + confidence) / 2)) * spread / math.sqrt(count)


def over_pairs_and_images(differences: np.ndarray, confidence: float) -> Interval:
    """Of the mean of (pairs, images): what one of a pair has more than the other, at least two pairs."""
    value = float(differences.mean())
    halves = [_half(differences.mean(axis=axis), confidence) for axis in (1, 0)]
    return Interval(value, value - math.hypot(*halves), value + math.hypot(*halves))


def _half(values: np.ndarray, confidence: float) -> float:
    return half_width(float(values.std(ddof=1)), len(values), confidence)


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
