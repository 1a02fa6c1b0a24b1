"""A search as a folder: what was asked, what its trials found, and the processes that work on it.

`.studies/NAME/` holds the spec, Optuna's own storage (which optuna-dashboard opens too) and a folder for each worker.
The trainings themselves are runs that name their search; a search holds no slot.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from vae_core import disk
from vae_core.checked import NO_DEVICE
from vae_core.errors import LoupeError
from vae_core.place import HERE
from vae_core.runs import files, jobs, locks, store
from vae_core.runs.store import STUDIES, Run
from vae_core.runs.work import FINAL, STATUS, STATUS_FILE, Work
from vae_core.search import storage
from vae_core.search import wanted as specs
from vae_core.search.wanted import Search
from vae_core.settings import Settings

if TYPE_CHECKING:
    import optuna

NAME = re.compile(NO_DEVICE + r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SPEC_FILE, BUDGET_FILE, WINNER_FILE, JOURNAL_FILE, WORKERS = (
    "search.json",
    "budget.json",
    "winner.json",
    "journal.log",
    "workers",
)
COMMAND = (sys.executable, "-m", "vae_core", "search-worker")


class Document(TypedDict):
    search: Mapping[str, object]
    owner: str
    created: str


class Budget(TypedDict):
    trials: int
    minutes: float


class Winner(TypedDict):
    """The best trial, and the run that it became."""

    trial: int
    run: str


@dataclass(frozen=True)
class Study:
    name: str
    settings: Settings

    @property
    def path(self) -> Path:
        return self.settings.checkpoints / STUDIES / self.name

    @property
    def guard(self) -> Path:
        """Held for a moment by a worker that takes up a trial, or by whoever adds a worker."""
        return self.path / "guard.lock"

    def document(self) -> Document:
        found: Document = files.read_json(self.path / SPEC_FILE)
        return found

    def search(self) -> Search:
        return specs.read(self.document()["search"])

    @property
    def owner(self) -> str:
        return str(self.document()["owner"])

    # How much it may spend. More may be given later; what was asked stays as it is.

    def budget(self) -> Budget:
        found: Budget = files.read_json(self.path / BUDGET_FILE)
        return found

    def set_budget(self, trials: int, minutes: float) -> None:
        files.write_json(self.path / BUDGET_FILE, {"trials": trials, "minutes": minutes})

    def winner(self) -> Winner | None:
        """None before the end."""
        path = self.path / WINNER_FILE
        found: Winner | None = files.read_json(path) if path.exists() else None
        return found

    def set_winner(self, trial: int, run: Run) -> None:
        files.write_json(self.path / WINNER_FILE, {"trial": trial, "run": run.id})

    # Who works on it.

    def workers(self) -> list[Worker]:
        with suppress(FileNotFoundError):
            names = sorted(name for name in os.listdir(self.path / WORKERS) if name.isdigit())
            return [Worker(f"{self.name}/{name}", self.settings) for name in names]
        return []

    def state(self) -> str:
        """Of the worker that is furthest from its end; 'done' only once there is a winner, or nothing to win."""
        states = {worker.state() for worker in self.workers()}
        order = ("running", "queued", "interrupted", "failed", "stopped", "done")
        return next((state for state in order if state in states), "queued")

    def error(self) -> str:
        return next((str(error) for worker in self.workers() if (error := worker.status()["error"])), "")

    def start(self, workers: int = 1, place: str | None = None) -> None:
        """Let so many processes work on it, at the place of that name or where they were; those that ended go on."""
        where = self.place if place is None else place
        storage.refuse(self.settings, where)
        with locks.exclusive(self.guard):
            known = self.workers()
            if not any(worker.has_process() for worker in known):  # Optuna goes on after half a line, and reads neither
                files.cut_half_line(self.path / JOURNAL_FILE)
            while len(known) < workers:
                known.append(self._hire(len(known) + 1))
        for worker in known[:workers]:
            jobs.let_end(worker)
            if worker.status()["state"] in FINAL:  # one that is done goes on, too
                worker.set_status(state="queued", pid=None, pid_started=None)
        idle = [each for each in known[:workers] if each.state() in FINAL or not each.has_process()]
        jobs.start_all(self.settings, idle, command=COMMAND, place=where)

    @property
    def place(self) -> str:
        """Where its processes were sent to before."""
        return next((job.place for worker in self.workers() if (job := worker.job())), HERE)

    def told(self) -> str:
        """What their place has to say of them."""
        return next((told for worker in self.workers() if (told := worker.told())), "")

    def stop(self) -> None:
        for worker in self.workers():
            jobs.request_stop(worker)

    def _hire(self, number: int) -> Worker:
        folder = self.path / WORKERS / str(number)
        with files.told(folder):
            folder.parent.mkdir(exist_ok=True)
            folder.mkdir()
            disk.sync(folder.parent)
            disk.sync(self.path)
        files.write_json(folder / STATUS_FILE, STATUS)
        return Worker(f"{self.name}/{number}", self.settings)

    # What it found.

    @property
    def title(self) -> str:
        """Its name in Optuna's storage: a database may hold searches of other folders, too."""
        return f"{self.name} {self.document()['created']}" if self.settings.study_storage else self.name

    def storage(self) -> optuna.storages.BaseStorage:
        with storage.told(self.name, self.settings):
            return storage.opened(self.settings, self.path / JOURNAL_FILE)

    def optuna(self, worker: int) -> optuna.Study:
        """Optuna's study to work on, made where it is not there yet, with the wanted sampler and pruner.

        What goes wrong with the storage is left to who works on it: it may wait."""
        import optuna

        search = self.search()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.create_study(
                storage=storage.opened(self.settings, self.path / JOURNAL_FILE),
                study_name=self.title,
                load_if_exists=True,
                directions=["minimize"] * len(search.goals),
                sampler=_sampler(search, worker),
                pruner=_pruner(search),
            )


