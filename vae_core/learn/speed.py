"""How long a training step takes on this machine, by taking some."""

from __future__ import annotations

import time

import keras
import numpy as np

from vae_core.design.config import Config
from vae_core.learn import models, objective, steps


def step_seconds(config: Config, style: models.Style, batch: int, repeats: int, count: int = 1) -> list[float]:
    """Seconds of one step, measured `repeats` times over `count` steps each, after the graph has been traced."""
    keras.utils.set_random_seed(config.seed)
    networks = models.build(config.architecture(), style)
    pixels = np.random.default_rng(0).integers(0, 256, (batch, *config.image), np.uint8)
    seen = objective.Observation.of(config, from_logits=style.logits)
    trainer = steps.Steps(steps.Task(config, networks, seen))
    images = trainer.place(pixels)
    order = np.tile(np.arange(batch, dtype=np.int32), (count, 1))
    plan = steps.Plan(order, 0, np.full(count, config.learning_rate, np.float32), np.zeros(count, np.float32))
    trainer.train(images, plan)
    seconds = []
    for _ in range(repeats):
        began = time.monotonic()
        trainer.train(images, plan)
        seconds.append((time.monotonic() - began) / count)
    return seconds
