"""One worker of a search: takes a trial, lets its folds train, prunes or finishes it, and takes the next."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs, locks, store
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import space
from vae_core.search.study import Study, Worker, told_of_storage
from vae_core.search.trainer import Trainer

if TYPE_CHECKING:
    import optuna

POLL_SECONDS = 0.05
MOST_FAILURES = 5  # trials in a row, from the first one on, before a search gives up
WORKER, RUNS, ERROR = "worker", "runs", "error"  # what a trial tells in Optuna's storage
PARTS = {
    "loss": ("validation_total_nats_per_image",),
    "elbo": ("validation_reconstruction_nats_per_image", "validation_kl_nats_per_image"),
    "reconstruction": ("validation_reconstruction_nats_per_image",),
    "kl": ("validation_kl_nats_per_image",),
}
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
        self.number = int(worker.id.rpartition("/")[2])
        worker.set_status(phase="opening the trials")
        self.trials = self.study.optuna(self.number)
        with locks.exclusive(self.study.guard):
            self._queue_grid()

    def go(self) -> None:
        try:
            for trial in self._next_ones():
                self._work_on(trial)
            self._crown()
        finally:
            self.trainer.close()

    # Which trial.

    def _next_ones(self) -> Iterator[optuna.Trial]:
        while True:
            self._give_way()
            with locks.exclusive(self.study.guard), told_of_storage(self.study.name):
                trial = self._orphan() or self._fresh()
                if trial is None:
                    return
                trial.set_user_attr(WORKER, self.number)
            yield trial

    def _orphan(self) -> optuna.Trial | None:
        """One that a worker left unfinished when it was stopped or killed: it goes on where it stands."""
        import optuna

        living = {int(each.id.rpartition("/")[2]) for each in self.study.workers() if locks.held(each.lock)}
        for frozen in self.trials.get_trials(deepcopy=False, states=[optuna.trial.TrialState.RUNNING]):
            owner = frozen.user_attrs.get(WORKER)
            if owner == self.number or owner not in living:
                log.info("takes up trial %d", frozen.number + 1)
                return optuna.trial.Trial(self.trials, frozen._trial_id)  # tests/test_foreign_insides.py says why
        return None

    def _fresh(self) -> optuna.Trial | None:
        import optuna

        begun = [t for t in self.trials.get_trials(deepcopy=False) if t.state != optuna.trial.TrialState.WAITING]
        self._refuse_hopeless(begun)
        queued = len(self.trials.get_trials(deepcopy=False)) > len(begun)
        exhausted = self.search.sampler == "grid" and not queued
        if len(begun) >= self.study.budget()["trials"] or self._seconds_left() <= 0 or exhausted:
            return None
        return self.trials.ask()

    def _refuse_hopeless(self, begun: list[optuna.trial.FrozenTrial]) -> None:
        failed = [trial for trial in begun if trial.state.name == "FAIL"]
        if len(begun) >= MOST_FAILURES and len(failed) == len(begun):
            reason = str(failed[-1].user_attrs.get(ERROR, "")).rstrip(".")
            raise LoupeError(f"All of the first {len(failed)} trials failed, the last one so: {reason}",
                             fix="Where the settings are to blame, choose other ranges")  # fmt: skip

    def _queue_grid(self) -> None:
        if self.search.sampler != "grid" or self.trials.get_trials(deepcopy=False):
            return
        for values in space.grid(self.search.space):
            self.trials.enqueue_trial(values)

    # One trial.

    def _work_on(self, trial: optuna.Trial) -> None:
        self.worker.set_status(phase=f"trial {trial.number + 1}")
        try:
            with told_of_storage(self.study.name):
                configs = self.search.configs(space.suggest(self.search.space, trial))
            runs: list[Run] = []
            for fold, config in enumerate(configs):
                runs.append(self._run_of(trial, fold, config))
                self._train(trial, runs, fold)
            values = [_mean(goal, runs) for goal in self.search.goals]
        except Pruned:
            return self._tell(trial, None, "PRUNED")
        except jobs.Stopped:
            raise
        except LoupeError as error:
            if not self.study.path.is_dir():
                raise
            log.warning("trial %d failed: %s", trial.number + 1, error)
            with told_of_storage(self.study.name):
                trial.set_user_attr(ERROR, str(error))
            return self._tell(trial, None, "FAIL")
        self._tell(trial, values, "COMPLETE")

    def _tell(self, trial: optuna.Trial, values: list[float] | None, state: str) -> None:
        import optuna

        with told_of_storage(self.study.name):
            self.trials.tell(trial, values, state=optuna.trial.TrialState[state])

    def _run_of(self, trial: optuna.Trial, fold: int, config: Config) -> Run:
        """The fold's run: the one that an earlier worker began, or a new one."""
        known = list(trial.user_attrs.get(RUNS, []))
        if fold < len(known) and (self.worker.settings.checkpoints / known[fold]).is_dir():
            return Run(known[fold], self.worker.settings)
        settings = self.worker.settings
        run = store.create(settings, config, {}, owner=self.study.owner, study=self.study.name)
        with told_of_storage(self.study.name):
            trial.set_user_attr(RUNS, [*known[:fold], run.id])
        return run

    def _train(self, trial: optuna.Trial, runs: list[Run], fold: int) -> None:
        """To its end, or until it is pruned. A training process that died is given one more try."""
        run = runs[fold]
        for _ in range(2):
            if run.state() == "done":
                break
            if not run.has_process():
                self.trainer.train(run)
            self._watch(trial, runs, fold)
            if run.state() != "interrupted":
                break
        state = run.state()
        if state != "done":
            raise LoupeError(run.status()["error"] or f"The training of {run.id} is {state}")

    def _watch(self, trial: optuna.Trial, runs: list[Run], fold: int) -> None:
        run = runs[fold]
        seen = self._told(trial)
        while True:
            ended = run.state() in FINAL
            rows = run.history()
            for row in rows[max(0, seen - fold * self.search.base.epochs) :]:
                seen = fold * self.search.base.epochs + int(row["epoch"])
                self._report(trial, runs, seen)
            if ended and len(run.history()) == len(rows):
                return
            self._check(run)
            time.sleep(POLL_SECONDS)

    def _told(self, trial: optuna.Trial) -> int:
        """Of how many epochs the storage knows: those that an earlier worker has told are not told again."""
        with told_of_storage(self.study.name):
            known = self.trials.get_trials(deepcopy=False)
        return next(len(each.intermediate_values) for each in known if each.number == trial.number)

    def _report(self, trial: optuna.Trial, runs: list[Run], step: int) -> None:
        if not self.search.prunes:
            return
        with told_of_storage(self.study.name):
            trial.report(_mean(self.search.goals[0], runs), step)
            worse = trial.should_prune()
        if worse:
            self._end(runs[-1])
            raise Pruned

    def _check(self, run: Run) -> None:
        if self.worker.stop_requested():
            self._end(run)
            self._give_way()
        if self._seconds_left() <= 0:
            self._end(run)
            raise Pruned

    def _end(self, run: Run) -> None:
        jobs.request_stop(run)
        while run.has_process() and run.state() not in FINAL and self.trainer.alive:
            time.sleep(POLL_SECONDS)

    def _give_way(self) -> None:
        if self.worker.stop_requested():
            self.worker.set_status(state="stopped", phase="")
            raise jobs.Stopped(f"The search {self.study.name} was stopped")

    def _seconds_left(self) -> float:
        minutes = float(self.study.budget()["minutes"])
        return 60 * minutes - (time.monotonic() - self.began) if minutes else float("inf")

    # The end.

    def _crown(self) -> None:
        """The best trial becomes a run like any other; it alone reads the test images."""
        with locks.exclusive(self.study.guard):
            others = [each for each in self.study.workers() if each != self.worker and locks.held(each.lock)]
            with told_of_storage(self.study.name):
                best = _best(self.trials)
            if others or best is None:
                return  # the last one to finish does it
        self.worker.set_status(phase="the winner")
        run = self._crowned(best) or self._winner_of(best)
        self.study.set_winner(best.number, run)
        if run.state() != "done":
            self._train_winner(run)

    def _crowned(self, best: optuna.trial.FrozenTrial) -> Run | None:
        """What this trial became before, when the search had fewer trials or was stopped at its end."""
        kept = self.study.winner()
        if kept and kept["trial"] == best.number and (self.worker.settings.checkpoints / kept["run"]).is_dir():
            return Run(kept["run"], self.worker.settings)
        return None

    def _train_winner(self, run: Run) -> None:
        """A process that died is given one more try. A search without its winner has not done what it was asked."""
        for _ in range(2):
            self.trainer.train(run)
            while run.state() not in FINAL and self.trainer.alive:
                if self.worker.stop_requested():
                    self._end(run)
                    self._give_way()
                time.sleep(POLL_SECONDS)
            if run.state() != "interrupted":
                break
        state = run.state()
        if state != "done":
            why = run.status()["error"] or f"Its training is {state}"
            raise LoupeError(f"The best trial's run {run.id} was not trained to its end: {why.rstrip('.')}",
                             "Its trials are not affected", "Go on with the search, which trains it")  # fmt: skip

    def _winner_of(self, best: optuna.trial.FrozenTrial) -> Run:
        """Where no folds were made its training is done already; else it trains once on what all folds had."""
        settings, owner = self.worker.settings, self.study.owner
        if not self.search.folds:
            return forks.adopt(settings, Run(best.user_attrs[RUNS][0], settings), owner)
        return store.create(settings, self.search.winner(best.params), {}, owner=owner)


@dataclass(frozen=True)
class _Reached:
    """A run's numbers at its best epoch so far."""

    row: dict[str, Any]
    parameters: int

    def value(self, goal: str) -> float:
        if goal == "parameters":
            return float(self.parameters)
        return sum(float(self.row[part]) for part in PARTS[goal])


def _mean(goal: str, runs: list[Run]) -> float:
    found = [reached(run).value(goal) for run in runs]
    return sum(found) / len(found)


def reached(run: Run) -> _Reached:
    rows = [row for row in run.history() if row["validation_total_nats_per_image"] is not None]
    if not rows:
        raise LoupeError(f"{run.id} ended before its first epoch")
    best = min(rows, key=lambda row: row["validation_total_nats_per_image"])
    return _Reached(best, run.config().architecture().counts["total"])


def _best(trials: optuna.Study) -> optuna.trial.FrozenTrial | None:
    """With two goals, the trial that is best in the first one."""
    import optuna

    done = trials.get_trials(deepcopy=False, states=[optuna.trial.TrialState.COMPLETE])
    return min(done, key=lambda trial: trial.values[0], default=None)
