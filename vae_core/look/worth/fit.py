"""Least squares: the straight layer whose outputs come nearest to those of a bent one, at places of training images."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from vae_core.errors import LoupeError
from vae_core.look.program.windows import Axis, Phase
from vae_core.look.rows import chunks
from vae_core.look.worth.stage import Straight

Array = np.ndarray
LAID_OUT = 2**23  # numbers that stand beside each other at once
SMALLEST = 1e-10  # share of the largest that a direction needs, to count as one in which something changes


class Fit:
    """Sums over all places so far, from which the weights follow: nothing else is kept."""

    def __init__(self, straight: Straight, seed: int = 0) -> None:
        self.straight, self.places = straight, 0
        self._products = np.zeros((straight.numbers, straight.numbers))
        self._targets = np.zeros((straight.numbers, straight.filters))
        self._random = np.random.default_rng(seed)

    def add(self, before: Array, after: Array, share: float = 1.0) -> None:
        """What reached a layer and what left it, of some images; `share` of the places are looked at."""
        each = self.straight.numbers * max(1.0, share * self.straight.places)
        for rows in chunks(len(before), max(1, int(LAID_OUT / each))):
            self._add_images(before[rows], after[rows], share)

    def _add_images(self, before: Array, after: Array, share: float) -> None:
        straight = self.straight
        images = np.asarray(before, np.float64).reshape(len(before), straight.rows.length, straight.columns.length, -1)
        wanted = np.asarray(after, np.float64).reshape(
            len(after), straight.rows.outputs, straight.columns.outputs, straight.filters
        )
        framed = np.pad(images, [(0, 0), straight.rows.border, straight.columns.border, (0, 0)])
        for row, column in product(straight.rows.phases, straight.columns.phases):
            self._add(framed, wanted, (row, column), share)

    def _add(self, framed: Array, wanted: Array, phases: tuple[Phase, Phase], share: float) -> None:
        """The places of one phase, all of which meet the same weights."""
        counts = tuple(phase.count for phase in phases)
        some = self._random.permutation(counts[0] * counts[1])[: max(1, round(share * counts[0] * counts[1]))]
        rows, columns = np.unravel_index(some, counts)
        axes = (self.straight.rows, self.straight.columns)
        given = np.concatenate([*self._met(framed, axes, phases, (rows, columns)), _ones(framed, len(some))], axis=2)
        given = given.reshape(-1, given.shape[2])
        there = (axis.outputs_apart * at + phase.first for axis, phase, at in zip(axes, phases, (rows, columns)))
        found = wanted[:, next(there), next(there)].reshape(len(given), -1)
        which = self._weights(phases)
        self._products[np.ix_(which, which)] += given.T @ given
        self._targets[which] += given.T @ found
        self.places += len(given)

    @staticmethod
    def _met(
        framed: Array, axes: tuple[Axis, Axis], phases: tuple[Phase, Phase], places: tuple[Array, Array]
    ) -> Iterator[Array]:
        """What each tap of the window reads at these places, (images, places, channels)."""
        starts = [
            axis.border[0] + phase.start + axis.pixels_apart * at for axis, phase, at in zip(axes, phases, places)
        ]
        for row, column in product(*(range(len(phase.taps)) for phase in phases)):
            yield framed[:, starts[0] + row, starts[1] + column]

    def _weights(self, phases: tuple[Phase, Phase]) -> Array:
        """The numbers of the weights that a phase meets, in the order of what it reads; the constant is the last."""
        rows, columns = ([tap for (tap,) in phase.taps] for phase in phases)
        kernel, channels = self.straight.kernel, self.straight.channels
        first = [(row * kernel + column) * channels for row, column in product(rows, columns)]
        return np.array([*(start + channel for start in first for channel in range(channels)), kernel**2 * channels])

    def weights(self) -> tuple[Array, Array]:
        """Kernel and constants, as a layer of Keras keeps them."""
        if not (np.isfinite(self._products).all() and np.isfinite(self._targets).all()):
            raise LoupeError("Some of the model's numbers are not finite", fix="Train it again with a lower rate")
        straight, found = self.straight, solved(self._products, self._targets)
        kernel, constants = found[:-1], found[-1]
        if straight.layer.kind == "Dense":
            return kernel, constants
        kernel = kernel.reshape(straight.kernel, straight.kernel, straight.channels, straight.filters)
        return (kernel.swapaxes(2, 3) if straight.layer.kind == "Conv2DTranspose" else kernel), constants


def _ones(framed: Array, places: int) -> Array:
    return np.ones((len(framed), places, 1))


def solved(products: Array, targets: Array) -> Array:
    """The least weights of all that fit best; 0 for what never changes anything."""
    from scipy.linalg import cho_factor, cho_solve

    size = np.sqrt(np.diag(products))
    used = size > 0
    size = size[used]
    scaled, wanted = products[np.ix_(used, used)] / np.outer(size, size), targets[used] / size[:, None]
    found = np.zeros_like(targets)
    try:
        factor = cho_factor(scaled, check_finite=False)
        sound = np.square(np.diag(factor[0])).min(initial=1.0) > SMALLEST
    except np.linalg.LinAlgError:
        sound = False
    found[used] = (cho_solve(factor, wanted) if sound else _by_directions(scaled, wanted)) / size[:, None]
    return found


def _by_directions(products: Array, targets: Array) -> Array:
    """Leaves out directions in which nothing changes, as where two of its numbers are always the same."""
    values, vectors = np.linalg.eigh(products)
    kept = values > SMALLEST * values[-1]
    vectors = vectors[:, kept]
    return np.asarray(vectors @ ((vectors.T @ targets) / values[kept, None]))
