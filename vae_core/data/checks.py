"""What a person should know before training on a data set. Each finding is one sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from vae_core.data import large
from vae_core.data.dataset import Array, Dataset, Part, Warned
from vae_core.data.download import Progress
from vae_core.errors import LoupeError
from vae_core.words import some

FEW = 30  # images of a class
SIGNATURE = 8  # blocks a side
MEASURES = 15  # of a signature that are compared: its directions of largest variance
PAIRS = 600_000_000  # compared at most in one search for near duplicates: about a second
CLOSE = 0.1  # of an image's own contrast: the difference that makes a near duplicate
TOO_GOOD = "results on them are too good"
LEAST = 1.0  # grey levels: the same for images with next to no contrast


@dataclass(frozen=True)
class Leak:
    """Test images that are, or nearly are, training images: their places in both parts."""

    test: Array
    train: Array
    looked: int  # test images that were compared


@dataclass(frozen=True)
class _Signed:
    """Images with what tells at a glance which of them may be alike."""

    pixels: Array  # of a whole part
    places: Array  # of those that are meant
    signatures: Array  # of these

    @classmethod
    def of(cls, pixels: Array, places: Array) -> _Signed:
        return cls(pixels, places, _signatures(pixels)[places])

    def rows(self, chosen: Array) -> Array:
        """As floats, each image a row. What was read of a file is let go."""
        found = self.pixels[self.places[chosen]].reshape(len(chosen), -1).astype(np.float32)
        large.let_go(self.pixels)
        return found


def with_warnings(dataset: Dataset, progress: Progress | None = None) -> Dataset:
    """The same data set with what was found in it, that first which would do most to a result. Refused where every
    image is one flat colour."""
    found = [*_constant(dataset), *_classes(dataset), *_sorted(dataset), *_duplicates(dataset, progress)]
    ordered = sorted([*dataset.warnings, *found], key=lambda told: -getattr(told, "weight", 0.0))
    return replace(dataset, warnings=tuple(ordered))


def _constant(dataset: Dataset) -> Iterator[Warned]:
    counts = [_flat(part.pixels) for part in (dataset.train, dataset.test)]
    total = len(dataset.train) + len(dataset.test)
    if sum(counts) == total:
        raise LoupeError(
            "Every image is one flat colour",
            "Images with something in them were expected",
            "Look at the values: were they rounded or scaled to nothing?",
        )
    if sum(counts):
        yield Warned(f"{sum(counts):,} of {total:,} images are one flat colour", weight=0.8 * sum(counts) / total)


def _flat(pixels: Array) -> int:
    rows = pixels.reshape(len(pixels), -1)
    return sum(int((rows[some].max(axis=1) == rows[some].min(axis=1)).sum()) for some in large.blocks(rows))


def _classes(dataset: Dataset) -> Iterator[Warned]:
    if dataset.train.labels is None or dataset.test.labels is None:
        return
    if len(dataset.classes) == 1:
        told = f"All images are of one class, '{dataset.classes[0]}': nothing can be said about how classes separate"
        yield Warned(told, weight=0.3)
    counts = np.bincount(np.concatenate([dataset.train.labels, dataset.test.labels]), minlength=len(dataset.classes))
    few = [f"{name} ({count})" for name, count in zip(dataset.classes, counts, strict=True) if count < FEW]
    if few:
        yield Warned(f"Classes with fewer than {FEW} images: {some(few, 5)}", weight=0.2 * len(few) / len(counts))


def _sorted(dataset: Dataset) -> Iterator[Warned]:
    if is_sorted(dataset.train.labels):
        yield Warned(
            "The training images are sorted by class, so the first or last of them do not stand for all: "
            "a split in file order ('tail') would train and validate on different classes. The shuffled split is safe"
        )


def is_sorted(labels: Array | None) -> bool:
    """Far fewer changes of class from one image to the next than chance would make."""
    if labels is None or len(labels) < 10:
        return False
    shares = np.bincount(labels) / len(labels)
    expected = (1 - (shares**2).sum()) * (len(labels) - 1)
    return bool(expected and (labels[1:] != labels[:-1]).sum() < expected / 2)


def _duplicates(dataset: Dataset, progress: Progress | None) -> Iterator[Warned]:
    if progress:
        progress("Looking for copies", 0, 0)
    train, test = _names(dataset.train), _names(dataset.test)
    _, first = np.unique(train, return_index=True)
    copies = len(train) - len(first)
    if copies:
        told = f"{copies:,} of {len(train):,} images that train or validate are exact copies of others"
        yield Warned(told, weight=0.5 * copies / len(train))
    leaked = np.isin(test, train)
    if leaked.any():
        told = f"{leaked.sum():,} of {len(test):,} test images are in the training set too: {TOO_GOOD}"
        yield Warned(told, weight=leaked.mean())
    bank, rest = np.sort(first), np.flatnonzero(~leaked)
    known, others = _Signed.of(dataset.train.pixels, bank), _Signed.of(dataset.test.pixels, rest)
    near, looked = _near(others, known, progress)
    if len(near):
        told = _of(len(near), looked, len(rest))
        text = f"{told} test images are nearly the same as a training image: {TOO_GOOD}"
        yield Warned(text, weight=len(near) / looked)
    near, looked = _near(known, known, progress)
    if len(near):
        told = f"{_of(len(near), looked, len(bank))} images that train or validate are nearly the same as another one"
        yield Warned(told, weight=0.3 * len(near) / looked)


def leak(dataset: Dataset) -> Leak:
    """Every test image that is a training image, and those found that nearly are one."""
    names = _names(dataset.train)
    order = np.argsort(names)
    test = _names(dataset.test)
    found = order[np.minimum(np.searchsorted(names, test, sorter=order), len(order) - 1)]
    same = names[found] == test
    rest = np.flatnonzero(~same)
    everything = np.arange(len(names))
    near, looked = _near(_Signed.of(dataset.test.pixels, rest), _Signed.of(dataset.train.pixels, everything))
    exact = np.flatnonzero(same)
    places = np.concatenate([exact, rest[near[:, 0]]]), np.concatenate([found[exact], near[:, 1]])
    return Leak(*places, looked + len(exact))


def _of(close: int, looked: int, total: int) -> str:
    return f"{close:,} of {total:,}" if looked == total else f"{close:,} of {looked:,} examined ({total:,} in all)"


def _names(part: Part) -> Array:
    """A hash for each image."""
    rows = part.pixels.reshape(len(part), -1)
    return np.array([name for some in large.blocks(rows) for name in map(_name, rows[some])])


def _name(row: Array) -> str:
    return hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=16).hexdigest()


def _signatures(pixels: Array) -> Array:
    """Each image's mean grey in 8x8 blocks. Images that differ little have signatures that differ no more."""
    height, width = pixels.shape[1:3]
    rows = np.unique(np.linspace(0, height, SIGNATURE, endpoint=False).astype(int))
    columns = np.unique(np.linspace(0, width, SIGNATURE, endpoint=False).astype(int))
    area = np.outer(np.diff(rows, append=height), np.diff(columns, append=width))
    result = np.empty((len(pixels), len(rows) * len(columns)), np.float32)
    for rows_ in large.blocks(pixels):
        grey = pixels[rows_].sum(axis=3, dtype=np.float32) / pixels.shape[3]
        means = np.add.reduceat(np.add.reduceat(grey, rows, axis=1), columns, axis=2) / area
        result[rows_] = means.reshape(len(means), -1)
    return result


