"""One worker of a search: takes a trial, lets its folds train, prunes or finishes it, and takes the next."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs, store
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import reached
from vae_core.search.queue import RUNS, Queue
from vae_core.search.study import Study, Worker
from vae_core.search.trainer import Trainer

if TYPE_CHECKING:
    import optuna

POLL_SECONDS = 0.05
log = logging.getLogger(__name__)


class Pruned(Exception):
    """The trial is plainly worse than others were at this point, or the time is over."""


def work(worker: Worker) -> None:
    """Until the budget is spent or somebody says stop; the worker's state says how it ended."""
    began = time.monotonic()
    try:
        with jobs.hold(worker, kind=None):
            Coordinator(worker, began).go()
            worker.set_status(state="done", phase="", seconds=time.monotonic() - began)
    except jobs.Stopped:
        pass


class Coordinator:
    def __init__(self, worker: Worker, began: float) -> None:
        self.worker = worker
        self.study: Study = worker.study
        self.search = self.study.search()
        self.trainer = Trainer(worker.settings)
        self.began = began
        worker.set_status(phase="opening the trials")
        self.queue = Queue(worker, self._give_way)

    def go(self) -> None:
        try:
            self._give_way()
            while trial := self.queue.take(is_over=self._is_over()):
                self._work_on(trial)
                self._give_way()
            self._crown()
        finally:
            self.trainer.close()

    # One trial.

    def _work_on(self, trial: optuna.Trial) -> None:
        self.worker.set_status(phase=f"trial {trial.number + 1}")
        try:
            values = self._values(trial)
        except Pruned:
            self.queue.end(trial, "PRUNED")
        except jobs.Stopped:
            raise
        except LoupeError as error:
            if not self.study.path.is_dir():
                raise
            log.warning("trial %d failed: %s", trial.number + 1, error)
            self.queue.fail(trial, error)
        else:
            self.queue.end(trial, "COMPLETE", values)

    def _values(self, trial: optuna.Trial) -> list[float]:
        """What it reaches, goal by goal, once all of its folds are trained."""
        runs: list[Run] = []
        for fold, config in enumerate(self.queue.configs(trial)):
            runs.append(self._run_of(trial, fold, config))
            self._train_fold(trial, runs)
        return [reached.mean(goal, runs) for goal in self.search.goals]

    def _run_of(self, trial: optuna.Trial, fold: int, config: Config) -> Run:
        """The fold's run: the one that an earlier worker began, or a new one."""
        known = trial.user_attrs.get(RUNS, [])
        if fold < len(known) and (run := self._kept(known[fold])):
            return run
        run = store.create(self.worker.settings, config, {}, owner=self.study.owner, study=self.study.name)
        self.queue.keep_runs(trial, [*known[:fold], run.id])
        return run

    def _kept(self, name: str) -> Run | None:
        """The run of that name; None where it was removed."""
        run = Run(name, self.worker.settings)
        return run if run.path.is_dir() else None

    def _train_fold(self, trial: optuna.Trial, runs: list[Run]) -> None:
        """The last of the runs, to its end, or until the trial is pruned."""
        run = runs[-1]
        state = self._trained(run, lambda: self._watch(trial, runs))
        if state != "done":
            raise LoupeError(run.status()["error"] or f"The training of {run.id} is {state}")

    def _trained(self, run: Run, watch: Callable[[], None]) -> str:
        """Its state in the end. A training process that died is given one more try."""
        for _ in range(2):
            if run.state() == "done":
                break
            run.set_job(self.worker.job())  # whatever has become of the job of another worker, who left it
            if not run.has_process():
                self.trainer.train(run)
            watch()
            if run.state() != "interrupted":
                break
        return run.state()

    def _watch(self, trial: optuna.Trial, runs: list[Run]) -> None:
        run, before = runs[-1], (len(runs) - 1) * self.search.base.epochs
        seen = self.queue.epochs_told(trial)
        while True:
            ended = run.state() in FINAL
            rows = run.history()
            for row in rows[max(0, seen - before) :]:
                seen = before + int(row["epoch"])
                self._report(trial, runs, seen)
            if ended and len(run.history()) == len(rows):
                return
            self._heed_stop(run)
            if self._is_over():
                self._end(run)
                raise Pruned
            time.sleep(POLL_SECONDS)

    def _report(self, trial: optuna.Trial, runs: list[Run], epoch: int) -> None:
        if self.search.prunes and self.queue.is_worse(trial, reached.mean(self.search.goals[0], runs), epoch):
            self._end(runs[-1])
            raise Pruned

    def _heed_stop(self, run: Run) -> None:
        if self.worker.stop_requested():
            self._end(run)
            self._give_way()

    def _end(self, run: Run) -> None:
        jobs.request_stop(run)
        while run.has_process() and run.state() not in FINAL and self.trainer.alive:
            time.sleep(POLL_SECONDS)

    def _give_way(self) -> None:
        if self.worker.stop_requested():
            self.worker.set_status(state="stopped", phase="")
            raise jobs.Stopped(f"The search {self.study.name} was stopped")

    def _is_over(self) -> bool:
        """Whether the time that it may take is spent."""
        minutes = float(self.study.budget()["minutes"])
        return bool(minutes) and 60 * minutes <= time.monotonic() - self.began

    # The end.

    def _crown(self) -> None:
        """The best trial becomes a run like any other; it alone reads the test images."""
        if not self.queue.is_last() or (best := self.queue.best()) is None:
            return
        self.worker.set_status(phase="the winner")
        run = self._crowned(best) or self._winner_of(best)
        self.study.set_winner(best.number, run)
        self._train_winner(run)

    def _crowned(self, best: optuna.trial.FrozenTrial) -> Run | None:
        """What this trial became before, when the search had fewer trials or was stopped at its end."""
        kept = self.study.winner()
        return self._kept(kept["run"]) if kept and kept["trial"] == best.number else None

    def _train_winner(self, run: Run) -> None:
        """A search without its winner has not done what it was asked."""
        state = self._trained(run, lambda: self._wait_for(run))
        if state != "done":
            why = run.status()["error"] or f"Its training is {state}"
            raise LoupeError(
                f"The best trial's run {run.id} was not trained to its end: {why.rstrip('.')}",
                "Its trials are not affected",
                "Go on with the search, which trains it",
            )

    def _wait_for(self, run: Run) -> None:
        while run.state() not in FINAL:
            self._heed_stop(run)
            time.sleep(POLL_SECONDS)

    def _winner_of(self, best: optuna.trial.FrozenTrial) -> Run:
        """Where no folds were made its training is done already; else it trains once on what all folds had."""
        settings, owner = self.worker.settings, self.study.owner
        if not self.search.folds:
            return forks.adopt(settings, Run(best.user_attrs[RUNS][0], settings), owner)
        return store.create(settings, self.search.winner(best.params), {}, owner=owner)
