"""What a learning-rate range test says. The steps themselves are taken by learn/rates.py, in a task of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vae_core.runs import store, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings
from vae_core.spec.config import Config

if TYPE_CHECKING:
    import numpy as np

KIND = "rates"
STUDY = "learning-rate-test"  # whose trials these runs are, so that no list of runs shows them
LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 200
WEIGHT = 0.9  # of what went before, in the smoothed loss


def begin(settings: Settings, config: Config, owner: str = "") -> Task:
    """The test of this config: the one that was made before, or a new one, which waits for `jobs.start`."""
    known = (line.id for line in store.list_runs(settings) if line.study == STUDY and config.digest in line.id)
    found = next(known, None)
    run = Run(found, settings) if found else store.create(settings, config, {}, owner=owner, study=STUDY)
    return tasks.begin(run, KIND, {"config": config.to_json()}, owner)


def smoothed(losses: np.ndarray) -> np.ndarray:
    """A running mean that forgets, without its lean towards zero at the beginning."""
    import numpy as np

    mean, found = 0.0, []
    for step, loss in enumerate(losses, 1):
        mean = WEIGHT * mean + (1 - WEIGHT) * float(loss)
        found.append(mean / (1 - WEIGHT**step))
    return np.asarray(found)


def best_of(rates: np.ndarray, losses: np.ndarray) -> float:
    """Where the smoothed loss falls fastest, before it is at its least."""
    import numpy as np

    mean = smoothed(losses)
    least = int(np.argmin(mean))
    slope = np.gradient(mean, np.log(rates))
    upto = max(2, least)
    return float(rates[int(np.argmin(slope[:upto]))])
