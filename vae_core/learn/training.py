"""One training, from a run's folder to its best model: epochs, snapshots, stop, resume."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset
from vae_core.design import cost, duration
from vae_core.design.config import Config
from vae_core.design.duration import Clock, Images
from vae_core.design.layers import show
from vae_core.errors import LoupeError
from vae_core.learn import feeding, finish, models, objective, principal, resolve, snapshots, steps
from vae_core.learn.feeding import Pixels
from vae_core.learn.kept import KeptSteps
from vae_core.learn.position import Position, load_position, save_position
from vae_core.runs import calibration, jobs, pace
from vae_core.runs.store import Run
from vae_core.settings import Settings

CHUNK_SECONDS = 0.2  # how long one call into the graph may take: the grain of progress and of Stop
STATUS_SECONDS = 1.0
ENOUGH_SECONDS = 5.0  # of training, for its pace to be believed
log = logging.getLogger(__name__)
Report = Callable[[dict[str, Any]], None]


class NotANumber(LoupeError):
    """The loss is none any more; epochs before that may have been good."""


def train(run: Run, settings: Settings, report: Report = lambda row: None, kept: KeptSteps | None = None) -> None:
    """Train the run, or go on where it stopped. Waits for a free slot; leaves a final state behind.

    `kept`: what a process that trains several runs keeps between them."""
    with jobs.hold(run) as run:
        try:
            Training(run, settings, report, kept).go()
        except Exception as error:
            if not isinstance(error, LoupeError):
                log.exception("%s failed", run.id)
                run.set_status(state="failed", error="Something went wrong inside the program; the run's log has more.")
            raise


class Training:
    """The state of one training process."""

    def __init__(self, run: Run, settings: Settings, report: Report, kept: KeptSteps | None) -> None:
        self.run, self.settings, self.report = run, settings, report
        self.config: Config = run.config()
        self.is_trial = bool(run.study)
        run.set_status(phase="loading", epochs=self.config.epochs, error=None)
        self.data = _load(self.config, run, settings)
        part = splits.of(self.data, self.config)
        pixels = feeding.chosen(self.data.train.pixels, part.train)
        self.image_count = len(pixels)
        self.held_out = _held_out(self.data, part)
        self.foretold = calibration.foretold(settings, self.config, self._images())
        self.clock = Clock(self.foretold)
        self.written = 0.0  # when the status was
        epochs = max(0, self.config.epochs - len(run.history()))
        run.set_status(phase="preparing", **self._eta(epochs * self.steps_per_epoch, epochs))
        self.style = resolve.style(self.config, run, settings, fingerprint=self.data.fingerprint)
        self.steps = kept.fresh(self.config, self.style, self._make_steps) if kept else self._make_steps()
        self.images = self.steps.place(pixels)
        self.position = self._restore()
        if principal.has_components(self.config) and self.position.is_fresh:
            self._begin_at_components(pixels)
        self.chunk = 1

    def _images(self) -> Images:
        if self.is_trial:
            return Images(self.image_count, len(self.held_out))
        labelled = self.data.train.labels is not None
        neighbours = cost.neighbours(self.config.architecture(), len(self.data.train)) if labelled else 0
        return Images(self.image_count, len(self.held_out), len(self.data.test), neighbours)

    @property
    def steps_per_epoch(self) -> int:
        return self.config.steps_an_epoch(self.image_count)

    def go(self) -> None:
        try:
            self._go()
        except NotANumber:
            self._keep_best()
            raise

    def _go(self) -> None:
        started = time.monotonic() - self.position.seconds
        while self.position.epoch < self.config.epochs and not self._patience_is_over():
            self.run.set_status(phase="training", state="running")
            if not self._train_epoch():
                self.position.seconds = time.monotonic() - started
                return self._stopped()
            self.position.seconds = time.monotonic() - started
            self._end_epoch()
        save_position(self.run, self.position, self.steps)
        self._learn_pace()
        self._finish()
        self.run.set_status(state="done", phase="", eta_seconds=0, eta_range=None, **self._taken())

    def _make_steps(self) -> steps.Steps:
        keras.utils.set_random_seed(self.config.seed)
        architecture = self.config.architecture()
        fresh = models.build(architecture)
        networks = models.build(architecture, self.style)
        networks.set_weights(fresh.get_weights())
        seen = objective.Observation.of(self.config, from_logits=self.style.logits)
        return steps.Steps(steps.Task(self.config, networks, seen))

    def _begin_at_components(self, pixels: Pixels) -> None:
        """What training only adds to is kept where nothing that was added is any better."""
        self.steps.begin(lambda networks: principal.begin(networks, self.config, pixels))
        total, _, _ = self._validated()
        self.position.best_value, self.position.best = total, self.steps.weights()
        if not self.is_trial:
            snapshots.save(self.run, self.steps, self.data, 0)

    def _restore(self) -> Position:
        position = load_position(self.run, self.steps)
        self.run.truncate_history(position.epoch)
        return position

    def _train_epoch(self) -> bool:
        """Take the epoch's remaining steps; False if a stop was asked for."""
        position, batch = self.position, self.config.batch
        order = self._order(position.epoch)
        began, first = time.monotonic(), position.step
        while position.step < self.steps_per_epoch:
            if self.run.stop_requested():
                position.train_seconds += time.monotonic() - began
                return False
            full = len(order) // batch - position.step  # the last batch of an epoch may be smaller
            count = min(self.chunk, full) if full > 0 else 1
            chosen = order[position.step * batch : (position.step + count) * batch].reshape(count, -1)
            self._take(chosen)
            self._tell(began, first)
        position.train_seconds += time.monotonic() - began
        return True

    def _order(self, epoch: int) -> np.ndarray:
        """All images once; or where an epoch is so many steps, as many images of one pass after the other."""
        if not self.config.steps:
            return _permuted(self.config.seed, epoch, self.image_count)
        count = self.config.steps * self.config.batch
        first, begin = divmod(epoch * count, self.image_count)
        passes = range(first, first + -(-(begin + count) // self.image_count))
        order = [_permuted(self.config.seed, number, self.image_count) for number in passes]
        return np.concatenate(order)[begin : begin + count]

    def _take(self, chosen: np.ndarray) -> None:
        position, per_epoch, count = self.position, self.steps_per_epoch, len(chosen)
        step = position.epoch * per_epoch + position.step
        rates = [objective.learning_rate(self.config, step + i, per_epoch) for i in range(count)]
        betas = [objective.beta(self.config, step + i, per_epoch) for i in range(count)]
        began = time.monotonic()
        plan = steps.Plan(chosen, step, np.array(rates, np.float32), np.array(betas, np.float32))
        sums = self.steps.train(self.images, plan)
        seconds = time.monotonic() - began
        self.clock.steps(count, seconds)
        self._adapt_chunk(seconds / count)
        position.add(count, sums, np.asarray(betas), chosen.size)
        if not np.isfinite(sums).all():
            bad = position.step - count + int(np.argmin(np.isfinite(sums).all(axis=1))) + 1
            raise _not_a_number(self.config, position.epoch + 1, bad, rates[-1])

    def _adapt_chunk(self, seconds: float) -> None:
        """Grow the number of steps a call while calls stay short; the first calls also trace the graph."""
        wanted = max(1, int(CHUNK_SECONDS / max(seconds, 1e-6)))
        self.chunk = min(wanted, self.chunk * 4)

    def _tell(self, began: float, first: int) -> None:
        position, now = self.position, time.monotonic()
        epochs_left = self.config.epochs - position.epoch
        steps_left = epochs_left * self.steps_per_epoch - position.step
        speed = (position.step - first) * self.config.batch / max(now - began, 1e-6)
        row = {
            "epoch": position.epoch + 1,
            "step": position.step,
            "steps": self.steps_per_epoch,
            "nats_per_image": position.means()["total"],
            "images_per_second": round(speed, 1),
            **self._eta(steps_left, epochs_left),
        }
        self.run.add_progress(row)
        self.report(row)
        if now - self.written > STATUS_SECONDS:
            self.written = now
            kept = {key: row[key] for key in ("images_per_second", "eta_seconds", "eta_range", "eta_at")}
            self.run.set_status(epoch=position.epoch, peak_memory_mb=peak_memory_mb(), **kept)

    def _eta(self, steps: int, epochs: int) -> dict[str, Any]:
        return duration.status(self.clock.left(steps, epochs), time.time())

    def _end_epoch(self) -> None:
        """Validate, write the row, keep the best weights, take a snapshot."""
        began, position = time.monotonic(), self.position
        self.run.set_status(phase="validating")
        with self.steps.averaged():
            row = self._look()
        if position.worth_saving():
            save_position(self.run, position, self.steps)
        self.clock.look(time.monotonic() - began)
        epochs = self.config.epochs - position.epoch
        best = {"nats_per_image": position.best_value, "nats_per_pixel": position.best_value / self.config.pixels}
        self.run.set_status(
            epoch=position.epoch,
            seconds=round(position.seconds, 2),
            peak_memory_mb=peak_memory_mb(),
            best={"epoch": position.best_epoch, "validation": best},
            **self._eta(epochs * self.steps_per_epoch, epochs),
        )
        self.report({"epoch_done": position.epoch, **row})

    def _look(self) -> dict[str, Any]:
        """Close the epoch with what the model is now worth: its row of history."""
        position = self.position
        total, nats, kl = self._validated()
        if not np.isfinite(total):
            raise _not_a_number(self.config, position.epoch + 1, self.steps_per_epoch, None)
        row = self._history_row({"total": total, "reconstruction": nats, "kl": kl})
        position.close_epoch(total, self.steps.weights)
        self.run.add_history(row)
        if not self.is_trial:
            snapshots.save(self.run, self.steps, self.data, position.epoch)
        return row

    def _validated(self) -> tuple[float, float, float]:
        """Loss, reconstruction and KL of the images held out, in nats per image."""
        nats, kl = self.steps.validate(self.held_out, steps.BATCH) / len(self.held_out)
        return nats + (self.config.beta or 0.0) * kl, nats, kl

    def _history_row(self, validation: dict[str, float]) -> dict[str, Any]:
        position, per_epoch = self.position, self.steps_per_epoch
        last = position.epoch * per_epoch + per_epoch - 1
        seen = self.config.steps * self.config.batch or self.image_count
        training = {f"train_{name}_nats_per_image": value for name, value in position.means().items()}
        held_out = {f"validation_{name}_nats_per_image": float(value) for name, value in validation.items()}
        return {
            "epoch": position.epoch + 1,
            **training,
            **held_out,
            "learning_rate": objective.learning_rate(self.config, last, per_epoch),
            "beta": objective.beta(self.config, last, per_epoch),
            "seconds": round(position.train_seconds, 3),
            "images_per_second": round(seen / max(position.train_seconds, 1e-6), 1),
            "peak_memory_mb": peak_memory_mb(),
        }

    def _learn_pace(self) -> None:
        """What a minute is here, for the next training of which nobody measured anything."""
        if self.position.seconds >= ENOUGH_SECONDS and not (self.is_trial or self.foretold.measured):
            pace.learn(self.settings, self.config, self.clock.parts.step.middle / self.foretold.step.middle)

    def _taken(self) -> dict[str, float]:
        return {"seconds": round(self.position.seconds, 2)}

    def _patience_is_over(self) -> bool:
        patience = self.config.patience
        return bool(patience) and self.position.epoch - self.position.best_epoch >= patience

    def _stopped(self) -> None:
        """Keep the state of the broken epoch for a resume, and make what was learned so far usable."""
        save_position(self.run, self.position, self.steps)
        self._keep_best()
        self.run.set_status(state="stopped", phase="", eta_seconds=None, eta_range=None, **self._taken())

    def _keep_best(self) -> None:
        if self.position.best:
            self._finish()
            self.run.set_status(phase="")

    def _finish(self) -> None:
        """A trial of a search leaves its state and a few validation images: it does not look at the test images."""
        if self.is_trial:
            finish.show_some(self.run, self.steps, self.position, self.held_out)
            return
        self.run.set_status(**self._eta(0, 0))
        finish.finish(self.run, self.settings, self.data, self.position)


def _load(config: Config, run: Run, settings: Settings) -> Dataset:
    data = catalog.load(run.data_name(), settings)
    if data.image != config.image:
        raise LoupeError(
            f"The images of {config.dataset} are {show(data.image)}",
            f"This run expects {show(config.image)}",
            "Set up a new run for this data",
        )
    known = run.resolved().get("data_fingerprint")
    if known and known != data.fingerprint:
        raise LoupeError(
            f"The data set {config.dataset} has changed since this run began",
            "A run can only go on with the images it began with",
            "Set up a new run",
        )
    return data


def _held_out(data: Dataset, part: splits.Split) -> Pixels:
    if part.from_test:
        return data.test.pixels if part.test is None else feeding.chosen(data.test.pixels, part.test)
    assert part.validation is not None
    return feeding.chosen(data.train.pixels, part.validation)


def _permuted(seed: int, number: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, number]).permutation(count).astype(np.int32)


def _not_a_number(config: Config, epoch: int, step: int, rate: float | None) -> NotANumber:
    return NotANumber(
        f"The loss stopped being a number in epoch {epoch}, step {step}"
        + (f", at a learning rate of {rate:.3g}" if rate else ""),
        "A finite loss was expected; the steps were probably too large",
        f"Try a learning rate of {config.learning_rate / 10:.1g}, or a few epochs of warm-up",
    )


def peak_memory_mb() -> int:
    """The most memory that this process ever held."""
    try:
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return int(peak / 2**20 if sys.platform == "darwin" else peak / 1024)
    except ImportError:  # Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset / 2**20)
