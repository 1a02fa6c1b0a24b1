"""Looks at every test image of the compared runs, by a task a run, once; the table fills as they end."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui import acts, cached, owner, starting
from ui.errors import plain
from vae_core.data import catalog
from vae_core.look import scores
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.runs.work import FINAL

POLL_SECONDS = 1.0
ENDED = tuple(state for state in FINAL if state != "done")


def ensure(runs: Sequence[Run]) -> None:
    """Begin what is missing, and say how far it is; the page is drawn anew when all of it has ended."""
    unmeasured = [run for run in dict.fromkeys(runs) if scores.finished(run) is None]
    missing = [run for run in unmeasured if _has_images(run)]
    if absent := dict.fromkeys(run.data_name() for run in unmeasured if run not in missing):
        st.caption(f"More numbers would need images that are not here: {plain(', '.join(absent))}. Data has the way.")
    fresh = [run for run in missing if not any(task.kind == scores.KIND for task in tasks.of(run, scores.KIND))]
    for run in fresh:
        _start(scores.begin(run, owner.current()))
    found = [scores.begin(run) for run in missing]
    if not found:
        return
    working = any(task.state() not in FINAL for task in found)
    st.fragment(_progress, run_every=POLL_SECONDS if working else None)([task.id for task in found])


def _has_images(run: Run) -> bool:
    """A model that comes along may have been trained on images that were never brought here."""
    return not run.is_shipped or catalog.describe(run.data_name(), run.settings).ready


def _start(task: Task) -> None:
    starting.work(task)


def _progress(ids: Sequence[str]) -> None:
    found = [Task(task_id, cached.settings()) for task_id in ids if Task(task_id, cached.settings()).path.is_dir()]
    states = {task.id: task.state() for task in found}
    working = [task for task in found if states[task.id] not in FINAL]
    if working:
        done = sum(float(task.status()["done"]) if states[task.id] not in FINAL else 1.0 for task in found) / len(found)
        phase = next((task.status()["phase"] for task in working if task.status()["phase"]), "Waiting for its turn")
        st.progress(min(1.0, done), f"Looking at every test image of {len(found)} runs: {phase.lower()}.")
        own = [task for task in working if acts.may(task)]
        st.button("Stop", icon=":material/stop:", on_click=_stop, args=(own,), disabled=not own)
        return
    for task in found:
        if states[task.id] in ENDED:
            _ended(task, states[task.id])
    if any(state == "done" for state in states.values()):
        st.rerun()


def _ended(task: Task, state: str) -> None:
    why = task.status()["error"] or f"it was {state}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"More numbers of {plain(task.run.id)} would need its test images: {plain(str(why))}")
        st.button("Try again", key=f"again-{task.id}", on_click=_start, args=(task,))


def _stop(found: Sequence[Task]) -> None:
    for task in found:
        acts.stop(task)
