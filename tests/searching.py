"""Searches in this process, whose trainings take no time; and trials that somebody made up."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support import state_of

from vae_core import settings as environment
from vae_core.cli.main import main
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import jobs, locks
from vae_core.runs.places import here
from vae_core.runs.store import Run
from vae_core.search import coordinator, study, trials
from vae_core.search.space import Vary
from vae_core.search.study import Study
from vae_core.search.wanted import Search
from vae_core.settings import Settings

if TYPE_CHECKING:
    import optuna

BASE = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", epochs=3, batch=64, train_size=300)
RATES = (Vary("learning_rate", 1e-3, 3e-2, log=True),)
BEST_RATE, WILD = 1e-2, 1.0  # where the losses that are made up are lowest, and above which they are no numbers


def asked(**wanted: Any) -> Search:
    return Search(**{"base": BASE, "space": RATES, "pruner": "none", **wanted})


def ended(found: Study) -> int:
    return sum(trial.ended for trial in trials.every(found))


class Trainer:
    """The face of the real one. It goes an epoch further whenever it is waited for, and makes the losses up."""

    def __init__(self, settings: Settings) -> None:
        self.alive = False
        self._trainings: Iterator[None] = iter(())

    def train(self, run: Run) -> None:
        """After those that came before."""
        self.alive = True
        run.clear_stop()
        me = os.getpid()
        run.set_status(state="queued", error=None, queued=time.time(), pid=me, pid_started=locks.started(me))
        self._trainings = chain(self._trainings, self.epochs(run))

    def go_on(self) -> None:
        assert next(self._trainings, "nothing") is None, "the coordinator waits, and nothing trains"

    def close(self) -> None:
        """What has begun goes to its end."""
        for _ in self._trainings:
            pass
        self.alive = False

    def epochs(self, run: Run) -> Iterator[None]:
        with suppress(LoupeError), jobs.hold(run):  # the run's state says it
            config = run.config()
            for epoch in range(len(run.history()) + 1, config.epochs + 1):
                if run.stop_requested():
                    break
                run.add_history(_row(config, epoch))
                yield
            run.save_state(state_of([]))
            run.set_status(state="done" if len(run.history()) == config.epochs else "stopped")
        yield


class ReallyTraining(Trainer):
    """It trains trials as the process of a search does, one after the other, each in one go; no winner."""

    def __init__(self, settings: Settings) -> None:
        from vae_core.learn.kept import KeptSteps

        super().__init__(settings)
        self._kept = KeptSteps()

    def epochs(self, run: Run) -> Iterator[None]:
        from vae_core.learn import training

        if not run.study:
            yield from super().epochs(run)
            return
        with suppress(LoupeError):
            training.train(run, run.settings, kept=self._kept)
        yield


def _row(config: Config, epoch: int) -> dict[str, float]:
    if config.learning_rate > WILD:
        raise LoupeError("The loss stopped being a number in epoch 1")
    losses = {"reconstruction": 20 + 10 * abs(math.log10(config.learning_rate / BEST_RATE)) + 10 / epoch, "kl": 2.0}
    losses["total"] = losses["reconstruction"] + (config.beta or 0.0) * losses["kl"]
    kinds = ("train", "validation")
    return {"epoch": epoch, **{f"{kind}_{name}_nats_per_image": losses[name] for name in losses for kind in kinds}}


class Searches:
    """Real ones, but that their only worker is this process, and its trainer one of those above."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch) -> None:
        self.settings, self.trainer = settings, Trainer(settings)
        self.meanwhile: Callable[[], object] = lambda: None
        me = SimpleNamespace(pid=os.getpid(), wait=lambda: 0)
        patch.setattr(here, "start", lambda asked: me)
        patch.setattr(coordinator, "Trainer", lambda settings: self.trainer)
        patch.setattr(coordinator, "time", SimpleNamespace(monotonic=time.monotonic, sleep=self._wait))

    def begin(self, meanwhile: Callable[[Study], object] = lambda found: None, **wanted: Any) -> Study:
        """Work until it ends by itself, or by what is done to it meanwhile: whenever the coordinator waits."""
        found = study.create(self.settings, asked(**wanted))
        self.go_on(found, meanwhile)
        return found

    def go_on(self, found: Study, meanwhile: Callable[[Study], object] = lambda found: None) -> None:
        self.meanwhile = lambda: meanwhile(found)
        found.start()
        (worker,) = found.workers()
        coordinator.work(worker)

    def _wait(self, seconds: float) -> None:
        self.meanwhile()
        self.trainer.go_on()


def work_on_a_disk_that_gets_full(worker: str, room: int) -> int:
    """In a process of its own: when the sixth trial begins, no file can get larger than the storage and so many bytes.

    Every other file is smaller than that."""
    import resource

    found = Study(worker.partition("/")[0], environment.load())
    searches = Searches(found.settings, pytest.MonkeyPatch())

    def fill() -> None:
        if ended(found) == 5:
            size = (found.path / study.JOURNAL_FILE).stat().st_size + room
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            searches.meanwhile = lambda: None

    searches.meanwhile = fill
    return main(["search-worker", worker])


def made_up() -> optuna.Study:
    """Optuna's own, with trials of nobody: the lower the learning rate, the better."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    found = optuna.create_study(directions=["minimize"])
    distributions: dict[str, optuna.distributions.BaseDistribution] = {
        "learning_rate": optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True),
        "filters": optuna.distributions.FloatDistribution(0.5, 2),
    }
    for rate in np.geomspace(1e-3, 1e-1, 6):
        found.add_trial(
            optuna.trial.create_trial(
                params={"learning_rate": rate, "filters": 0.5 + 10 * rate},
                distributions=distributions,
                value=20 + 100 * rate,
            )
        )
    return found
