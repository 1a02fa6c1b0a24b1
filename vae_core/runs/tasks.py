"""What is derived from a finished run by a process of its own: a projection, the activations of a layer, all metrics.

    task = tasks.begin(run, "projection", spec)     the same spec again gives the same task
    jobs.start(settings, task, command=tasks.COMMAND)
    task.state(), task.status(), task.live()        while it works
    task.result(), task.arrays()                    once its state is 'done'; they never change

A task is a folder in the run's folder. Its name ends in a hash of what was asked, so nothing is computed twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from vae_core import disk
from vae_core.checked import Check, anything
from vae_core.errors import LoupeError
from vae_core.runs import files, forms, locks, own
from vae_core.runs.run import DERIVED, Run
from vae_core.runs.work import FINAL, STATUS, STATUS_FILE, Work

if TYPE_CHECKING:
    import numpy as np

    from vae_core.runs.arrays import Arrays, Form, Sizes

VERSION = 1
COMMAND = (sys.executable, "-m", "vae_core", "task")
NAME = re.compile(r"[a-z]+-[0-9a-f]{10}")
ASKED_FILE, RESULT_FILE, ARRAYS_FILE, LIVE_FILE = "asked.json", "result.json", "arrays.npz", "live.npz"
MADE_FILE = "made.zip"


@dataclass(frozen=True)
class Task(Work):
    """Its id is the run's and its own name, with a slash between."""

    BLANK: ClassVar[Mapping[str, object]] = {**STATUS, "done": 0.0}  # a share of the whole

    @property
    def form(self) -> Check:
        return forms.TASK_STATUS

    def status(self) -> forms.TaskStatus:
        found: forms.TaskStatus = files.read_json(self.path / STATUS_FILE, self.form, self.BLANK)
        return found

    @property
    def path(self) -> Path:
        return self.run.path / DERIVED / self.id.partition("/")[2]

    @property
    def run(self) -> Run:
        return Run(self.id.partition("/")[0], self.settings)

    @property
    def kind(self) -> str:
        return self.id.partition("/")[2].partition("-")[0]

    @property
    def owner(self) -> str:
        return str(self.asked()["owner"])

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.asked()["spec"])

    def asked(self) -> forms.Asked:
        own.refuse_links(self.path)
        document: forms.Asked = files.read_json(self.path / ASKED_FILE, forms.ASKED)
        if document.get("version") != VERSION:
            raise LoupeError(
                f"{self.id} was written in version {document.get('version')!r}",
                f"This program reads version {VERSION}",
                "Remove it and compute it again",
            )
        return document

    # What it found. Written before the state says 'done'.

    def save(self, result: Mapping[str, object], arrays: Mapping[str, np.ndarray] | None = None) -> None:
        if arrays is not None:
            files.write_arrays(self.path / ARRAYS_FILE, arrays, packed=False)  # floats hardly shrink, and a page waits
        files.write_json(self.path / RESULT_FILE, result)

    def result(self, check: Check = anything) -> dict[str, Any]:
        """What the task found, as its kind knows it to be."""
        return dict(files.read_json(self.path / RESULT_FILE, check))

    def arrays(self, form: Form | None = None, sizes: Sizes | None = None, *, others: bool = False) -> Arrays:
        found = files.read_arrays(self.path / ARRAYS_FILE, form, sizes, others=others)
        if found is None:
            raise LoupeError(f"{self.id} has no arrays", fix="Compute it again")
        return found

    # What it made to be taken away as it is.

    def save_made(self, data: bytes) -> None:
        files.write_bytes(self.path / MADE_FILE, data)

    def made(self) -> bytes:
        with files.told(self.path):
            return own.read(self.path / MADE_FILE)

    # What it has so far: a picture to look at, or where to go on.

    def save_live(self, arrays: Mapping[str, np.ndarray]) -> None:
        files.write_arrays(self.path / LIVE_FILE, arrays, packed=False)

    def live(self) -> dict[str, np.ndarray] | None:
        return files.read_arrays(self.path / LIVE_FILE)

    def remove_live(self) -> None:
        with files.told(self.path):
            (self.path / LIVE_FILE).unlink(missing_ok=True)


def begin(run: Run, kind: str, spec: Mapping[str, object], owner: str = "") -> Task:
    """The task of that spec, found or created; a created one is queued, and waits for `jobs.start`."""
    own.refuse_links(run.path)
    task = Task(f"{run.id}/{kind}-{_hash(spec)}", run.settings)
    if task.path.is_dir():
        return task
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    root = task.path.parent
    files.folder(root)  # only where the run is still there
    with files.aside(root) as hidden:
        asked = {"version": VERSION, "kind": kind, "spec": spec, "owner": owner, "created": created}
        files.write_json(hidden / ASKED_FILE, asked)
        files.write_json(hidden / STATUS_FILE, Task.BLANK)
        try:
            with files.told(hidden):
                os.rename(hidden, task.path)
                disk.sync(root)
        except (LoupeError, OSError):
            if not task.path.is_dir():  # somebody else has just begun the same
                raise
    return task


def find(run: Run, name: str) -> Task:
    """Find a task by its own name, which may come from an address or a shell."""
    task = Task(f"{run.id}/{name}", run.settings)
    if not NAME.fullmatch(name) or not task.path.is_dir():
        raise LoupeError(f"{run.id} has nothing that is called '{name}'", fix="Compute it again")
    return task


def finished(run: Run, kind: str, spec: Mapping[str, object]) -> Task | None:
    """The run's task of that spec, once it is done."""
    return next((task for task in of(run, kind) if task.spec == spec and task.state() == "done"), None)


def of(run: Run, kind: str) -> list[Task]:
    """The run's tasks of that kind, the newest first. What cannot be read is left out."""
    found = []
    with suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(run.path / DERIVED):
            if NAME.fullmatch(name) and name.startswith(f"{kind}-"):
                task = Task(f"{run.id}/{name}", run.settings)
                with suppress(LoupeError, KeyError):
                    found.append((str(task.asked()["created"]), task))
    return [task for _, task in sorted(found, key=lambda pair: pair[0], reverse=True)]


def remove(task: Task) -> None:
    """Forget it, so that it can be computed anew. One that is at work stays."""
    with locks.exclusive(task.guard):
        if task.has_process() and task.state() not in FINAL:
            raise LoupeError(f"{task.id} is at work", fix="Stop it first")
    files.remove_folder(task.path)


def _hash(spec: Mapping[str, object]) -> str:
    text = json.dumps(files.plain(spec), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
