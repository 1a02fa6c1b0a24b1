"""Pictures that are to be read, in their order, and what is known of them beside what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vae_core.data import sources
from vae_core.data.dataset import Array
from vae_core.data.raw import Raw, as_words

Reader = Callable[[str], bytes]


@dataclass(frozen=True)
class Listing:
    """For each picture its name, by which it is read, and all else that Raw has of it."""

    names: Sequence[str]
    labels: Array | None = None
    parts: Array | None = None
    groups: Array | None = None
    columns: dict[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def raw(self, pixels: Array, notes: Sequence[str], warnings: Sequence[str]) -> Raw:
        """With the pictures, and what was told of reading them."""
        told, warned = (*self.notes, *notes), (*self.warnings, *warnings)
        return Raw(pixels, self.labels, self.parts, self.groups, self.columns, told, warned)

    def take(self, places: Sequence[int]) -> Listing:
        labels, parts, groups = (None if x is None else x[places] for x in (self.labels, self.parts, self.groups))
        columns = {name: values[places] for name, values in self.columns.items()}
        names = [self.names[place] for place in places]
        return replace(self, names=names, labels=labels, parts=parts, groups=groups, columns=columns)


def by_folders(names: Sequence[str], source: str) -> Listing:
    """Classes and parts as the folders say."""
    found, told = sources.entries(names, source)
    labels = as_words([entry.label for entry in found], "class") if found[0].label else None
    parts = np.array([entry.part for entry in found]) if found[0].part else None
    return Listing([entry.name for entry in found], labels, parts, notes=tuple(told))


def joined(listings: Sequence[Listing]) -> Listing:
    """One after the other, with what all of them have."""
    if len(listings) == 1:
        return listings[0]
    common = [name for name in listings[0].columns if all(name in each.columns for each in listings)]
    return Listing(
        [name for each in listings for name in each.names],
        _together([each.labels for each in listings]),
        _together([each.parts for each in listings]),
        _together([each.groups for each in listings]),
        {name: np.concatenate([each.columns[name] for each in listings]) for name in common},
        tuple(text for each in listings for text in each.notes),
        tuple(text for each in listings for text in each.warnings),
    )


def _together(arrays: Sequence[Array | None]) -> Array | None:
    known = [array for array in arrays if array is not None]
    return np.concatenate(known) if len(known) == len(arrays) else None
