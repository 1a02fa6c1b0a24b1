"""Which images an odd-image task may look at before the test images: those that choose the score and set the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_core.checked import Json
from vae_core.data import splits
from vae_core.data.dataset import Dataset
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look.rows import spread

KNOWN = 10_000  # training images that odd ones are held against
USUAL, ODD = 4_000, 1_000  # held-out images that are looked at
FEWEST = 10  # of each kind: fewer choose nothing and set no line


@dataclass(frozen=True)
class Images:
    """Places in the training part, and in the test part; `is_odd` speaks of the asked test images.

    Where no image was held back, half of the test images stand in: `from_test`. They are not asked then."""

    known: np.ndarray
    usual: np.ndarray
    odd: np.ndarray
    asked: np.ndarray
    is_odd: np.ndarray
    from_test: bool = False
    never_seen: bool = False  # the odd ones are of classes that no training image had

    @property
    def chooses(self) -> bool:
        return len(self.odd) >= FEWEST

    @property
    def aside(self) -> int:
        """How many images are looked at before those that are asked."""
        return len(self.usual) + len(self.odd)

    def to_json(self) -> dict[str, Json]:
        return {
            "images": len(self.asked),
            "odd_images": int(self.is_odd.sum()),
            "known": len(self.known),
            "held": len(self.usual),
            "held_odd": len(self.odd),
            "told": self.told(),
        }

    def told(self) -> str:
        """What the line and the choice of the score rest on."""
        usual = f"{len(self.usual):,} usual images"
        line = f"{usual} that were held back from the training set the line."
        if self.from_test:
            line = (
                f"The training held no usual images back, so half of the test images set the line ({usual}), and only "
                "the other half is counted."
            )
        if not self.chooses:
            return f"{line} There are too few odd images beside them to choose a score by: it is the reconstruction."
        kind = "of classes that it never saw" if self.never_seen else "that it was not trained on"
        where = "of that half" if self.from_test else f"of the training part, {kind},"
        return f"{line} {len(self.odd):,} odd images {where} chose the score."


def images(config: Config, dataset: Dataset, odd: list[int]) -> Images:
    part = splits.of(dataset, config)
    trained = np.zeros(len(dataset.train), bool)
    trained[part.train] = True
    labels, test = _labels(dataset.train.labels, len(trained)), _labels(dataset.test.labels, len(dataset.test))
    known, is_odd = np.flatnonzero(trained), np.isin(test, odd)
    known = known[spread(len(known), KNOWN)]
    held = np.flatnonzero(~trained) if part.validation is None else np.sort(part.validation)
    usual = _some(held[~np.isin(labels[held], odd)], USUAL)
    if len(usual) < FEWEST:
        return _halved(known, is_odd)
    aside = np.flatnonzero(~trained & np.isin(labels, odd))
    never = not np.isin(labels[trained], odd).any()
    return Images(known, usual, _some(aside, ODD), np.arange(len(is_odd)), is_odd, never_seen=never)


def _halved(known: np.ndarray, is_odd: np.ndarray) -> Images:
    """Every other test image of each kind, in file order, is looked at before; the rest is asked."""
    first = np.zeros(len(is_odd), bool)
    for kind in (is_odd, ~is_odd):
        first[np.flatnonzero(kind)[::2]] = True
    if first[is_odd].all() or first[~is_odd].all():
        raise LoupeError(
            "There are too few test images of one kind, and none was held back from the training",
            "Odd and usual images beside those that set the line were expected",
            "Train with a part held back for validation",
        )
    asked = np.flatnonzero(~first)
    usual, odd = (_some(np.flatnonzero(first & kind), most) for kind, most in ((~is_odd, USUAL), (is_odd, ODD)))
    return Images(known, usual, odd, asked, is_odd[asked], from_test=True)


def _labels(labels: np.ndarray | None, count: int) -> np.ndarray:
    return np.full(count, -1) if labels is None else np.asarray(labels)


def _some(places: np.ndarray, most: int) -> np.ndarray:
    return places[spread(len(places), most)]
