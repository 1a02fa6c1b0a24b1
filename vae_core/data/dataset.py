"""What every data set becomes: uint8 images in a train and a test part, with all that is known about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vae_core.data import large

Array = np.ndarray[Any, Any]


class Warned(str):
    """A warning; where there is one, the repair: other settings of how the images are read; and about which share of a
    result it may spoil, by which warnings are ordered before they are kept."""

    def __new__(cls, text: str, repair: dict[str, Any] | None = None, weight: float = 0.0) -> Warned:
        found = super().__new__(cls, text)
        found.repair, found.weight = repair or {}, weight
        return found

    repair: dict[str, Any]
    weight: float


@dataclass(frozen=True)
class Part:
    """Images (n, height, width, channels) as uint8, with a label and any further columns for each."""

    pixels: Array
    labels: Array | None = None
    columns: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: Array) -> Part:
        labels = None if self.labels is None else self.labels[indices]
        return Part(self.pixels[indices], labels, {name: values[indices] for name, values in self.columns.items()})


@dataclass(frozen=True)
class Dataset:
    """A data set's arrays, which may be mapped from a file. `validation` and `groups` speak of the training part."""

    name: str
    title: str
    train: Part
    test: Part
    classes: tuple[str, ...] = ()
    validation: Array | None = None
    groups: Array | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    fingerprint: str = ""
    source: str = ""

    @property
    def validates(self) -> Array:
        """Whether a training image is one of the data set's own that validate."""
        mask = np.zeros(len(self.train), bool)
        if self.validation is not None:
            mask[self.validation] = True
        return mask

    @property
    def image(self) -> tuple[int, int, int]:
        height, width, channels = self.train.pixels.shape[1:]
        return int(height), int(width), int(channels)


@dataclass(frozen=True)
class Summary:
    """What can be said of a data set without its pixels. `train` counts the `validation` images as well."""

    name: str
    title: str
    image: tuple[int, int, int]
    train: int
    validation: int
    test: int
    classes: tuple[str, ...]
    origin: str  # "built in", "download", "local" or "added"
    ready: bool  # False where loading it needs the network
    source: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def fingerprint(train: Part, test: Part, validation: Array | None = None, groups: Array | None = None) -> str:
    """A short name for all that a training can see; two data sets that share it train the same model."""
    digest = hashlib.sha256()
    for values in (train.pixels, train.labels, test.pixels, test.labels, validation, groups):
        if values is None:
            digest.update(b"none")
            continue
        digest.update(f"{values.dtype.str}{values.shape}".encode())
        for rows in large.blocks(values):
            digest.update(np.ascontiguousarray(values[rows]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()[:16]
