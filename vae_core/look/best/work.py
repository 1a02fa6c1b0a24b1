"""The work itself: pictures of many places to begin at, the best of them for each image, and from there down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vae_core.look.best.descent import Descent
from vae_core.look.best.loss import Loss
from vae_core.look.best.plan import Plan
from vae_core.look.portable import Portable

BEGINNING = 0.25  # the share of the work before the first descent
EDGES = (0.001, 0.999)  # quantiles of the codes between which a lattice lies, and ...
WIDER = 0.1  # ... by how much of that it is wider on either side
TRIED = 256  # decodes by which the speed is measured
PHASES = ("Looking all over the codes", "Finding the best code of each image")
NARROWEST = 1e-6  # spread of a number of the codes that never changes


@dataclass(frozen=True)
class Starts:
    codes: np.ndarray  # (m, d)
    pictures: np.ndarray  # (m, pixels)
    spread: np.ndarray  # (d,) of the codes


class Work:
    """Decodes for one task, and tells how far it is, which is also where it is stopped."""

    def __init__(self, portable: Portable, loss: Loss, tell: Callable[[str, float, float], None]) -> None:
        self._portable, self._loss, self._tell = portable, loss, tell
        self._begun, self._done = False, 0.0

    def reached(self, share: float) -> None:
        """So much of the descents is done."""
        self._begun, self._done = True, BEGINNING + (1 - BEGINNING) * share
        self._say()

    def _say(self, *_: int) -> None:
        self._tell(PHASES[self._begun], self._done, 1.0)

    def speed(self, size: int) -> float:
        """Decodes a second of one processor."""
        codes = np.zeros((TRIED, size), np.float32)
        self.decode(codes[:1])  # loads it
        began = time.process_time()
        self.decode(codes)
        return TRIED / max(time.process_time() - began, 1e-6)

    def encode(self, pixels: np.ndarray) -> np.ndarray:
        return self._portable.encode(pixels, self._say)[0]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The decoder's outputs, (n, pixels)."""
        return self._portable.output(codes, self._say).reshape(len(codes), -1)

    def starts(self, codes: np.ndarray, plan: Plan) -> Starts:
        """Places all over a map, and those of other images."""
        spread = np.maximum(codes.std(axis=0), NARROWEST)
        places = np.concatenate([lattice(codes, plan.nodes), codes[: plan.known]])
        return Starts(places, self.decode(places), spread)

    def best(self, pixels: np.ndarray, codes: np.ndarray, starts: Starts) -> dict[str, np.ndarray]:
        """Of some images with these codes: both codes and both losses."""
        target = self._loss.targets(pixels)
        own = self._loss.each(target, self.decode(codes))
        nearest = self._loss.of_all(target, starts.pictures).argmin(axis=1)
        other = self._loss.each(target, starts.pictures[nearest])
        begin = np.where((other < own)[:, None], starts.codes[nearest], codes)
        descent = Descent(self._loss, self.decode, target, begin, starts.spread)
        descent.run()
        better = descent.losses < own
        return {
            "own_codes": codes,
            "best_codes": np.where(better[:, None], descent.codes, codes),
            "own": own,
            "best": np.where(better, descent.losses, own),
        }


def lattice(codes: np.ndarray, nodes: int) -> np.ndarray:
    """So many places, about, evenly over where the codes lie; none where `nodes` is 0."""
    size = codes.shape[1]
    if not nodes:
        return codes[:0]
    low, high = np.quantile(codes, EDGES, axis=0)
    more = WIDER * (high - low)
    axes = np.linspace(low - more, high + more, round(nodes ** (1 / size)))
    return np.stack(np.meshgrid(*axes.T, indexing="ij"), axis=-1).reshape(-1, size).astype(np.float32)
