"""Trainings that a question needs, one after the other in one process, until they are there or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import comparison
from vae_core.runs import arms, jobs, store
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search.trainer import Trainer
from vae_core.settings import Settings

POLL_SECONDS = 0.05
UNFINISHED = ("interrupted", "stopped", "queued", "running")
TIME, MOST = "time", "most"  # why no more is trained: it is over, or there are as many as there ever are
Tell = Callable[[str, float, float], None]


class Trainings(Protocol):
    def have(self, configs: Sequence[Config]) -> bool:
        """Train those that are not there. False where the time is too short for that."""

    def close(self) -> None:
        """No more of them is wanted."""


class InTurn:
    def __init__(self, task: Task, minutes: float, tell: Tell) -> None:
        self._task, self._tell = task, tell
        self._trainer = Trainer(task.settings)
        self._began, self._seconds = time.monotonic(), 60 * minutes
        self._longest = 0.0  # seconds of a training

    def close(self) -> None:
        self._trainer.close()

    def have(self, configs: Sequence[Config]) -> bool:
        return all(self._have(config) for config in configs)

    def _have(self, config: Config) -> bool:
        if is_there(self._task.settings, config):
            return True
        if self._spent() + self._longest > self._seconds:
            return False
        began = time.monotonic()
        self._train(run_of(self._task, config))
        self._longest = max(self._longest, time.monotonic() - began)
        return True

    def _spent(self) -> float:
        return time.monotonic() - self._began

    def _train(self, run: Run) -> None:
        if not run.has_process():
            self._trainer.train(run)
        phase = f"Seed {run.config().seed}: {comparison.name(run)}"
        try:
            while run.state() not in FINAL:
                self._tell(phase, min(self._spent(), self._seconds), self._seconds)
                time.sleep(POLL_SECONDS)
        except jobs.Stopped:
            jobs.request_stop(run)
            raise
        refuse_unfinished(run)


def is_there(settings: Settings, config: Config) -> bool:
    return any(run.config().seed == config.seed for run in arms.find(settings, config).done)


def run_of(task: Task, config: Config) -> Run:
    """One of this config that was broken off goes on; else it is a new one."""
    for line in store.list_runs(task.settings):
        if line.state in UNFINISHED and not line.study and config.digest in line.id:
            run = Run(line.id, task.settings)
            if run.config() == config:
                return run
    return store.create(task.settings, config, {}, owner=task.owner, answers=task.id)


def refuse_unfinished(run: Run) -> None:
    if run.state() != "done":
        why = run.status()["error"] or run.told() or f"Its training is {run.state()}"
        raise LoupeError(f"{run.id} was not trained to its end: {why.rstrip('.')}", fix="Try again")
