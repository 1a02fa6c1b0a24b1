"""Which of many rows are worked on: some all over the file, or all, part after part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

CHUNK = 2048  # images that are floats at once


def chunks(count: int, size: int = CHUNK) -> Iterator[slice]:
    """Rows in their order, at most `size` at a time."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def spread(count: int, most: int) -> np.ndarray:
    """Evenly spaced numbers below `count`, which keep the classes' shares of a file that is sorted by class."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)) if count else np.empty(0, int)
