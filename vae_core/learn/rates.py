"""The learning-rate range test: train while the rate rises from far too small to far too large, and watch the loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vae_core.errors import LoupeError
from vae_core.learn import steps
from vae_core.learn.training import Training
from vae_core.runs.tasks import Task
from vae_core.search.rates import HIGHEST, LOWEST, STEPS, best_of, smoothed

WORSE = 4.0  # times the least loss so far: larger rates can only be worse


def measure(task: Task, tell: Callable[[str, float, float], None]) -> None:
    """One step at each rate, and the rate at which the loss fell fastest."""
    training = Training(task.run, task.settings, lambda row: None)
    config, count = training.config, len(training.pixels)
    rates = np.geomspace(LOWEST, HIGHEST, STEPS).astype(np.float32)
    order = np.random.default_rng([config.seed, 5]).permutation(count)
    losses: list[float] = []
    for step in range(STEPS):
        chosen = np.take(order, np.arange(step * config.batch, (step + 1) * config.batch), mode="wrap")
        beta = np.full(1, config.beta or 0.0, np.float32)
        plan = steps.Plan(chosen.astype(np.int32)[None], step, rates[step : step + 1], beta)
        nats, kl = training.steps.train(plan)[0] / config.batch
        loss = float(nats + (config.beta or 0.0) * kl)
        if not np.isfinite(loss) or (losses and loss > WORSE * min(losses)):
            break
        losses.append(loss)
        task.save_live({"rates": rates[: len(losses)], "losses": np.asarray(losses)})
        tell("Raising the learning rate", step, STEPS)
    if len(losses) < STEPS // 10:
        raise LoupeError(
            "The loss stopped being a number at the smallest learning rates", fix="Change the architecture"
        )
    found = np.asarray(losses)
    task.save({"best": best_of(rates[: len(found)], found), "steps": len(found)},
              {"rates": rates[: len(found)], "losses": found, "smoothed": smoothed(found)})  # fmt: skip
