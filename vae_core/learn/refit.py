"""A trained network without one of its layers, trained on for some seconds; and the whole one, as long. For a task of
kind "without": look/worth/without.py says what it is for.

The seconds become steps, once, at the speed of the whole network: all take as many steps, with the same images.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import keras
import numpy as np

from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset
from vae_core.errors import LoupeError
from vae_core.learn import feeding, models, objective, saved, steps
from vae_core.learn.steps import Images, Steps
from vae_core.look import evaluation
from vae_core.look.best.loss import Loss
from vae_core.look.worth import without, work
from vae_core.look.worth.chain import Chain, shorter
from vae_core.look.worth.found import names
from vae_core.look.worth.stage import Stage
from vae_core.runs import keras_file
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

CHUNK = 10  # steps to a call
PHASES = ("Refitting the whole network", "Refitting it once more", "Refitting it without {}")
Tell = Callable[[str, float, float], None]


def run(task: Task, tell: Tell) -> None:
    data, config = catalog.load(task.run.data_name(), task.settings), task.run.config()
    evaluation.check(config, data)
    refit = Refit(task.run, data, float(task.spec["seconds"]), tell)
    whole, again = refit.losses(PHASES[0]), refit.losses(PHASES[1], order=1)
    left_out = [refit.losses(PHASES[2].format(name), stage) for name, stage in refit.asked]
    losses = np.array(left_out).reshape(-1, len(whole)).T
    counts = {"images": len(whole), "of": refit.of, "steps": refit.steps, "fingerprint": data.fingerprint}
    arrays = {"places": refit.places, "whole": whole, "again": again, "replaced": losses}
    task.save({"version": without.VERSION, **counts}, arrays)


class Refit:
    """Everything that the trainings of one run have in common."""

    def __init__(self, run: Run, data: Dataset, seconds: float, tell: Tell) -> None:
        self._config, self._data, self._seconds, self._tell = run.config(), data, seconds, tell
        self._plan = self._config.architecture()
        self._pixels = feeding.chosen(data.train.pixels, splits.of(data, self._config).train)
        self._graphs = keras_file.read(run.model)
        self._chain = Chain.of(self._graphs, self._plan)
        own = splits.to_show(data, self._config.classes)
        self.of, self.places = len(own), own[work.chosen(len(own), work.COUNTS[0])]
        known, reasons = self._chain.stages, without.reasons(self._plan)
        self.asked = [(name, stage) for name, stage, reason in zip(names(known), known, reasons) if not reason]
        self.steps = self._done = 0  # of one training; trainings that are over

    def losses(self, phase: str, left_out: Stage | None = None, order: int = 0) -> np.ndarray:
        """Of the test images, after the training."""
        self._say(phase, 0.0)
        trainer = self._trainer(left_out)
        images = trainer.place(self._pixels)
        self.steps = self.steps or self._within(trainer, images)
        for start in range(0, self.steps, CHUNK):
            trainer.train(images, self._part(start, order))
            self._say(phase, start / self.steps)
        self._done += 1
        return self._tested(trainer)

    def _say(self, phase: str, share: float) -> None:
        self._tell(phase, self._done + share, 2 + len(self.asked))

    def _trainer(self, left_out: Stage | None) -> Steps:
        """With the weights of the saved model, but for those of what is left out."""
        config = self._config
        plan = shorter(self._plan, left_out) if left_out else self._plan
        graphs = self._chain.rest(self._graphs, left_out) if left_out else self._graphs
        keras.utils.set_random_seed(config.seed)
        plain = models.build(plan)
        saved.fill(plain.encoder, graphs["encoder"])
        saved.fill(plain.decoder, graphs["decoder"])
        logits = config.loss != "mse" and plan.ends_in_sigmoid
        networks = models.build(plan, models.Style(fused=config.fused != "off", logits=logits))
        networks.set_weights(plain.get_weights())
        return Steps(steps.Task(config, networks, objective.Observation.of(config, from_logits=logits)))

    def _within(self, trainer: Steps, images: Images) -> int:
        """How many steps the seconds are; the trainer is as it was."""
        before = trainer.state()
        self.steps = CHUNK
        trainer.train(images, self._part(0, 0))  # which also makes the graph
        began = time.monotonic()
        trainer.train(images, self._part(0, 0))
        seconds = (time.monotonic() - began) / CHUNK
        trainer.restore(before)
        return max(CHUNK, int(self._seconds / max(seconds, 1e-6)) // CHUNK * CHUNK)

    def _part(self, start: int, order: int) -> steps.Plan:
        """Some steps, their images drawn by chance; the rate falls as half a cosine down to 0."""
        config, count = self._config, len(self._pixels)
        random = np.random.default_rng([config.seed, order, start])
        chosen = random.integers(count, size=(CHUNK, min(config.batch, count)), dtype=np.int32)
        done = (start + np.arange(CHUNK)) / self.steps
        rates = config.learning_rate * 0.5 * (1 + np.cos(math.pi * done))
        betas = np.full(CHUNK, config.beta or 0.0, np.float32)
        return steps.Plan(chosen, start, rates.astype(np.float32), betas)

    def _tested(self, trainer: Steps) -> np.ndarray:
        loss, pixels = Loss.of(self._config), self._data.test.pixels[self.places]
        with trainer.averaged():
            drawn = trainer.decode(trainer.encode(pixels)[0])
        found = loss.each(loss.targets(pixels), drawn.reshape(len(pixels), -1))
        if not np.isfinite(found).all():
            raise LoupeError("The loss stopped being a number", fix="Train the run again with a lower rate")
        return found