def _near(images: _Signed, bank: _Signed, progress: Progress | None = None) -> tuple[Array, int]:
    """Places (m, 2) of images and of their nearest neighbours (by signature) in the bank that are so close that it is
    the same picture; and how many images were looked at. Where the bank is the images, none is its own neighbour."""
    total = len(images.places)
    count = min(total, max(1, PAIRS // max(1, len(bank.places))))
    if not count or len(bank.places) < 2:
        return np.empty((0, 2), np.int64), total
    looked = np.linspace(0, total - 1, count).astype(int)
    own = looked if images is bank else None
    nearest = _nearest(images.signatures[looked], bank.signatures, own, progress)
    close = np.zeros(count, bool)
    block = max(1, 4_000_000 // images.pixels[0].size)
    for start in range(0, count, block):
        one = images.rows(looked[start : start + block])
        other = bank.rows(nearest[start : start + block])
        difference = np.sqrt(((one - other) ** 2).mean(axis=1))
        close[start : start + block] = difference <= np.maximum(LEAST, CLOSE * one.std(axis=1))
    return np.column_stack([looked[close], nearest[close]]), count


def _nearest(queries: Array, bank: Array, own_places: Array | None, progress: Progress | None) -> Array:
    """For each query the place in the bank of the closest signature, its own place excepted."""
    queries, bank = _to_multiply(queries, bank)
    best, nearest = np.full(len(queries), -np.inf, np.float32), np.zeros(len(queries), np.int64)
    for first in range(0, len(queries), 1024):
        if progress:
            progress("Looking for images that are nearly the same", first, len(queries))
        rows = slice(first, first + 1024)
        for start in range(0, len(bank), 8192):  # 32 MB of scores at a time
            scores = queries[rows] @ bank[start : start + 8192].T
            if own_places is not None:
                _exclude(scores, own_places[rows] - start)
            place = scores.argmax(axis=1)
            score = scores[np.arange(len(scores)), place]
            better = score > best[rows]
            best[rows][better], nearest[rows][better] = score[better], place[better] + start
    return nearest


def _to_multiply(queries: Array, bank: Array) -> tuple[Array, Array]:
    """The closest has the largest q.b - |b|^2 / 2; one more column brings the second term into the product."""
    centre = bank.mean(axis=0)  # keeps the squares small, and so the float32 differences exact
    directions = np.linalg.eigh(np.cov(bank, rowvar=False))[1][:, -MEASURES:].astype(np.float32)
    queries, bank = (queries - centre) @ directions, (bank - centre) @ directions
    queries = np.column_stack([queries, np.ones(len(queries), np.float32)])
    return queries, np.column_stack([bank, (bank * bank).sum(axis=1) / -2])


def _exclude(scores: Array, places: Array) -> None:
    inside = (places >= 0) & (places < scores.shape[1])
    scores[np.flatnonzero(inside), places[inside]] = -np.inf
