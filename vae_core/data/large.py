"""Images that would fill the memory: they lie in a file, and what was read of it is let go block by block."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
LARGE = 2**26  # bytes: from here on images lie in a file
BLOCK = 2**23  # bytes that are worked on at a time


def empty(shape: tuple[int, ...], folder: Path) -> Array:
    """Bytes to be filled; many of them lie in a file without a name, which is gone with the last array on it."""
    if np.prod(shape, dtype=np.int64) < LARGE:
        return np.empty(shape, np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def blocks(values: Array) -> Iterator[slice]:
    """Stretches that are small enough to be worked on; each is let go when the next one is asked for."""
    step = max(1, BLOCK // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        yield slice(start, min(start + step, len(values)))
        let_go(values)


def let_go(values: Array) -> None:
    """Pages of a mapped file count as memory of this process until it says that it is through with them."""
    base: object = values
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):  # nowhere but on Windows it is missing
        base.madvise(mmap.MADV_DONTNEED)
