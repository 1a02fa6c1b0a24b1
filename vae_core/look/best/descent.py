"""From a code down to a better one, for many images at once: damped Gauss-Newton steps.

Networks that only run forward have no gradient. How a picture changes with each number of its code is seen by moving
that number a little, so a step takes one picture more than a code has numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vae_core.look.best.loss import Loss
from vae_core.look.rows import chunks

Decode = Callable[[np.ndarray], np.ndarray]  # (n, d) codes to (n, pixels) pictures
MOST_STEPS = 25  # those that led up among them
ENOUGH = 3e-4  # the share of its loss that a step has to gain for another one to follow
NUDGE = 3e-3  # of the spread of the codes, by which a number is moved
FIRST, LIGHTER, HEAVIER = 1e-2, 0.2, 8.0  # how much a step is held back at first, and after a good and a bad one
LIGHTEST, FREE, HEAVIEST = 1e-6, 0.1, 1e4  # below FREE a step that gains little has arrived
MOST_NUMBERS = 8_000_000  # of the pictures around the codes at once


@dataclass
class Descent:
    """Of some images, (n, pixels). `codes` and `losses` are the best so far: a step that leads up is not taken."""

    loss: Loss
    decode: Decode
    targets: np.ndarray
    codes: np.ndarray
    spread: np.ndarray  # (d,) of the codes of all images
    pictures: np.ndarray = field(init=False)
    losses: np.ndarray = field(init=False)
    damping: np.ndarray = field(init=False)
    gradient: np.ndarray = field(init=False)
    bend: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        count, size = self.codes.shape
        self.pictures = self.decode(self.codes)
        self.losses = self.loss.each(self.targets, self.pictures)
        self.damping = np.full(count, FIRST)
        self.gradient, self.bend = np.zeros((count, size)), np.zeros((count, size, size))

    def run(self) -> None:
        """Until no step gains enough."""
        going = moved = np.flatnonzero(np.isfinite(self.losses))
        part = max(1, MOST_NUMBERS // (self.codes.shape[1] * self.targets.shape[1]))
        for _ in range(MOST_STEPS):
            if not len(going):
                return
            for rows in chunks(len(moved), part):
                self._look_around(moved[rows])
            better, gained = self._step(going)
            ended = np.where(better, ~gained & (self.damping[going] < FREE), self.damping[going] > HEAVIEST)
            going, moved = going[~ended], going[better & ~ended]

    def _look_around(self, rows: np.ndarray) -> None:
        """The gradient and the bend of the loss at the codes of these images."""
        size, nudge = self.codes.shape[1], NUDGE * self.spread
        around = self.codes[rows, None] + np.diag(nudge).astype(np.float32)
        here, target = self.pictures[rows], self.targets[rows]
        moved = self.decode(around.reshape(-1, size)).reshape(len(rows), size, here.shape[1])
        change = (moved - here[:, None]) / NUDGE  # by spreads of the codes, so that all numbers count alike
        slope, bend = self.loss.slopes(target, here)
        self.gradient[rows] = np.einsum("idp,ip->id", change, slope)
        self.bend[rows] = (change * bend[:, None]) @ change.transpose(0, 2, 1)  # without what the network itself bends

    def _step(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which of these images got better, and which of them by enough."""
        bend, gradient, damping = self.bend[rows], self.gradient[rows], self.damping[rows]
        held = np.einsum("idd->id", bend)
        held = damping[:, None] * (held + 1e-3 * held.mean(axis=1, keepdims=True) + 1e-12)
        step = np.linalg.solve(bend + held[:, None] * np.eye(bend.shape[1]), -gradient[..., None])[..., 0]
        codes = (self.codes[rows] + step * self.spread).astype(np.float32)
        pictures = self.decode(codes)
        losses, before = self.loss.each(self.targets[rows], pictures), self.losses[rows]
        better = losses < before
        taken = rows[better]
        self.codes[taken], self.pictures[taken], self.losses[taken] = codes[better], pictures[better], losses[better]
        self.damping[rows] = np.maximum(LIGHTEST, damping * np.where(better, LIGHTER, HEAVIER))
        return better, before - losses > ENOUGH * np.abs(before)
