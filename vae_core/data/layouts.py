"""What the arrays of an .npz are: by their names or, where these say nothing, by their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vae_core.data import arrays
from vae_core.data.arrays import LAYOUT, Half, Named
from vae_core.data.dataset import Array
from vae_core.data.fitting import SIDES
from vae_core.data.raw import PART_WORDS, Raw
from vae_core.errors import LoupeError
from vae_core.settings import Settings

# The first of each goes before the others, among which nothing is chosen.
IMAGES = ("x", "images", "image", "imgs", "img", "data", "pixels")
LABELS = ("y", "labels", "label", "targets", "target")
CLASS_NAMES = ("class_names", "label_names", "target_names")
PARTS = "|".join(PART_WORDS)
NAME = re.compile(rf"(?:({PARTS})[^a-z0-9]*)?({'|'.join((*IMAGES, *LABELS))})(?:[^a-z0-9]*({PARTS}))?")


def read_npz(path: Path, settings: Settings) -> Raw:
    """The images of an archive, with labels, parts and the classes' names where it has them."""
    return Npz(arrays.load(path, settings), path.name).read()


@dataclass(frozen=True)
class Npz:
    found: Mapping[str, Array]
    source: str

    def read(self) -> Raw:
        triples, told = self._named() or self._shaped()
        halves = [Half(part, self._get(x), self._get(y) if y else None) for part, x, y in triples]
        raw = arrays.joined(halves, self.source)
        words = next((name for name in CLASS_NAMES if name in self.found), "")
        if words and raw.labels is not None:
            raw = replace(raw, labels=arrays.with_names(raw.labels, self.found[words]))
        used = {words, *(name for triple in triples for name in triple[1:])}
        left_out = sorted(set(self.found) - used)
        if left_out:
            told = (*told, f"Left out of {self.source}: {', '.join(left_out)}")
        return replace(raw, notes=(*raw.notes, *told))

    def _get(self, name: str) -> Named:
        return Named(name, self.found[name])

    def _named(self) -> tuple[list[tuple[str, str, str]], tuple[str, ...]] | None:
        """Part, images and labels of each part, if names tell them. The order of parts is that of PART_WORDS."""
        images, labels = self._by_part(IMAGES), self._by_part(LABELS)
        parts = [part for part in dict.fromkeys(PART_WORDS.values()) if part in images]
        parts = parts or ([""] if "" in images else [])
        return ([(part, images[part], labels.get(part, "")) for part in parts], ()) if parts else None

    def _by_part(self, words: Sequence[str]) -> dict[str, str]:
        """The array of each part that these words name."""
        options: dict[str, list[tuple[bool, str]]] = {}
        for name in self.found:
            told = NAME.fullmatch(name)
            if told and told[2] in words and not (told[1] and told[3]):
                part = PART_WORDS.get(told[1] or told[3], "")
                options.setdefault(part, []).append((told[2] != words[0], name))
        firsts = {part: [name for rank, name in each if rank == min(each)[0]] for part, each in options.items()}
        return {part: self._one(names) for part, names in firsts.items()}

    def _one(self, names: Sequence[str], what: str = "") -> str:
        """The only one of them; which of several is meant is for a person to say."""
        if len(names) == 1:
            return names[0]
        several = " and ".join(f"{name} {self.found[name].shape}" for name in names[:4])
        raise LoupeError(
            f"{self.source} holds several arrays that may be the {what or 'same'}: {several}",
            "One of a kind was expected",
            f"Save the right ones under other names: {LAYOUT}",
        )

    def _shaped(self) -> tuple[list[tuple[str, str, str]], tuple[str, ...]]:
        """One array that looks like images, and one that looks like their labels, if there is any."""
        names = [name for name, values in self.found.items() if values.ndim in (3, 4)]
        names = names or [name for name, values in self.found.items() if _is_rows(values)]
        if not names:
            told = ", ".join(f"{name} {values.shape}" for name, values in self.found.items())
            raise LoupeError(f"{self.source} holds {told or 'nothing'}", f"Arrays called {LAYOUT} were expected")
        images = self._one(names, "images")
        count = len(self.found[images])
        labels = [
            name
            for name, values in self.found.items()
            if name != images and name not in CLASS_NAMES and _is_labels(values, count)
        ]
        label = self._one(labels, "labels") if labels else ""
        told = f"'{images}' was read as the images" + (f", '{label}' as the labels" if label else "")
        return [("", images, label)], (told,)


def _is_rows(values: Array) -> bool:
    return values.ndim == 2 and values.shape[1] >= SIDES[0] ** 2 and arrays.square(values.shape[1]) is not None


def _is_labels(values: Array, count: int) -> bool:
    return values.shape in ((count,), (count, 1)) and values.dtype.kind in "biuSU"
