"""The way that the film goes over the map: from one typical image of a class to the next, by the shortest steps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.look import codes as latent
from vae_core.look import joined
from vae_core.runs.store import Run

MOST = 12  # stops
UNNAMED = 8  # stops where no image has a class
FRAMES = 200  # that move, in all of the film
SLOWEST = 26  # of them from one stop to the next


@dataclass(frozen=True)
class Stop:
    name: str
    code: np.ndarray  # (d,)


@dataclass(frozen=True)
class Land:
    """The codes of the test images, and where they lie on the map, -1 to 1 both ways."""

    codes: np.ndarray  # (n, d)
    plane: np.ndarray  # (3, d)
    labels: np.ndarray | None
    classes: tuple[str, ...]

    def places(self, codes: np.ndarray) -> np.ndarray:
        """(n, 2) of codes."""
        origin, *axes = self.plane.astype(np.float64)
        found = [(codes - origin) @ axis / max(float(axis @ axis), 1e-12) for axis in axes]
        return np.column_stack(found)

    def name(self, label: int) -> str:
        return self.classes[label] if label < len(self.classes) else f"{label}"


def land(run: Run) -> Land:
    config, found, classes = run.config(), joined.codes(run), _classes(run)
    codes, labels = found["mean"], found.get("labels")
    if labels is not None and config.classes and classes:
        shown = np.isin(labels, [classes.index(name) for name in config.classes if name in classes])
        codes, labels = codes[shown], labels[shown]
    return Land(codes, latent.plane(codes, config.has_prior), labels, classes)


def _classes(run: Run) -> tuple[str, ...]:
    with suppress(LoupeError):  # the data set may be gone
        return catalog.describe(run.config().dataset, run.settings).classes
    return ()


def stops(on: Land) -> list[Stop]:
    """In the order of a walk that always goes on to the nearest, beginning at the one farthest left."""
    left = _unnamed(on) if on.labels is None else _typical(on, on.labels)
    left.sort(key=lambda stop: float(on.places(stop.code[None])[0, 0]))
    walk = [left.pop(0)]
    while left:
        walk.append(left.pop(_nearest(np.stack([stop.code for stop in left]), walk[-1].code)))
    return walk


def _typical(on: Land, labels: np.ndarray) -> list[Stop]:
    """Of each class, the image whose code is nearest to the middle of them all."""
    known = np.unique(labels)
    chosen = known[np.unique(np.linspace(0, len(known) - 1, min(len(known), MOST)).round().astype(int))]
    classes = [(int(label), on.codes[labels == label]) for label in chosen]
    return [Stop(on.name(label), own[_nearest(own, np.median(own, axis=0))]) for label, own in classes]


def _unnamed(on: Land) -> list[Stop]:
    """Images that lie far from each other."""
    chosen = [0]
    while len(chosen) < min(UNNAMED, len(on.codes)):
        apart = np.min([np.linalg.norm(on.codes - on.codes[place], axis=1) for place in chosen], axis=0)
        chosen.append(int(apart.argmax()))
    return [Stop(f"image {place}", on.codes[place]) for place in dict.fromkeys(chosen)]


def _nearest(codes: np.ndarray, to: np.ndarray) -> int:
    return int(np.linalg.norm(codes - to, axis=1).argmin())


def steps(walk: Sequence[Stop]) -> int:
    """Frames from one stop to the next."""
    return min(SLOWEST, FRAMES // max(1, len(walk) - 1))


def between(start: Stop, end: Stop, count: int) -> np.ndarray:
    """(count, d): codes on the line from one to the other, slow at both ends."""
    share = np.linspace(0, 1, count + 1)[1:]
    eased = (share * share * (3 - 2 * share))[:, None]
    return np.asarray(start.code + eased * (end.code - start.code), np.float32)
