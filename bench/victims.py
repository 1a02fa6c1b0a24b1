"""Whom bench/kill.py kills: how each begins, which phases it has, and what must hold after a kill and at its end."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bench.phases import EPOCH, EXPORT, FINISH, KEEPING, READING, SNAPSHOT, STARTING, TRACING, WORKING, Kill
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import metrics
from vae_core.runs import files, locks, own, store, tasks, transfer
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.search import study, trials
from vae_core.search.space import Vary
from vae_core.search.study import Study
from vae_core.search.wanted import Search
from vae_core.settings import Settings

CONFIG = Config(
    dataset="digits", image=(8, 8, 1), encoder="conv8/2 bn drop.1 flatten dense16", noise=0.1, epochs=10, batch=64
)
COLUMNS = [
    f"{part}_{kind}_nats_per_image" for part in ("train", "validation") for kind in ("total", "reconstruction", "kl")
]
TOLERANCE = 1e-4  # of a loss: sums in another order over two threads are all that may differ
LEFT = (files.TEMPORARY, files.NEW, files.REMOVED)
GONE_SECONDS = 30.0  # in which what a killed process had started ends


@dataclass
class Life:
    """How one ended, and in which phase it was then. `seconds` by phase, the longest."""

    code: int
    phase: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


class Victim:
    """One that is killed, again and again, and then let go on to its end."""

    name: str
    phases: tuple[str, ...]

    def __init__(self, settings: Settings, whole: Run) -> None:
        self.settings, self.whole = settings, whole

    def words(self) -> list[str]:
        raise NotImplementedError

    def life(self, kill: Kill | None) -> dict[str, Any]:
        return {"words": self.words(), "kill": kill}

    def broken(self) -> Iterator[str]:
        """What is wrong after a kill, beside what is wrong with any run."""
        yield from ()

    def ended(self) -> Iterator[str]:
        """What is wrong once it went through."""
        raise NotImplementedError

    def remove(self) -> None:
        """What it made."""


class Trainer(Victim):
    name, phases = "training", (STARTING, TRACING, EPOCH, SNAPSHOT, EXPORT, FINISH)

    def __init__(self, settings: Settings, whole: Run, run: Run | None = None) -> None:
        super().__init__(settings, whole)
        self.run = run or store.create(settings, CONFIG, {})

    def words(self) -> list[str]:
        return ["train", "--run", self.run.id]

    def broken(self) -> Iterator[str]:
        if self.run.state() not in ("interrupted", "queued", "done"):
            yield f"it is {self.run.state()}"

    def ended(self) -> Iterator[str]:
        if self.run.state() != "done":
            yield f"it is {self.run.state()}: {self.run.status()['error']}"
        elif difference(self.run, self.whole) > TOLERANCE:
            yield f"its losses differ by {difference(self.run, self.whole):.1e}"
        elif not np.allclose(self.run.codes()["mean"], self.whole.codes()["mean"], rtol=1e-2, atol=1e-3):
            yield "its codes are others"

    def remove(self) -> None:
        store.remove(self.run)


class Measuring(Victim):
    name, phases = "task", (STARTING, WORKING, KEEPING)
    known: dict[str, Any] = {}  # what the first one found

    def __init__(self, settings: Settings, whole: Run) -> None:
        super().__init__(settings, whole)
        self.task: Task = metrics.begin(whole)

    def words(self) -> list[str]:
        return ["task", self.task.id]

    def broken(self) -> Iterator[str]:
        if self.task.state() not in ("interrupted", "queued"):
            yield f"it is {self.task.state()}"
        if tasks.finished(self.whole, metrics.KIND, metrics.SPEC):
            yield "what was broken off counts as finished"

    def ended(self) -> Iterator[str]:
        if self.task.state() != "done":
            yield f"it is {self.task.state()}: {self.task.status()['error']}"
        else:
            found = {each["label"]: each["value"] for each in self.task.result()["metrics"]}
            before = type(self).known.setdefault("found", found)
            if not np.allclose(list(found.values()), list(before.values()), rtol=1e-3):
                yield "it found something else"

    def remove(self) -> None:
        tasks.remove(self.task)


class Import(Victim):
    name, phases = "import", (STARTING, READING, KEEPING)

    def __init__(self, settings: Settings, whole: Run) -> None:
        super().__init__(settings, whole)
        self.zip = settings.checkpoints.parent / "whole.zip"
        with self.zip.open("wb") as file:
            transfer.pack(settings, [whole.id], file)
        self.before = {line.id for line in store.list_runs(settings)}

    def words(self) -> list[str]:
        return ["apart", "unpack", "--", "Ada"]

    def life(self, kill: Kill | None) -> dict[str, Any]:
        return {**super().life(kill), "stdin": str(self.zip)}

    def _kept(self) -> list[Run]:
        return [Run(line.id, self.settings) for line in store.list_runs(self.settings) if line.id not in self.before]

    def broken(self) -> Iterator[str]:
        for run in self._kept():  # it had been renamed: then it is whole
            yield from self._differs(run)
            store.remove(run)

    def _differs(self, run: Run) -> Iterator[str]:
        if difference(run, self.whole) or not np.array_equal(run.codes()["mean"], self.whole.codes()["mean"]):
            yield f"{run.id} is not what was packed"

    def ended(self) -> Iterator[str]:
        if len(self._kept()) != 1:
            yield f"{len(self._kept())} runs came in"
        for run in self._kept():
            yield from self._differs(run)

    def remove(self) -> None:
        for run in self._kept():
            store.remove(run)


class Report(Victim):
    name, phases = "report", (STARTING, WORKING, KEEPING)

    def __init__(self, settings: Settings, whole: Run) -> None:
        super().__init__(settings, whole)
        self.folder = settings.checkpoints.parent / "written"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.out = self.folder / "report.html"
        self.out.write_text("an earlier one")

    def words(self) -> list[str]:
        return ["report", self.whole.id, "--out", str(self.out)]

    def broken(self) -> Iterator[str]:
        text = self.out.read_text("utf-8")
        if text != "an earlier one" and not text.rstrip().endswith("</html>"):
            yield "half a report"

    def ended(self) -> Iterator[str]:
        if not self.out.read_text("utf-8").rstrip().endswith("</html>"):
            yield "there is no report"

    def remove(self) -> None:
        shutil.rmtree(self.folder)


class TakenHome(Report):
    """A site of one page: the file that is taken home, and what lies beside it."""

    name = "site"

    def words(self) -> list[str]:
        return ["publish", self.whole.id, "--out", str(self.folder / "site")]

    def broken(self) -> Iterator[str]:
        for page in self.folder.glob("site/*.html"):
            if not page.read_text("utf-8").rstrip().endswith("</html>"):
                yield f"half of {page.name}"

    def ended(self) -> Iterator[str]:
        if not (self.folder / "site" / "index.html").exists():
            yield "there is no page"
        yield from self.broken()


class Searching(Victim):
    name, phases = "search", (STARTING, EPOCH, FINISH)
    known: dict[str, Any] = {}

    def __init__(self, settings: Settings, whole: Run) -> None:
        super().__init__(settings, whole)
        base = replace(CONFIG, encoder="flatten dense16", epochs=2, train_size=300, noise=0.0)
        varied = (Vary("learning_rate", choices=(0.003, 0.01)),)
        search = Search(base, varied, sampler="grid", pruner="none", trials=2, folds=2)
        self.study: Study = study.create(settings, search)
        self.worker = self.study._hire(1)

    def words(self) -> list[str]:
        return ["search-worker", self.worker.id]

    def broken(self) -> Iterator[str]:
        if self.worker.state() not in ("interrupted", "queued"):
            yield f"it is {self.worker.state()}"

    def ended(self) -> Iterator[str]:
        found = trials.every(self.study)
        if self.study.state() != "done" or [trial.state for trial in found] != ["done"] * 2:
            yield f"it is {self.study.state()} with trials {[trial.state for trial in found]}: {self.study.error()}"
            return
        reached = {str(trial.settings): (trial.values or (0.0,))[0] for trial in found}
        before = type(self).known.setdefault("reached", reached)
        if reached.keys() != before.keys() or any(abs(reached[k] / before[k] - 1) > TOLERANCE for k in before):
            yield f"its trials reached {reached}, and {before} before"

    def remove(self) -> None:
        winner = self.study.winner()
        study.remove(self.study)
        if winner:
            store.remove(Run(winner["run"], self.settings))


VICTIMS: dict[str, type[Victim]] = {
    each.name: each for each in (Trainer, Measuring, Import, Report, TakenHome, Searching)
}


def difference(run: Run, whole: Run) -> float:
    """The largest difference between two runs' losses, as a share of the loss."""
    rows, wanted = run.history(), whole.history()
    if [row["epoch"] for row in rows] != [row["epoch"] for row in wanted]:
        return float("inf")
    pairs = zip(rows, wanted, strict=True)
    return max(abs(float(a[n]) - float(b[n])) / max(abs(float(b[n])), 1e-6) for a, b in pairs for n in COLUMNS)


