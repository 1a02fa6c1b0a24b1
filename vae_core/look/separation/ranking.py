"""How well a score ranks odd images before usual ones: AUROC and average precision, each with a bootstrap interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vae_core.look.rows import chunks

RESAMPLES = 500
CHUNK = 50
CONFIDENCE = 0.95
ROUNDING = 1e-9  # of a rate that is no binary fraction


@dataclass(frozen=True)
class Quality:
    auroc: float
    auroc_interval: tuple[float, float]
    precision: float  # the average one
    precision_interval: tuple[float, float]


@dataclass(frozen=True)
class Confusion:
    """What comes of calling the images of the highest scores odd."""

    threshold: float
    found: int  # odd and called so
    missed: int
    false: int  # usual, but called odd
    right: int  # usual and left in peace

    @property
    def accuracy(self) -> float:
        return (self.found + self.right) / (self.found + self.missed + self.false + self.right)

    @property
    def balanced_accuracy(self) -> float:
        return (self.recall + self.right / max(1, self.right + self.false)) / 2

    @property
    def false_alarms(self) -> float:
        """The share of usual images that are called odd."""
        return self.false / max(1, self.false + self.right)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false)


def quality(scores: np.ndarray, odd: np.ndarray, seed: int = 0) -> Quality:
    """Of one score, higher for the odder. Resamples keep how many are odd."""
    order, positive, starts = _falling(scores, odd)
    value = _both(np.ones((1, len(scores))), positive, starts)
    drawn = [_both(times[:, order], positive, starts) for times in _resamples(odd, seed)]
    tail = (1 - CONFIDENCE) / 2
    (low, low_p), (high, high_p) = np.quantile(np.concatenate(drawn), (tail, 1 - tail), axis=0)
    return Quality(float(value[0, 0]), (float(low), float(high)), float(value[0, 1]), (float(low_p), float(high_p)))


def _falling(scores: np.ndarray, odd: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The images in falling order of score, which of them are odd, and where each step of equal scores begins."""
    order = np.argsort(-scores, kind="stable")
    return order, odd[order].astype(np.float64), np.flatnonzero(np.r_[True, np.diff(scores[order]) != 0])


def _resamples(odd: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """How often each image was drawn, some resamples at a time."""
    random = np.random.default_rng(seed)
    groups = [np.flatnonzero(odd), np.flatnonzero(~odd)]
    for part in chunks(RESAMPLES, CHUNK):
        times = np.zeros((part.stop - part.start, len(odd)))
        for group in groups:
            drawn = random.multinomial(len(group), np.full(len(group), 1 / len(group)), size=len(times))
            times[:, group] = drawn
        yield times


def _both(times: np.ndarray, positive: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(resamples, 2): AUROC and average precision of images in falling order of score, each counted so often."""
    odd = np.add.reduceat(times * positive, starts, axis=1)
    usual = np.add.reduceat(times * (1 - positive), starts, axis=1)
    odd_so_far, usual_so_far = odd.cumsum(axis=1), usual.cumsum(axis=1)
    all_odd, all_usual = odd_so_far[:, -1:], usual_so_far[:, -1:]
    before = odd_so_far - odd / 2  # odd ones above a usual one; half of those beside it
    auroc = (usual * before).sum(axis=1) / (all_odd * all_usual)[:, 0]
    precision = odd_so_far / np.maximum(odd_so_far + usual_so_far, 1e-12)
    return np.column_stack([auroc, (odd / all_odd * precision).sum(axis=1)])


def auroc(scores: np.ndarray, odd: np.ndarray) -> float:
    _, positive, starts = _falling(scores, odd)
    return float(_both(np.ones((1, len(scores))), positive, starts)[0, 0])


def line(held: np.ndarray, rate: float) -> float:
    """The score above which an image is called odd, so that usual ones are by mistake with this probability at most.

    Of n held-out usual scores and a new one each is equally likely to be the highest: the line is the held-out score
    of rank (n + 1) (1 - rate), rounded up, and infinite where so few cannot vouch for so low a rate.
    """
    rank = math.ceil((len(held) + 1) * (1 - rate) - ROUNDING)
    return float(np.sort(held)[max(rank, 1) - 1]) if rank <= len(held) else math.inf


def least(held: int) -> float:
    """The lowest rate of false alarms that so many held-out usual images can vouch for."""
    return 1 / (held + 1)


def confusion(scores: np.ndarray, odd: np.ndarray, threshold: float) -> Confusion:
    """What comes of calling the images with a score above the threshold odd."""
    called = scores > threshold
    return Confusion(
        threshold, *(int(each.sum()) for each in (called & odd, ~called & odd, called & ~odd, ~called & ~odd))
    )
