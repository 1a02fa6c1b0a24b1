"""A first map of a few of many points, which moves while programs are loaded and the neighbours of all are searched.

It is t-SNE as its equations stand, between all pairs, with nothing but NumPy: loading what lays out all of them alone
takes over a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look import neighbours
from vae_core.look.projection import Projection
from vae_core.look.projection.live import Show

MANY = 3000  # points from which the search takes noticeably long
POINTS = 1000
PERPLEXITY = 15.0
NEAR = 45  # neighbours of each that attract it
HALVINGS = 40  # of the search for a point's bandwidth
STEPS = 20  # at a time
ENOUGH = 750  # steps
ATTRACTION = 6.0  # times as strong as in t-SNE, so that clusters part soon
MOMENTUM, GROWTH, DECAY, LEAST_GAIN = 0.8, 0.2, 0.8, 0.01  # of each number's own rate, as usual in t-SNE
REST = 0.25  # seconds between moves beside other work
START = 1e-2  # standard deviation of the first places


class Preview:
    """Nothing where the points are few: all of them move soon enough."""

    def __init__(self, values: Array, start: Array, spec: Projection, show: Show) -> None:
        self._wanted = len(values) >= MANY
        self._show, self._step = show, 0
        if not self._wanted:
            return
        self._of = neighbours.spread(len(values), POINTS)
        self._ties = ties(values[self._of], min(spec.perplexity, PERPLEXITY))
        places = start[self._of, :2] - start[self._of, :2].mean(axis=0)
        self._places = np.asarray(START * places / max(float(places.std()), 1e-12), np.float32)
        self._speed, self._gains = np.zeros_like(self._places), np.ones_like(self._places)

    def go(self) -> bool:
        """A few steps; whether there were any."""
        if not self._wanted or self._step >= ENOUGH:
            return False
        for _ in range(STEPS):
            self._move()
            self._show(self._places, self._of)
        return True

    def _move(self) -> None:
        slope = gradient(ATTRACTION * self._ties, self._places)
        same = np.sign(slope) == np.sign(self._speed)
        self._gains = np.maximum(np.where(same, self._gains * DECAY, self._gains + GROWTH), LEAST_GAIN)
        self._speed = MOMENTUM * self._speed - len(slope) / (4 * ATTRACTION) * self._gains * slope
        self._places = self._places + self._speed
        self._step += 1


def paced(go: Callable[[], object]) -> Callable[[], None]:
    """For who calls it often: most of the time is left to the other work."""
    rested = time.monotonic()

    def now_and_then() -> None:
        nonlocal rested
        if time.monotonic() >= rested:
            go()
            rested = time.monotonic() + REST

    return now_and_then


def ties(values: Array, perplexity: float) -> Array:
    """(n, n) float32, adding up to 1: how alike two points are, as t-SNE has it."""
    squared = neighbours.squared_distances(values, values)
    np.fill_diagonal(squared, np.inf)
    near = np.argpartition(squared, NEAR, axis=1)[:, :NEAR]
    shares = _shares(np.take_along_axis(squared, near, axis=1), np.log(perplexity))
    one_way = np.zeros_like(squared)
    np.put_along_axis(one_way, near, shares.astype(np.float32), axis=1)
    return np.asarray((one_way + one_way.T) / (2 * len(values)), np.float32)


def gradient(ties: Array, places: Array) -> Array:
    """(n, 2): where Kullback and Leibler's divergence grows."""
    near = 1 / (1 + neighbours.squared_distances(places, places))
    np.fill_diagonal(near, 0)
    pull = (ties - near / near.sum()) * near
    return 4 * (pull.sum(axis=1, keepdims=True) * places - pull @ places)


def _shares(squared: Array, entropy: float) -> Array:
    """Of each row, Gaussian shares that add up to 1, as wide as gives that entropy (nats)."""
    beyond = (squared - squared.min(axis=1, keepdims=True)).astype(np.float64)
    low, high = np.full((len(beyond), 1), -60.0), np.full((len(beyond), 1), 60.0)  # logarithms of the sharpness
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        weights = np.exp(-beyond * np.exp(middle))
        shares = weights / weights.sum(axis=1, keepdims=True)
        spread = -(shares * np.log(shares + 1e-300)).sum(axis=1, keepdims=True)
        low, high = np.where(spread > entropy, middle, low), np.where(spread > entropy, high, middle)
    return np.asarray(shares)
