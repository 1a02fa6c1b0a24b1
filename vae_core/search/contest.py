"""Optimisers against each other: the same model, first weights and batches, so that only the optimiser differs.

The first weights and the order of the batches come from the seed alone, so two trainings of one seed are a pair, and
several seeds tell a difference from chance.
"""

from __future__ import annotations

from dataclasses import dataclass

from vae_core.design.config import Changes, Config
from vae_core.design.declared import SETTINGS
from vae_core.errors import LoupeError

MOST_SEEDS = 10
SGD_FACTOR = 10  # how much larger a step SGD usually takes


@dataclass(frozen=True)
class Side:
    """One optimiser with a learning rate of its own."""

    optimizer: str
    learning_rate: float


def usual(base: Config, optimizer: str) -> Side:
    """With a rate to begin with: what suits Adam is mostly too small for SGD."""
    factor = (SGD_FACTOR if optimizer == "sgd" else 1) / (SGD_FACTOR if base.optimizer == "sgd" else 1)
    low, high = SETTINGS["learning_rate"].bounds
    return Side(optimizer, float(f"{min(max(low, factor * base.learning_rate), high):.6g}"))


def configs(base: Config, side: Side, seeds: int, epochs: int) -> list[Config]:
    """The configs of a side: one for each seed, counted from the base's own."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise LoupeError(f"{seeds} seeds were asked for", f"1 to {MOST_SEEDS} are possible")
    values = {"optimizer": side.optimizer, "learning_rate": side.learning_rate, "epochs": epochs}
    return [base.changed(values, seed=base.seed + more, recipe=_recipe(base, values)) for more in range(seeds)]


def _recipe(base: Config, values: Changes) -> str:
    """A report's numbers stand only beside its own settings."""
    return base.recipe if all(getattr(base, name) == value for name, value in values.items()) else ""
