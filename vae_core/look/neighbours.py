"""Which known images lie nearest to a place in the code space."""

from __future__ import annotations

import numpy as np

CHUNK = 65_536  # codes that are compared at once


def nearest(codes: np.ndarray, place: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` codes nearest to a place, the nearest first: their numbers and distances. NaN is near to nothing."""
    distances = np.concatenate(
        [np.linalg.norm(codes[start : start + CHUNK] - place, axis=1) for start in range(0, len(codes), CHUNK)]
        or [np.empty(0)]
    )
    finite = np.flatnonzero(np.isfinite(distances))
    found = distances[finite]
    few = np.argpartition(found, count - 1)[:count] if count < len(found) else np.arange(len(found))
    few = few[np.argsort(found[few], kind="stable")]
    return finite[few], found[few]


def spread(count: int, most: int) -> np.ndarray:
    """Evenly spaced numbers below `count`, which keep the classes' shares of a file that is sorted by class."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.empty(0, int)
