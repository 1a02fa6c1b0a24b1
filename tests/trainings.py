"""Small trainings for the tests: one that all that is random takes part in, and one that is over at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from conftest import Once
from support import settings_in, train

from vae_core.design.config import Config
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings

PLAIN = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", kind="vae", epochs=1, train_size=300)
# Whatever is random in a training is in it: the order, the codes drawn, noise on the images, dropout.
WHOLE = replace(PLAIN, encoder="conv8/2 bn drop.1 flatten dense16", noise=0.1, beta=3.0, epochs=8, batch=64)
Report = Callable[[dict[str, Any]], None]
LOSSES = [
    f"{part}_{kind}_nats_per_image" for part in ("train", "validation") for kind in ("total", "reconstruction", "kl")
]
# Two runs agree to this share of the loss: sums in another order over two threads are all that may differ.
TOLERANCE = 1e-4


def trial(settings: Settings, config: Config, report: Report = lambda row: None, kept: Any = None) -> Run:
    """Trained as a search does it: the same epochs, and nothing made of the model at their end."""
    from vae_core.learn import training

    run = store.create(settings, config, {}, study="a search")
    training.train(run, settings, report, kept)
    return run


def losses(run: Run) -> np.ndarray:
    return np.array([[float(row[name]) for name in LOSSES] for row in run.history()])


def alike(run: Run, other: Run) -> bool:
    return bool(np.allclose(losses(run), losses(other), rtol=TOLERANCE))


def trained_whole(once: Once) -> Run:
    """Trained from its first epoch to its last without a break, once a machine. Not to be changed."""
    settings = settings_in(once("whole", _train_whole))
    return Run(store.list_runs(settings)[0].id, settings)


def _train_whole(folder: Path) -> None:
    train(settings_in(folder), WHOLE)
