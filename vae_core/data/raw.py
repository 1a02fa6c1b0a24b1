"""The step between a source and a data set: images as they were found, then labelled, divided and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vae_core.checked import TURNING
from vae_core.data import large, splits
from vae_core.data.dataset import Array, Dataset, Part, fingerprint
from vae_core.errors import LoupeError

PARTS = ("train", "validation", "test")
PART_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
FEWEST = 10  # images, where the split is ours to make: one of them tests, one validates
LONGEST = 1000  # letters of a word: columns of words are kept as wide as their longest
SHARE = 0.1  # of all images to test, and as many to validate, where the source does not say


@dataclass(frozen=True)
class Raw:
    """Images of one size as uint8; for each what the source says: label, part (one of PARTS), group, columns."""

    pixels: Array
    labels: Array | None = None
    parts: Array | None = None
    groups: Array | None = None
    columns: dict[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    stamp: str = ""  # of images that are computed: what they follow from, which names them in place of their bytes


def assemble(
    raw: Raw,
    name: str,
    title: str,
    source: str,
    *,
    seed: int = 0,
    classes: Sequence[str] = (),
    scratch: Path | None = None,
) -> Dataset:
    """The data set, without its checks. File order is kept in every part; `classes` names integer labels 0, 1, ...

    `scratch` is a folder for parts that would fill the memory."""
    labels, names = _encode(raw.labels, classes)
    groups = _fill_groups(raw.groups)
    places, told = _places(len(raw.pixels), raw.parts, groups, seed)
    everything = Part(raw.pixels, labels, raw.columns)
    training = np.sort(np.concatenate([places["train"], places["validation"]]))
    train, test = (_take(everything, indices, scratch) for indices in (training, places["test"]))
    validation = np.searchsorted(training, places["validation"]) if len(places["validation"]) else None
    own_groups = None if groups is None else groups[training]
    known = raw.stamp or fingerprint(train, test, validation, own_groups)
    notes = (*raw.notes, *told)
    return Dataset(name, title, train, test, names, validation, own_groups, notes, raw.warnings, known, source)


def as_words(words: Sequence[str], what: str) -> Array:
    """Words that came from names or cells. A file may have a name that is no text: what is none becomes a '?'."""
    longest = max(map(len, words), default=0)
    if longest > LONGEST:
        raise LoupeError(f"A {what} has {longest:,} letters", f"At most {LONGEST:,} were expected")
    return np.array([word.encode("utf-8", "replace").decode() for word in words])


def _take(part: Part, indices: Array, scratch: Path | None) -> Part:
    """Spares a copy of the pixels where the part is one stretch of the file, as in the well-known data sets."""
    rows: Array | slice = indices
    if len(indices) and indices[-1] - indices[0] + 1 == len(indices):
        rows = slice(int(indices[0]), int(indices[-1]) + 1)
    labels = None if part.labels is None else part.labels[rows]
    return Part(_pixels(part.pixels, rows, scratch), labels, {name: of[rows] for name, of in part.columns.items()})


def _pixels(pixels: Array, rows: Array | slice, scratch: Path | None) -> Array:
    if isinstance(rows, slice) or scratch is None:
        return pixels[rows]
    found = large.empty((len(rows), *pixels.shape[1:]), scratch)
    for block in large.blocks(found):
        found[block] = pixels[rows[block]]
        large.let_go(pixels)
    return found


def _encode(labels: Array | None, classes: Sequence[str]) -> tuple[Array | None, tuple[str, ...]]:
    """Labels as 0, 1, ... and what they mean; digits are ordered as numbers, so that 10 comes after 9."""
    if labels is None:
        return None, ()
    found, inverse = np.unique(labels, return_inverse=True)
    names = [TURNING.sub("", str(value)) for value in found]
    numeric = all(name.isdecimal() for name in names)
    order = sorted(range(len(names)), key=lambda place: int(names[place]) if numeric else names[place])
    ranks = np.empty(len(names), np.int32)
    ranks[order] = np.arange(len(names))
    ranked = tuple(names[place] for place in order)
    given = ranked == tuple(str(number) for number in range(len(classes)))
    return ranks[inverse], tuple(classes) if classes and given else ranked


def _fill_groups(groups: Array | None) -> Array | None:
    """An image whose group is left empty is a group of its own."""
    if groups is None:
        return None
    empty = groups == ""
    own = np.char.add("\x00image ", np.arange(len(groups)).astype(str))
    return np.where(empty, own, groups)


def _places(count: int, parts: Array | None, groups: Array | None, seed: int) -> tuple[dict[str, Array], list[str]]:
    """Where the images of each part stand, and what was decided about it."""
    if parts is None:
        parts = np.full(count, "train", "U10")
    places = {part: np.flatnonzero(parts == part) for part in PARTS}
    _check_groups(places, groups)
    if len(places["test"]):
        _check_sizes(places)
        return places, []
    _divide(places, groups, seed)
    words = zip(PARTS, ("train", "validate", "test"), strict=True)
    sizes = ", ".join(f"{len(places[part])} {word}" for part, word in words)
    return places, [f"No test images were marked, so the images were divided at random (seed {seed}): {sizes}"]


def _divide(places: dict[str, Array], groups: Array | None, seed: int) -> None:
    """Take some of those that train to test, and to validate where none do."""
    rest = places["train"]
    if len(rest) < FEWEST:
        raise LoupeError(
            f"The data set has {_images(len(rest))} to train with",
            f"At least {FEWEST} were expected, so that some can validate and some can test",
        )
    wanting = [part for part in ("test", "validation") if not len(places[part])]
    own_groups = None if groups is None else groups[rest]
    cut = [rest[indices] for indices in splits.divide(len(rest), own_groups, seed, [SHARE] * len(wanting))]
    places |= dict(zip(wanting, cut, strict=True))
    places["train"] = np.setdiff1d(rest, np.concatenate(cut))


def _check_sizes(places: dict[str, Array]) -> None:
    if len(places["train"]) < 2:
        raise LoupeError(f"The training part has {_images(len(places['train']))}", "At least 2 were expected")


def _check_groups(places: dict[str, Array], groups: Array | None) -> None:
    if groups is None:
        return
    for one, other in (("train", "test"), ("validation", "test"), ("train", "validation")):
        both = np.intersect1d(groups[places[one]], groups[places[other]])
        if len(both):
            raise LoupeError(
                f"Group '{both[0]}' has images in both the {one} and the {other} part",
                "Images of one group belong on one side of a split",
                "Correct the columns 'split' or 'group'",
            )


def _images(count: int) -> str:
    return "no image" if count == 0 else "1 image" if count == 1 else f"{count} images"
