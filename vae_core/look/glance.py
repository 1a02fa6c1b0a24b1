"""A data set at a glance: a few images of each class, how many there are, and images with noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vae_core.data.dataset import Array, Dataset, Part
from vae_core.look import noise
from vae_core.look.rows import spread

EACH = range(12, 33)  # images of a class that are shown, as many of them ...
BYTES = 400_000  # ... as all that is shown is large
MOST_CLASSES = 20  # that get a line each
COLUMNS = 16  # of a sheet of them
MIXED = 96  # images that are shown where there are no classes
NOISY = 10  # images of the noise preview


@dataclass(frozen=True)
class Line:
    """A class, or everything where there are none: some of its images (n, h, w, c), and how many there are."""

    name: str
    images: Array
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class View:
    lines: tuple[Line, ...]
    left_out: int  # classes without a line
    mix: Array  # training images of all kinds, (NOISY, h, w, c)


def view(dataset: Dataset) -> View:
    train = dataset.train
    mix = train.pixels[spread(len(train), NOISY)]
    if train.labels is None or not dataset.classes:
        return View((_everything(dataset),), 0, mix)
    lines = tuple(_lines(dataset))
    return View(lines, len(dataset.classes) - len(lines), mix)


def noisy(images: Array, sigma: float, seed: int = 0) -> Array:
    """(2, n, h, w, c): the images, and what a denoising model gets to see instead."""
    return np.stack([images, noise.spoiled(images, "Gaussian", sigma, seed)])


def _everything(dataset: Dataset) -> Line:
    images = dataset.train.pixels[spread(len(dataset.train), MIXED)]
    held = 0 if dataset.validation is None else len(dataset.validation)
    return Line("", images, len(dataset.train) - held, held, len(dataset.test))


def _lines(dataset: Dataset) -> Iterator[Line]:
    labels, classes = dataset.train.labels, len(dataset.classes)
    assert labels is not None
    own = np.zeros(len(labels), bool) if dataset.validation is None else _mask(dataset.validation, len(labels))
    train, validation = _counts(labels[~own], classes), _counts(labels[own], classes)
    test = _counts(_labels(dataset.test), classes)
    shown = min(classes, MOST_CLASSES)
    each = min(max(BYTES // (shown * dataset.train.pixels[0].nbytes), EACH.start), EACH.stop - 1)
    for number in range(shown):
        rows = np.flatnonzero(labels == number)
        images = dataset.train.pixels[rows[spread(len(rows), each)]]
        yield Line(dataset.classes[number], images, int(train[number]), int(validation[number]), int(test[number]))


def _mask(indices: Array, count: int) -> Array:
    mask = np.zeros(count, bool)
    mask[indices] = True
    return mask


def _labels(part: Part) -> Array:
    return np.empty(0, np.int64) if part.labels is None else part.labels


def _counts(labels: Array, classes: int) -> Array:
    return np.bincount(labels, minlength=classes)
