"""The map while it forms, written about twice a second for who watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from vae_core.data.dataset import Array
from vae_core.runs.tasks import Task

EVERY = 0.45  # seconds
Show = Callable[[Array], None]  # takes the places so far


class Live:
    """A Show. Called as often as the places change; the first are written at once."""

    def __init__(self, task: Task, fixed: Mapping[str, Array]) -> None:
        self._task = task
        self._fixed = fixed
        self._written = -EVERY

    def __call__(self, places: Array) -> None:
        now = time.monotonic()
        if now - self._written >= EVERY:
            self._written = now
            self._task.save_live({**self._fixed, "places": np.asarray(places[:, :2], np.float32)})
