"""The images that a training sees: copied into memory, or, where they are many, read from their file when needed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.data import large

IN_MEMORY = 2**28  # bytes: as many as are held twice, here and by TensorFlow
READ = 2**18  # bytes that are read before they are let go: a page of a file brings many of its neighbours along
Places = Any  # whatever chooses rows


class Rows:
    """Some images of a file, in an order of their own. Each is read when it is asked for, and let go later."""

    def __init__(self, pixels: np.ndarray, places: np.ndarray) -> None:
        self.pixels, self.places = pixels, places
        self.shape = (len(places), *pixels.shape[1:])
        self._read = 0

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, which: Places) -> np.ndarray:
        places = self.places[which]
        found = np.empty((len(places), *self.pixels.shape[1:]), self.pixels.dtype)
        step = max(1, READ // max(1, found[:1].nbytes))
        for start in range(0, len(places), step):
            part = slice(start, start + step)
            found[part] = self.pixels[places[part]]
            self._let_go(found[part].nbytes)
        return found

    def _let_go(self, read: int) -> None:
        self._read += read
        if self._read >= READ:
            self._read = 0
            large.let_go(self.pixels)


Pixels = np.ndarray | Rows


def chosen(pixels: np.ndarray, places: np.ndarray) -> Pixels:
    """These images."""
    few = len(places) * pixels[:1].nbytes <= IN_MEMORY
    return np.ascontiguousarray(pixels[places]) if few else Rows(pixels, places)


def like(pixels: Pixels) -> np.ndarray:
    """As many images to be filled, where there is room for them."""
    if isinstance(pixels, np.ndarray):
        return np.empty_like(pixels)
    return large.empty(pixels.shape, Path(tempfile.gettempdir()))
