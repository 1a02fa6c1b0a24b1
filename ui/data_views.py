"""What the Data page shows of a data set: a few images of each class, counts, the split, and images with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vae_core.data.dataset import Dataset

Array = np.ndarray[Any, Any]
EACH = 12  # images of a class that are shown
MOST_CLASSES = 20  # that get a row each
MIXED = 96  # images that are shown where there are no classes, or too many


@dataclass(frozen=True)
class View:
    """`images` are (rows, columns, h, w, c): a row a class, or a mix. Counts are by class, in the classes' order."""

    images: Array
    rows: tuple[str, ...]  # what a row shows; empty where it is a mix
    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def view(dataset: Dataset) -> View:
    raise NotImplementedError
