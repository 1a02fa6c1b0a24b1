"""Trainings that a question needs, one after the other in one process, until they are there or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import comparison
from vae_core.runs import arms, jobs, store
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search.trainer import Trainer

POLL_SECONDS = 0.05
UNFINISHED = ("interrupted", "stopped", "queued", "running")
TIME, MOST = "time", "most"  # why no more is trained: it is over, or there are as many as there ever are
Tell = Callable[[str, float, float], None]


class InTurn:
    def __init__(self, task: Task, minutes: float, tell: Tell) -> None:
        self._task, self._tell = task, tell
        self._trainer = Trainer(task.settings)
        self._began, self._seconds = time.monotonic(), 60 * minutes
        self._longest = 0.0  # seconds of a training

    def close(self) -> None:
        self._trainer.close()

    def have(self, config: Config) -> bool:
        """Train it, unless it is there. False where the time is too short for that."""
        if any(run.config().seed == config.seed for run in arms.find(self._task.settings, config).done):
            return True
        if self._spent() + self._longest > self._seconds:
            return False
        began = time.monotonic()
        self._train(self._run_of(config))
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
        if run.state() != "done":
            why = run.status()["error"] or f"Its training is {run.state()}"
            raise LoupeError(f"{run.id} was not trained to its end: {why.rstrip('.')}", fix="Try again")

    def _run_of(self, config: Config) -> Run:
        """One of this config that was broken off goes on; else it is a new one."""
        settings = self._task.settings
        for line in store.list_runs(settings):
            if line.state in UNFINISHED and not line.study and config.digest in line.id:
                run = Run(line.id, settings)
                if run.config() == config:
                    return run
        return store.create(settings, config, {}, owner=self._task.owner, answers=self._task.id)
