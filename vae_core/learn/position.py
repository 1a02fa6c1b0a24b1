"""Where a training stands: enough to go on as if it had never been interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields

import numpy as np

from vae_core.errors import LoupeError
from vae_core.learn.steps import Steps
from vae_core.runs.forms import State
from vae_core.runs.store import Run

SAVING_SHARE = 0.1  # of the time may go into saving the state
BETTER = 0.99  # how much of the loss that a training began with an epoch may keep, to be any better


@dataclass
class Position:
    """Plain numbers, and the best epoch's weights."""

    epoch: int = 0  # epochs that are complete
    step: int = 0  # steps taken in the epoch under way
    images: int = 0  # seen in it
    reconstruction: float = 0.0  # summed over those images, nats
    kl: float = 0.0
    weighted_kl: float = 0.0  # each step's KL times its beta
    train_seconds: float = 0.0  # of the epoch under way
    seconds: float = 0.0  # of the whole training
    best_epoch: int = 0
    best_value: float = float("inf")
    best: list[np.ndarray] = field(default_factory=list, repr=False)
    saved_at: float = 0.0
    saving_took: float = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether nothing is known yet: no step was taken, and no weights are kept, as where a fork lets go of them."""
        return not (self.epoch or self.step or self.best)

    def add(self, count: int, sums: np.ndarray, betas: np.ndarray, images: int) -> None:
        self.step += count
        self.images += images
        self.reconstruction += float(sums[:, 0].sum(dtype=np.float64))
        self.kl += float(sums[:, 1].sum(dtype=np.float64))
        self.weighted_kl += float((sums[:, 1] * betas).sum(dtype=np.float64))

    def means(self) -> dict[str, float]:
        seen = max(1, self.images)
        total = (self.reconstruction + self.weighted_kl) / seen
        return {"total": total, "reconstruction": self.reconstruction / seen, "kl": self.kl / seen}

    def close_epoch(self, value: float, weights: Callable[[], list[np.ndarray]]) -> None:
        """Count the epoch, and keep its weights if no earlier one was better."""
        self.epoch += 1
        self.step = self.images = 0
        self.reconstruction = self.kl = self.weighted_kl = self.train_seconds = 0.0
        if value < self.best_value * (1 if self.best_epoch else BETTER):
            self.best_epoch, self.best_value, self.best = self.epoch, float(value), weights()

    def worth_saving(self) -> bool:
        return time.monotonic() - self.saved_at > self.saving_took / SAVING_SHARE


NUMBERS = [f.name for f in fields(Position) if f.name not in ("best", "saved_at", "saving_took")]


def save_position(run: Run, position: Position, steps: Steps) -> None:
    began = time.monotonic()
    numbers = {name: getattr(position, name) for name in NUMBERS}
    run.save_state(State(numbers, run.config().optimizer, steps.state(), position.best))
    position.saved_at = time.monotonic()
    position.saving_took = position.saved_at - began


def load_position(run: Run, steps: Steps) -> Position:
    """The saved position, its weights and optimizer put back; a fresh one where nothing was saved."""
    state = run.load_state()
    if state is None:
        return Position()
    weights, whole = steps.weights(), steps.state()
    now = state.now[: len(whole)]  # a fork that keeps no average leaves its parent's, which stands at the end
    if state.optimizer != run.config().optimizer:  # a fork that changed it starts its moments afresh
        now = now[: len(weights)]
    if not steps.fits(now) or not (_alike(state.best, weights) or not state.best):
        raise LoupeError(
            "The saved state does not fit this model",
            "The state of the same architecture was expected",
            "Train it again",
        )
    steps.restore(now)
    return Position(**{name: state.numbers[name] for name in NUMBERS}, best=state.best)


def _alike(found: list[np.ndarray], wanted: list[np.ndarray]) -> bool:
    return [array.shape for array in found] == [array.shape for array in wanted]
