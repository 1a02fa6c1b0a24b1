"""What takes its time, done by a task: how far it is, how to stop it, and what to do where it broke off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ui import acts, cached, starting, where, words
from ui.errors import caught, plain, show_caught, shown
from vae_core.errors import LoupeError
from vae_core.place import HERE
from vae_core.runs import tasks
from vae_core.runs.forms import TaskStatus
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL
from vae_core.search import in_turn

POLL_SECONDS = 0.5
LOOK_SECONDS = 2.0  # between two looks at what has been found so far
MINUTES, USUAL = (2, 10, 30, 60, 180, 480), 10
ENDS = {"failed": "It ended with an error", "interrupted": "Its process died", "stopped": "It was stopped"}


@dataclass(frozen=True)
class Question:
    kind: str
    spec: dict[str, Any]
    label: str  # of the button
    about: str  # what it takes


def known(run: Run, kind: str, spec: dict[str, Any]) -> Task | None:
    """The task that was asked for before, whatever became of it."""
    return next((task for task in tasks.of(run, kind) if task.spec == spec), None)


def asked(what: str, ended: str, foretold: float = USUAL) -> tuple[int, str]:
    """How long a question may take that is answered by trainings, at first as long as it is expected to, and where
    these are. Not asked where it has ended."""
    if ended not in ("", in_turn.TIME):
        return USUAL, HERE
    told = "It ends earlier where it is clear earlier. On a cluster, what waits there takes no time."
    told = told if cached.settings().places else told.partition(" On")[0]
    enough = next((each for each in MINUTES if each >= max(foretold, USUAL)), MINUTES[-1])
    minutes = st.select_slider("Minutes that it may take", MINUTES, enough, key=f"{what}_minutes", width=320, help=told)
    return minutes, where.choose(what)


def done(task: Task | None, label: str, begin: Callable[[], Task], *, sends: bool = False) -> bool:
    """Whether there is a result to show; else the button, the progress, or why it ended. Polls only while it works.

    `sends`: it has others train where it was told, and itself only waits for them, here."""
    show_caught("judge")
    state = task.state() if task else ""
    if task is None or not state:
        _offer(label, begin, sends)
    elif state in ENDS:
        _ended(task, state, begin)
    elif state not in FINAL:
        st.fragment(_working, run_every=POLL_SECONDS)(task.id)
    return state == "done"


def _offer(label: str, begin: Callable[[], Task], sends: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = None if sends else where.choose(label)
        st.button(
            label,
            type="primary",
            icon=":material/play_arrow:",
            key=f"begin-{label}",
            on_click=_begin,
            args=(begin, place),
            help="In a process of its own: you may leave this page.",
        )


def found(run: Run, what: Question, begin: Callable[[], Task]) -> Task | None:
    """What a task has found of a run; until then the way there."""
    task = known(run, what.kind, what.spec)
    if task is None:
        st.caption(what.about)
    return task if done(task, what.label, begin) else None


def _begin(begin: Callable[[], Task], place: str | None = None) -> None:
    with caught("judge"):
        starting.work(begin(), place=place)


def _working(task_id: str) -> None:
    with shown():
        task = Task(task_id, cached.settings())
        try:
            state, status = task.state(), task.status()
        except (LoupeError, OSError):
            state = ""  # it was removed, and its run with it
        if not state or state in FINAL:
            st.rerun()  # the whole page: polling ends
        _progress(state, status, task.told())
        asked, key, told = task.stop_requested(), f"stop-{task.id}", "Ends it now. Nothing of it is kept."
        label, icon = "Stopping" if asked else "Stop", ":material/stop:"
        st.button(
            label, icon=icon, disabled=asked or not acts.may(task), key=key, on_click=_stop, args=(task,), help=told
        )


def _progress(state: str, status: TaskStatus, told: str) -> None:
    eta = status["eta_seconds"]
    left = f", about {words.duration(eta)} left" if eta else ""
    waits = (told or "It waits for its turn: other work comes first.") if state == "queued" else "Starting"
    st.progress(min(1.0, max(0.0, float(status["done"] or 0))), f"{status['phase'] or waits}{left}")


def _stop(task: Task) -> None:
    with suppress(LoupeError):  # it has ended meanwhile
        acts.stop(task)


def _ended(task: Task, state: str, begin: Callable[[], Task]) -> None:
    why = task.status()["error"] or task.told()
    say = st.error if state == "failed" else st.warning
    say(f"{ENDS[state]}{f': {plain(str(why))}' if why else '.'}")
    st.button("Try again", icon=":material/replay:", key=f"again-{task.id}", on_click=_begin, args=(begin,))
