"""The trials of a search in Optuna's storage, which all of its workers share: who takes which, and how it ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import locks
from vae_core.search import space, storage
from vae_core.search.study import Worker

if TYPE_CHECKING:
    import optuna

MOST_FAILURES = 5  # trials in a row, from the first one on, before a search gives up
WORKER, RUNS, ERROR = "worker", "runs", "error"  # what a trial tells in Optuna's storage
OPEN_SECONDS = 600.0  # that other workers may take to open a database before, on a machine that is busy
THROUGH = "no trial is left"
Found = TypeVar("Found")
log = logging.getLogger(__name__)


class Queue:
    """As one worker sees it. `meanwhile` is called while a database is awaited, and raises to give up."""

    def __init__(self, worker: Worker, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.worker, self.study, self.search = worker, worker.study, worker.study.search()
        self._meanwhile = meanwhile
        self.trials = self._ask(self._opened)

    def _opened(self) -> optuna.Study:
        """One after the other: the first one makes the tables of a database."""
        with locks.exclusive(self.study.guard, OPEN_SECONDS):
            found = self.study.optuna(self.worker.number)
            if self.search.sampler == "grid" and not found.get_trials(deepcopy=False):
                for values in space.grid(self.search.space):
                    found.enqueue_trial(values)
            return found

    def take(self, *, is_over: bool) -> optuna.Trial | None:
        """The next trial; a fresh one only where the time is not over."""
        return self._ask(lambda: self._taken(is_over))

    def _taken(self, is_over: bool) -> optuna.Trial | None:
        with locks.exclusive(self.study.guard, OPEN_SECONDS):
            trial = self._orphan() or self._fresh(is_over)
            if trial is not None:
                trial.set_user_attr(WORKER, self.worker.number)
            return trial

    def others(self) -> set[int]:
        """The numbers of the other workers that are at work, and have not found that no trial is left."""
        known = (each for each in self.study.workers() if each != self.worker)
        return {each.number for each in known if each.state() == "running" and each.status()["phase"] != THROUGH}

    def is_last(self) -> bool:
        """For who finds no trial any more: of several at a time one alone is the last, however long they take to go."""
        with locks.exclusive(self.study.guard, OPEN_SECONDS):
            self.worker.set_status(phase=THROUGH)
            return not self.others()

    def _orphan(self) -> optuna.Trial | None:
        """One that a worker left unfinished when it was stopped or killed: it goes on where it stands."""
        import optuna

        others = self.others()
        for frozen in self.trials.get_trials(deepcopy=False, states=[optuna.trial.TrialState.RUNNING]):
            if frozen.user_attrs.get(WORKER) not in others:
                log.info("takes up trial %d", frozen.number + 1)
                return optuna.trial.Trial(self.trials, frozen._trial_id)  # tests/test_foreign_insides.py says why
        return None

    def _fresh(self, is_over: bool) -> optuna.Trial | None:
        import optuna

        begun = [t for t in self.trials.get_trials(deepcopy=False) if t.state != optuna.trial.TrialState.WAITING]
        self._refuse_hopeless(begun)
        queued = len(self.trials.get_trials(deepcopy=False)) > len(begun)
        exhausted = self.search.sampler == "grid" and not queued
        if len(begun) >= self.study.budget()["trials"] or is_over or exhausted:
            return None
        return self.trials.ask()

    def _refuse_hopeless(self, begun: list[optuna.trial.FrozenTrial]) -> None:
        failed = [trial for trial in begun if trial.state.name == "FAIL"]
        if len(begun) >= MOST_FAILURES and len(failed) == len(begun):
            reason = str(failed[-1].user_attrs.get(ERROR, "")).rstrip(".")
            raise LoupeError(
                f"All of the first {len(failed)} trials failed, the last one so: {reason}",
                fix="Where the settings are to blame, choose other ranges",
            )

    # One trial.

    def configs(self, trial: optuna.Trial) -> list[Config]:
        """Those of its folds."""
        return self._ask(lambda: self.search.configs(space.suggest(self.search.space, trial)))

    def keep_runs(self, trial: optuna.Trial, runs: Sequence[str]) -> None:
        self._ask(lambda: trial.set_user_attr(RUNS, runs))

    def epochs_told(self, trial: optuna.Trial) -> int:
        """Of how many epochs the storage knows: those that an earlier worker has told are not told again."""
        known = self._ask(lambda: self.trials.get_trials(deepcopy=False))
        return next(len(each.intermediate_values) for each in known if each.number == trial.number)

    def is_worse(self, trial: optuna.Trial, value: float, epoch: int) -> bool:
        """Tell the trial's value after that epoch; whether it is plainly worse than others were at this point."""
        self._ask(lambda: trial.report(value, epoch))
        return self._ask(trial.should_prune)

    def end(self, trial: optuna.Trial, state: str, values: list[float] | None = None) -> None:
        """Where the storage broke off, it may have heard so before."""
        from optuna.trial import TrialState

        self._ask(lambda: self.trials.tell(trial, values, state=TrialState[state], skip_if_finished=True))

    def fail(self, trial: optuna.Trial, error: LoupeError) -> None:
        self._ask(lambda: trial.set_user_attr(ERROR, str(error)))
        self.end(trial, "FAIL")

    def best(self) -> optuna.trial.FrozenTrial | None:
        """With two goals, the trial that is best in the first one."""
        import optuna

        states = [optuna.trial.TrialState.COMPLETE]
        done = self._ask(lambda: self.trials.get_trials(deepcopy=False, states=states))
        return min(done, key=lambda trial: trial.values[0], default=None)

    def _ask(self, ask: Callable[[], Found]) -> Found:
        with storage.told(self.study.name, self.study.settings):
            return storage.patiently(ask, self._meanwhile)