@dataclass(frozen=True)
class Worker(Work):
    """One process that works on a search. Its id is the search's name and its number."""

    @property
    def path(self) -> Path:
        name, _, number = self.id.partition("/")
        return self.settings.checkpoints / STUDIES / name / WORKERS / number

    @property
    def number(self) -> int:
        return int(self.id.rpartition("/")[2])

    @property
    def study(self) -> Study:
        return Study(self.id.partition("/")[0], self.settings)

    @property
    def owner(self) -> str:
        return self.study.owner


def create(settings: Settings, search: Search, name: str = "", owner: str = "") -> Study:
    """A new search under that name, or a free one after the base's."""
    if name and not NAME.fullmatch(name):
        raise LoupeError(f"{name!r} cannot be the name of a search", "Letters, digits, '.', '-' and '_' were expected")
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    with files.aside(settings.checkpoints / STUDIES) as hidden:
        files.write_json(hidden / SPEC_FILE, {"search": search.to_json(), "owner": owner, "created": created})
        files.write_json(hidden / BUDGET_FILE, {"trials": search.trials, "minutes": search.minutes})
        if name and hidden.with_name(name).exists():
            raise LoupeError(f"There is a search called '{name}' already", fix="Choose another name, or go on with it")
        wanted = name or f"{search.base.recipe or search.base.dataset}-search"
        return Study(store.keep_as(hidden, wanted), settings)


def find(settings: Settings, name: str) -> Study:
    study = Study(name, settings)
    if not NAME.fullmatch(name) or not (study.path / SPEC_FILE).is_file():
        known = ", ".join(each.name for each in every(settings)) or "none"
        raise LoupeError(f"There is no search called '{name}'", f"There is {known}")
    return study


def every(settings: Settings) -> list[Study]:
    """All searches, the newest first. What cannot be read is left out."""
    found = []
    with suppress(FileNotFoundError):
        for name in os.listdir(settings.checkpoints / STUDIES):
            with suppress(LoupeError, KeyError):
                if NAME.fullmatch(name):
                    found.append((str(Study(name, settings).document()["created"]), Study(name, settings)))
    return [study for _, study in sorted(found, key=lambda pair: pair[0], reverse=True)]


def remove(study: Study) -> None:
    """The search and its trials' runs; a winner stays, it is a run like any other."""
    if any(worker.has_process() for worker in study.workers()):
        raise LoupeError(f"The search {study.name} is at work", fix="Stop it first")
    for line in store.list_runs(study.settings):
        if line.study == study.name:
            store.remove(Run(line.id, study.settings))
    _forget_trials(study)
    files.remove_folder(study.path)


def _forget_trials(study: Study) -> None:
    """Remove a search's trials from a database; a file goes with its folder."""
    if study.settings.study_storage:
        import optuna

        with storage.told(study.name, study.settings), suppress(KeyError):  # no worker has begun
            optuna.delete_study(study_name=study.title, storage=study.storage())


def _sampler(search: Search, worker: int) -> optuna.samplers.BaseSampler:
    """Each worker draws its own random numbers. The points of a grid are queued, so nothing is drawn for it."""
    import optuna

    seed = search.seed + 1000 * (worker - 1)
    if search.sampler == "tpe":
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, max(3, search.trials // 3)))
    return optuna.samplers.RandomSampler(seed=seed)


def _pruner(search: Search) -> optuna.pruners.BasePruner:
    import optuna

    from vae_core.search import looks

    if not search.prunes:
        return optuna.pruners.NopPruner()
    if search.pruner == "halving":
        return looks.pruner(looks.moments(search))
    silent = looks.silent(search)
    if search.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=silent + 1, max_resource=search.epochs_a_trial)
    return optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=silent, n_min_trials=2)
