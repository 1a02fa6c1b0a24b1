"""The learning-rate range test: a model's first steps, each with a larger rate than the last one, and their losses."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from vae_core.data import catalog, splits
from vae_core.design.config import Config
from vae_core.learn import feeding, models, objective, principal, resolve, steps
from vae_core.learn.feeding import Pixels
from vae_core.runs.tasks import Task

CHUNK = 10  # steps to a call
FAR = 4.0  # times the best loss: there is nothing more to learn from larger rates
Tell = Callable[[str, float, float], None]


def run(task: Task, tell: Tell) -> None:
    """Ends early where the loss stops being a number, or has risen far above its best."""
    spec, config = task.spec, task.run.config()
    tell("reading the images", 0, spec["steps"])
    data = catalog.load(task.run.data_name(), task.settings)
    part = splits.of(data, config)
    pixels = feeding.chosen(data.train.pixels, part.train)
    keras.utils.set_random_seed(config.seed)
    style = resolve.style(config, task.run, task.settings, fingerprint=data.fingerprint)
    networks = models.build(config.architecture(), style)
    seen = objective.Observation.of(config, from_logits=style.logits)
    trainer = steps.Steps(steps.Task(config, networks, seen))
    if principal.has_components(config):
        trainer.begin(lambda networks: principal.begin(networks, config, pixels))
    rates = np.geomspace(spec["low"], spec["high"], spec["steps"]).astype(np.float32)
    losses = _losses(trainer, pixels, rates, config, lambda done: tell("taking steps", done, len(rates)))
    found = [[float(rate), float(loss)] for rate, loss in zip(rates, losses, strict=False)]
    task.save({"points": found, "broke_off": len(found) < len(rates)})


def _losses(
    trainer: steps.Steps, pixels: Pixels, rates: np.ndarray, config: Config, told: Callable[[int], None]
) -> list[float]:
    """The loss of each step, up to the first that is no number."""
    random = np.random.default_rng([config.seed, 2])
    images, count = trainer.place(pixels), len(pixels)
    batch = min(config.batch, count)
    found: list[float] = []
    for start in range(0, len(rates), CHUNK):
        some = rates[start : start + CHUNK]
        order = np.stack([random.permutation(count)[:batch] for _ in some]).astype(np.int32)
        betas = np.full(len(some), config.beta or 0.0, np.float32)
        sums = trainer.train(images, steps.Plan(order, start, some, betas))
        nats = (sums[:, 0] + (config.beta or 0.0) * sums[:, 1]) / batch
        found += [float(value) for value in nats]
        told(len(found))
        if not np.isfinite(nats).all() or nats.min() > FAR * min(found):
            break
    return found[: next((i for i, value in enumerate(found) if not np.isfinite(value)), len(found))]
