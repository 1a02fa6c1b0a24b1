"""UMAP: the graph of neighbours as umap-learn defines it, laid out by umap-learn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from vae_core.data.dataset import Array

SMALL = 10_000  # up to so many points there are more epochs
EPOCHS = {True: 500, False: 200}
WIDE = 10.0  # of the first places
NOISE = 1e-4  # of these, so that equal images come apart
HALVINGS = 64  # of the search for a point's bandwidth
CLOSE_ENOUGH, LEAST_BANDWIDTH = 1e-5, 1e-3
MOST = float(np.finfo(np.float32).max)
BAR = {"disable": False, "mininterval": 0.1, "miniters": 1, "bar_format": "{n}"}  # of umap-learn's progress
After = Callable[[int, int, Array], None]  # epochs done, of, and the places


def graph(near: Array, distances: Array) -> Any:
    """(n, n) sparse: how strongly points are tied, 0..1. `near` (n, k) without the points themselves.

    umap-learn computes the same after compiling for 12 seconds."""
    from scipy.sparse import csr_matrix

    count, k = near.shape
    nearest, width = _bandwidths(distances)
    beyond = np.maximum(distances - nearest[:, None], 0.0)
    tie = np.exp(-beyond / np.where(width > 0, width, 1.0)[:, None])
    one_way = csr_matrix((tie.ravel(), near.ravel(), np.arange(count + 1) * k), (count, count))
    other_way = one_way.T
    both = one_way.multiply(other_way)
    return (one_way + other_way - both).tocoo()


def lay_out(tied: Any, start: Array, min_dist: float, seed: int, after: After) -> Array:
    """(n, 2) places by umap-learn's descent; `after` is called between epochs and may end it by raising."""
    with _without_tensorflow():
        from umap.layouts import optimize_layout_euclidean
        from umap.umap_ import find_ab_params, make_epochs_per_sample

    random = np.random.RandomState(seed)
    places, epochs = _first_places(start, random), EPOCHS[len(start) <= SMALL]
    strong = tied.data >= tied.data.max() / epochs  # weaker ties would never be drawn
    ends = tied.row[strong].astype(np.int32), tied.col[strong].astype(np.int32)
    every, curve = make_epochs_per_sample(tied.data[strong], epochs), find_ab_params(1.0, min_dist)
    state = random.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64)
    bar = {**BAR, "file": _Watch(lambda epoch: after(epoch, epochs, places))}
    made = optimize_layout_euclidean(
        places, places, *ends, epochs, len(places), every, *curve, state, move_other=True, tqdm_kwds=bar
    )
    return np.asarray(made)


class _Watch:
    """What the progress bar inside umap-learn writes to: the only place where it lets anybody look on."""

    def __init__(self, after: Callable[[int], None]) -> None:
        self._after = after

    def write(self, text: str) -> None:
        if text.strip().isdecimal():
            self._after(int(text.strip()))

    def flush(self) -> None:
        """Asked for by the bar."""


def _bandwidths(distances: Array) -> tuple[Array, Array]:
    """Of each point: the distance to its nearest neighbour that is elsewhere, and the width at which its ties sum up
    to the logarithm of their number."""
    nearest = np.where(distances > 0, distances, np.inf).min(axis=1)
    nearest[~np.isfinite(nearest)] = 0.0
    beyond = np.maximum(distances - nearest[:, None], 0.0)
    target = np.log2(distances.shape[1] + 1)
    low, high, width = np.zeros(len(beyond)), np.full(len(beyond), MOST), np.ones(len(beyond))
    for _ in range(HALVINGS):
        total = np.exp(-beyond / width[:, None]).sum(axis=1)
        wrong = np.abs(total - target) >= CLOSE_ENOUGH
        high = np.where(wrong & (total > target), width, high)
        low = np.where(wrong & (total <= target), width, low)
        middle = np.where(high >= MOST, width * 2, (low + high) / 2)
        width = np.where(wrong, middle, width)
    own = np.append(distances, np.zeros((len(distances), 1)), axis=1)
    least = np.where(nearest > 0, own.mean(axis=1), own.mean())
    return nearest, np.maximum(width, LEAST_BANDWIDTH * least)


def _first_places(start: Array, random: np.random.RandomState) -> Array:
    places = start[:, :2] * (WIDE / max(float(np.abs(start[:, :2]).max()), 1e-30))
    places = places + random.normal(scale=NOISE, size=places.shape)
    low, high = places.min(axis=0), places.max(axis=0)
    return np.ascontiguousarray(WIDE * (places - low) / (high - low), np.float32)


@contextmanager
def _without_tensorflow() -> Iterator[None]:
    """umap imports it for a variant that nobody asks for here, which takes seconds and half a gigabyte."""
    absent = "tensorflow" not in sys.modules
    if absent:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]  # importing it fails at once
    try:
        yield
    finally:
        if absent:
            del sys.modules["tensorflow"]
