"""Optimisers against each other: the same model, first weights and batches, so that only the optimiser differs.

The first weights and the order of the batches come from the seed alone, so two trainings of one seed are a pair, and
several seeds tell a difference from chance.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from vae_core.errors import LoupeError
from vae_core.spec.config import Config

MOST_SEEDS = 10
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Side:
    """One optimiser with a learning rate of its own."""

    optimizer: str
    learning_rate: float


@dataclass(frozen=True)
class Difference:
    """Of two sides' losses, pair by pair. The interval is None where a single pair tells nothing about chance."""

    mean: float
    interval: tuple[float, float] | None

    @property
    def is_sure(self) -> bool:
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def configs(base: Config, side: Side, seeds: int, epochs: int) -> list[Config]:
    """One for each seed, counted from the base's own."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise LoupeError(f"{seeds} seeds were asked for", f"1 to {MOST_SEEDS} are possible")
    values: dict[str, Any] = {"optimizer": side.optimizer, "learning_rate": side.learning_rate, "epochs": epochs}
    return [replace(base, **values, seed=base.seed + more, recipe=_recipe(base, values)) for more in range(seeds)]


def _recipe(base: Config, values: dict[str, Any]) -> str:
    """A report's numbers stand only beside its own settings."""
    return base.recipe if all(getattr(base, name) == value for name, value in values.items()) else ""


def difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Second minus first: Student's interval of the mean of paired differences."""
    pairs = [b - a for a, b in zip(first, second, strict=True)]
    mean = statistics.fmean(pairs)
    if len(pairs) < 2:
        return Difference(mean, None)
    from scipy.stats import t

    half = float(t.ppf((1 + CONFIDENCE) / 2, len(pairs) - 1)) * statistics.stdev(pairs) / math.sqrt(len(pairs))
    return Difference(mean, (mean - half, mean + half))
