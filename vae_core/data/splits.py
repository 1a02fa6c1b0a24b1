"""Which images train, which validate: every rule that divides images lives here."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vae_core.data.dataset import Array, Dataset, Summary
from vae_core.design.declared import RANDOM, one_in
from vae_core.errors import LoupeError

if TYPE_CHECKING:
    from vae_core.design.config import Config


@dataclass(frozen=True)
class Split:
    """Indices into the training part. Where the test set validates, `test` holds the indices of its chosen images."""

    train: Array
    validation: Array | None
    from_test: bool = False
    test: Array | None = None


def split(
    dataset: Dataset, *, seed: int = 0, split: str = "shuffled", train_size: int = 0, classes: Sequence[str] = ()
) -> Split:
    """Divide the training part as a config says.

    "shuffled": a seeded permutation, its first `train_size` images, of which the last fifth (rounded down, at least
    one) validates. "twentieth": a smaller part of the same. "tail": the last fifth in file order.
    "test": the test set validates and nothing is held back.
    "fold:2/5": the second of five folds validates, of `train_size` images in the same permutation; a data set's own
    validation part then belongs to what is divided.
    A data set's own validation part is used where it has one; images of one group never stand on both sides.
    """
    chosen = _of_classes(dataset, dataset.train.labels, classes)
    if split.startswith("fold:"):
        return _fold(dataset, _pick(chosen, seed, "shuffled", train_size), seed, *map(int, split[5:].split("/")))
    own = dataset.validates
    pool = chosen[~own[chosen]]
    picked = _pick(pool, seed, split, train_size)
    if split == "test":
        return Split(picked, None, True, tested(dataset, classes))
    if own[chosen].any():
        return Split(picked, chosen[own[chosen]])
    held_back = hold_back(picked, dataset.groups, max(1, len(picked) // one_in(split)))
    return Split(picked[~held_back], picked[held_back])


def of(dataset: Dataset, config: Config) -> Split:
    """As this config says."""
    return split(dataset, seed=config.seed, split=config.split, train_size=config.train_size, classes=config.classes)


def tested(dataset: Dataset, classes: Sequence[str]) -> Array:
    """The test images of these classes, of all where none are named."""
    return _of_classes(dataset, dataset.test.labels, classes, len(dataset.test))


def to_show(dataset: Dataset, classes: Sequence[str]) -> Array:
    """The same, for pictures only: a training goes on where the test part holds none of its classes."""
    try:
        return tested(dataset, classes)
    except LoupeError:
        return np.arange(len(dataset.test))


def only(dataset: Dataset, classes: Sequence[str]) -> Dataset:
    """Without the images of other classes, and with a fingerprint of its own; all of it where none are named."""
    if not classes:
        return dataset
    train = dataset.train.take(_of_classes(dataset, dataset.train.labels, classes))
    test = dataset.test.take(to_show(dataset, classes))
    told = hashlib.sha256("|".join(sorted(classes)).encode()).hexdigest()[:8]
    named = f"{dataset.fingerprint}-{told}"
    return replace(dataset, train=train, test=test, validation=None, groups=None, fingerprint=named)


def expected(data: Summary, split: str, train_size: int, classes: Sequence[str]) -> tuple[int, int]:
    """About how many images train and how many validate, without loading any; classes are taken to be of equal size."""
    share = len(classes) / len(data.classes) if classes and data.classes else 1.0
    pool = round((data.train - data.validation) * share)
    picked = min(train_size or pool, pool)
    if split == "test":
        return picked, round(data.test * share)
    if split.startswith("fold:"):
        whole = min(train_size or 10**9, round(data.train * share))
        held_out = max(1, whole // int(split.partition("/")[2]))
        return whole - held_out, held_out
    if data.validation:
        return picked, round(data.validation * share)
    held_out = max(1, picked // one_in(split))
    return picked - held_out, held_out


def _fold(dataset: Dataset, picked: Array, seed: int, number: int, count: int) -> Split:
    held_back = folds(dataset.train.labels, dataset.groups, picked, count, seed) == number
    return Split(picked[~held_back], picked[held_back])


def folds(labels: Array | None, groups: Array | None, picked: Array, count: int, seed: int) -> Array:
    """For each of the picked images its fold, from 1: classes in equal shares where possible, groups never divided."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    parts = len(picked) if groups is None else len(np.unique(groups[picked]))
    if parts < count:
        what = "images" if groups is None else "groups of images"
        raise LoupeError(f"{count} folds were asked for, but there are {parts} {what}", fix="Ask for fewer folds")
    kinds_of = None if labels is None else labels[picked]
    by_class = kinds_of is not None and np.bincount(kinds_of).max() >= count  # else no class reaches every fold
    kinds = {(0, 0): KFold, (1, 0): StratifiedKFold, (0, 1): GroupKFold, (1, 1): StratifiedGroupKFold}
    divider = kinds[by_class, groups is not None](count, shuffle=True, random_state=seed)
    found = np.zeros(len(picked), int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer images than folds is told when data is read
        given = {"y": kinds_of if by_class else None, "groups": None if groups is None else groups[picked]}
        for number, (_, held_back) in enumerate(divider.split(picked, **given), 1):
            found[held_back] = number
    return found


def _of_classes(dataset: Dataset, labels: Array | None, classes: Sequence[str], count: int | None = None) -> Array:
    count = len(dataset.train) if count is None else count
    if not classes:
        return np.arange(count)
    unknown = [name for name in classes if name not in dataset.classes]
    if labels is None or unknown:
        have = ", ".join(dataset.classes[:20]) or "none, its images have no labels"
        raise LoupeError(f"{dataset.name} has no class '{(unknown or list(classes))[0]}'", f"Its classes are: {have}")
    indices = np.flatnonzero(np.isin(labels, [dataset.classes.index(name) for name in classes]))
    if not len(indices):
        raise LoupeError(
            f"{dataset.name} has no images of {', '.join(classes)} in this part", fix="Choose other classes"
        )
    return indices


def _pick(pool: Array, seed: int, split: str, train_size: int) -> Array:
    if train_size > len(pool):
        raise LoupeError(
            f"{train_size} training images were asked for, but there are {len(pool)}",
            fix="Choose a smaller train size, or 0 for all of them",
        )
    if split in RANDOM:
        pool = pool[np.random.default_rng(seed).permutation(len(pool))]
    picked = pool[: train_size or len(pool)]
    if len(picked) < 2:
        raise LoupeError(f"{len(picked)} training image is left", "At least 2 are needed, one of them to validate")
    return picked


def hold_back(ordered: Array, groups: Array | None, wanted: int) -> Array:
    """A mask over `ordered`: its last `wanted` entries, or whole groups from the end until at least that many.

    A group that alone would take more than twice the share stays, unless nothing else is there to be held back.
    """
    mask = np.zeros(len(ordered), bool)
    if groups is None:
        mask[len(ordered) - wanted :] = True
        return mask
    members, sizes = _in_order_of_appearance(groups[ordered])
    if len(sizes) < 2:
        raise LoupeError(
            "The images to be divided belong to one group",
            "Images of one group never stand on both sides of a split",
            "Give more groups, at least three where training, validation and test are divided",
        )
    return np.isin(members, _last(sizes, wanted) or [int(np.argmin(sizes))])


def _last(sizes: Array, wanted: int) -> list[int]:
    """The last groups, until they have that many images together; one that would bring too many is passed over."""
    taken: list[int] = []
    for group in reversed(range(len(sizes))):
        have = int(sizes[taken].sum()) if taken else 0
        if have >= wanted:
            break
        if have + sizes[group] <= 2 * wanted:
            taken.append(group)
    return taken


def _in_order_of_appearance(groups: Array) -> tuple[Array, Array]:
    """For each image the number of its group, numbered by first appearance, and the groups' sizes."""
    _, first, inverse, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], sizes[order]


def divide(count: int, groups: Array | None, seed: int, parts: Sequence[float]) -> list[Array]:
    """Random disjoint parts of the given shares of all images, each in file order; what is left trains."""
    left = np.random.default_rng(seed).permutation(count)
    result = []
    for share in parts:
        mask = hold_back(left, groups, max(1, round(count * share)))
        result.append(np.sort(left[mask]))
        left = left[~mask]
    return result
