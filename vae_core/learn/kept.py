"""Compiled steps for a process that trains one run after the other: tracing a graph takes longer than a short training.

Trials of a search mostly differ in what is no part of the graph: the learning rate, the batch, the schedule, beta, and
the images that a fold trains on. Such a run gets the graph of an earlier one, its weights and its optimizer as fresh as
they were made.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from vae_core.design.config import Config
from vae_core.design.duration import FED
from vae_core.learn.steps import Steps

MOST = 12  # graphs
MOST_BYTES = 500_000_000  # of weights and optimizers
State = list[np.ndarray]


class KeptSteps:
    def __init__(self) -> None:
        self._known: dict[str, tuple[Steps, State]] = {}
        self._bytes = 0

    def fresh(self, config: Config, style: object, make: Callable[[], Steps]) -> Steps:
        """Steps that nobody has taken."""
        key = f"{config.changed(FED)} {style}"
        if key not in self._known:
            self._add(key, make)
        steps, state = self._known[key]
        steps.restore(state)
        return steps

    def _add(self, key: str, make: Callable[[], Steps]) -> None:
        if len(self._known) >= MOST or self._bytes > MOST_BYTES:
            self._known.clear()
            self._bytes = 0
            keras.backend.clear_session()  # Keras keeps names and graphs otherwise
        steps = make()
        state = steps.state()
        self._known[key] = steps, state
        self._bytes += 2 * sum(values.nbytes for values in state)