def trouble(settings: Settings, finished: Run) -> Iterator[str]:
    """What no kill may leave: a run that cannot be read, a lock that is held, a finished one that does not load."""
    for line in store.list_runs(settings):
        if line.state == "broken":
            yield f"{line.id} is broken: {line.error}"
        try:
            loads(Run(line.id, settings))
        except LoupeError as error:
            yield f"{line.id}: {error}"
    yield from (f"{path.name} is held" for path in settings.checkpoints.rglob("*lock") if locks.held(path))
    if finished.state() != "done" or finished.metrics() is None:
        yield "the finished run is not whole"


def loads(run: Run) -> None:
    """All that it says it has."""
    own.refuse_links(run.path)
    run.config(), run.card(), run.status(), run.history(), run.load_state(), run.document()
    for epoch in run.snapshot_epochs():
        run.snapshot(epoch)
    if run.state() == "done" and not run.study:
        run.codes()
    if run.model.exists():
        from vae_core.runs import keras_file

        keras_file.check(run.model, run.config().architecture().counts["total"])


def age(settings: Settings) -> None:
    """Let what was left be some seconds old: younger, it could be somebody's who has just begun."""
    for path in _temporary(settings):
        os.utime(path, (time.time() - 10, time.time() - 10))


def _temporary(settings: Settings) -> list[Path]:
    return [path for path in settings.checkpoints.parent.rglob("*") if path.name.startswith(LEFT)]


def left(settings: Settings) -> list[str]:
    """Temporary files and folders, and marks of work, that lie where nothing works any more."""
    root = settings.checkpoints.parent
    names = [str(path.relative_to(root)) for path in _temporary(settings)]
    marks = [path for name in ("stop", "progress.jsonl") for path in settings.checkpoints.rglob(name)]
    return names + [str(path.relative_to(root)) for path in marks]


def processes(mark: str) -> list[psutil.Process]:
    """Those with this mark in their environment."""
    return [each for each in psutil.process_iter() if each.pid != os.getpid() and _has(each, mark)]


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get("LOUPE_KILLS") == mark
    except (psutil.Error, OSError):
        return False
