"""Trainings that a question needs, at a place: all that one look needs are sent at once, as one array of jobs.

What waits there takes none of the minutes that the question may take: they count while something of it runs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from vae_core.design.config import Config
from vae_core.place import HERE, named
from vae_core.runs import jobs
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search import in_turn
from vae_core.search.in_turn import InTurn, Tell, Trainings
from vae_core.settings import Settings

POLL_SECONDS = 1.0
TRIES = 2  # of a training whose machine was lost


def asked(settings: Settings, place: str) -> dict[str, object]:
    """What a question adds to what was asked; nothing here, where it is the same question as ever."""
    named(settings.places, place)
    return {} if place == HERE else {"place": place}


def trainings(task: Task, minutes: float, tell: Tell) -> Trainings:
    """Where it was asked for."""
    place = str(task.spec.get("place") or HERE)
    return InTurn(task, minutes, tell) if place == HERE else Sent(task, minutes, tell, place)


class Sent:
    def __init__(self, task: Task, minutes: float, tell: Tell, place: str) -> None:
        self._task, self._tell, self._place = task, tell, place
        self._seconds, self._spent, self._longest = 60 * minutes, 0.0, 0.0

    def close(self) -> None:
        """Nothing of it is here."""

    def have(self, configs: Sequence[Config]) -> bool:
        """Train what is not there. False where the time is too short for that."""
        missing = [config for config in configs if not in_turn.is_there(self._task.settings, config)]
        if missing and self._spent + self._longest > self._seconds:
            return False
        before, runs = self._spent, [in_turn.run_of(self._task, config) for config in missing]
        for _ in range(TRIES):
            self._train([run for run in runs if run.state() != "done"])
            if all(run.state() != "interrupted" for run in runs):
                break
        for run in runs:
            in_turn.refuse_unfinished(run)
        self._longest = max(self._longest, self._spent - before)
        return True

    def _train(self, runs: Sequence[Run]) -> None:
        jobs.start_all(self._task.settings, [run for run in runs if not run.has_process()], place=self._place)
        try:
            while self._at_work(runs):
                began = time.monotonic()
                time.sleep(POLL_SECONDS)
                self._spent += (time.monotonic() - began) * any(run.status()["state"] == "running" for run in runs)
        except jobs.Stopped:
            for run in runs:
                jobs.request_stop(run)
            raise

    def _at_work(self, runs: Sequence[Run]) -> bool:
        states = [run.state() for run in runs]
        left = sum(state not in FINAL for state in states)
        told = next((told for run in runs if (told := run.told())), "") if "running" not in states else ""
        phase = f"{len(runs) - left} of {len(runs)} trained, {states.count('running')} at work. {told}".rstrip()
        self._tell(phase, min(self._spent, self._seconds), self._seconds)
        return bool(left)
