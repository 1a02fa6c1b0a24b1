"""The process of a task: `python -m vae_core task RUN/NAME`, started by who wants its result. See runs/tasks.py."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from importlib import import_module

from vae_core.cli import native, progress
from vae_core.cli.answer import Answer
from vae_core.errors import LoupeError
from vae_core.runs import jobs, store, tasks
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

WORKERS: dict[str, tuple[str, str]] = {  # kind of task: the module and the function(task, tell) that does the work
    "rates": ("vae_core.learn.rate_test", "run"),
    "projection": ("vae_core.cli.projecting", "work"),
    "placing": ("vae_core.cli.projecting", "add"),
    "stability": ("vae_core.cli.projecting", "stability"),
    "images": ("vae_core.look.scores", "measure"),
    "best": ("vae_core.look.best", "measure"),
    "worth": ("vae_core.look.worth", "measure"),
    "without": ("vae_core.learn.refit", "run"),
    "evaluation": ("vae_core.cli.judging", "measure"),
    "portable": ("vae_core.learn.export", "again"),
    "separation": ("vae_core.look.separation", "measure"),
    "notebook": ("vae_core.share.executed", "work"),
    "handin": ("vae_core.share.handin", "work"),
    "settling": ("vae_core.cli.comparing", "add_pairs"),
    "ladder": ("vae_core.search.ladder", "work"),
    "factorial": ("vae_core.search.factorial", "work"),
}
STARTERS = ("settling", "ladder", "factorial")  # they have others train and wait for them, so they take no slot
TOLD_EVERY = 0.2  # seconds
FORETOLD = 0.08  # of the work, before which loading programs makes what is left look far too long
Tell = Callable[[str, float, float], None]
log = logging.getLogger("vae_core")


def add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="RUN/NAME")
    parser.set_defaults(command=task)


def task(args: argparse.Namespace, settings: Settings) -> Answer:
    run, _, name = args.task.partition("/")
    found = tasks.find(store.open_run(settings, run), name)
    work(found)
    return Answer({"task": found.id, "state": found.state()}, f"{found.id} is {found.state()}.")


def work(found: Task, also: Tell | None = None) -> None:
    """Do it in this process, once its turn has come; its state says how it ended. `also` is told how far it is."""
    began = time.monotonic()
    try:
        with jobs.hold(found, None if found.kind in STARTERS else "look"):
            module, function = WORKERS[found.kind]
            getattr(import_module(module), function)(found, Teller(found, also))
            found.remove_live()
            found.set_status(state="done", phase="", seconds=time.monotonic() - began, eta_seconds=None)
    except jobs.Stopped:
        pass
    except LoupeError:
        raise
    except Exception:
        log.exception("%s broke off", found.id)
        sentence = "Something went wrong inside the program. The details are in the log of this task."
        found.set_status(state="failed", error=sentence)
        raise LoupeError(sentence, fix=f"See {found.log}") from None


def finished(found: Task) -> Task:
    """The task with its result, worked out here and now, with a bar, where it has none yet."""
    if found.state() != "done":
        with native.silence(), progress.bar() as tell:
            work(found, in_percent(tell))
    if found.state() != "done":
        raise jobs.Stopped(f"{found.id} was stopped")
    return found


def in_percent(tell: Callable[[str, int, int], None]) -> Tell:
    return lambda phase, done, total: tell(phase, round(100 * done / total) if total else 0, 100)


class Teller:
    """How far the work is, for who looks at the status; ends it where it was asked to stop. Cheap to call often."""

    def __init__(self, task: Task, also: Tell | None = None) -> None:
        self._task = task
        self._also = also
        self._began = time.monotonic()
        self._told = 0.0
        self._phase = ""

    def __call__(self, phase: str, done: float, total: float) -> None:
        """`phase` says in words what is going on; `done` of `total` of the whole is behind it."""
        now = time.monotonic()
        if phase == self._phase and now - self._told < TOLD_EVERY:
            return
        self._told, self._phase = now, phase
        if self._task.stop_requested():
            self._task.set_status(state="stopped", phase="")
            raise jobs.Stopped(f"{self._task.id} was stopped")
        spent = now - self._began
        if self._also:
            self._also(phase, done, total)
        left = spent * (total - done) / done if done and done >= FORETOLD * total else None
        self._task.set_status(phase=phase, done=done / total if total else 0.0, seconds=spent, eta_seconds=left)
