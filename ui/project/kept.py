"""The maps that a run has: which of them are shown, side by side, and forgetting one."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from ui import acts, words
from ui.errors import plain
from ui.view import View
from vae_core.errors import LoupeError
from vae_core.look import projection
from vae_core.look.projection import IMAGES, Projection, adding, stability
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

CODES = "codes"  # the map of the codes themselves, which needs no work
WANTED = "project_wanted"  # maps that somebody has started, to be shown when they are done
PARAMETER = "maps"  # of the address
MOST = 3  # maps beside each other
SHOWN_HELP = f"Up to {MOST} at once. What you point at, choose or zoom into on one is shown on the others."
DOES = {projection.KIND: "", adding.KIND: "More images for ", stability.KIND: "How much is chance in "}
NAMES = {
    "perplexity": "perplexity {:g}",
    "exaggeration": "exaggeration {:g}",
    "neighbours": "{} neighbours",
    "min_dist": "least distance {:g}",
    "metric": "{} distance",
    "seed": "seed {}",
    "count": "{:,} of them",
}


def label(task: Task) -> str:
    """A map in words, with the parameters that somebody changed."""
    asked = {name: value for name, value in task.spec.items() if name not in ("map", "seeds")}
    return f"{DOES[task.kind]}{_label(projection.from_json(asked))}"


def _label(spec: Projection) -> str:
    usual = projection.Projection(method=spec.method)
    asked = [
        NAMES[name].format(value)
        for name, value in spec.to_json().items()
        if name in NAMES and (value != getattr(usual, name) or name in ("perplexity",))
    ]
    return ", ".join([spec.title, IMAGES[spec.images], *asked])


def at_work(run: Run) -> list[Task]:
    """Whatever is being made for the run's maps, and what ended without a result."""
    return [task for kind in DOES for task in tasks.of(run, kind) if task.state() != "done"]


def done(run: Run) -> list[Task]:
    """The finished maps, the newest first; one that was removed meanwhile is left out."""
    found = []
    for task in projection.of(run):
        with suppress(LoupeError):
            if task.state() == "done":
                found.append(task)
    return found


def choose(view: View) -> tuple[str, ...]:
    """The names of the maps that are shown."""
    known = {CODES: _codes_label(view), **{task.id: label(task) for task in done(view.run)}}
    key = f"project_shown-{view.run.id}"
    come = [name for name in st.session_state.get(WANTED, []) if name in known]
    st.session_state[WANTED] = [name for name in st.session_state.get(WANTED, []) if name not in known]
    asked = st.session_state.get(key, [name for name in _in_address(view) if name in known] or [CODES])
    before = [name for name in asked if name in known and name not in come]
    st.session_state[key] = [*before, *come][-MOST:]
    chosen = st.pills(
        "Maps", list(known), selection_mode="multi", key=key, format_func=lambda name: known[name], help=SHOWN_HELP
    )
    _keep_in_address(chosen)
    return tuple(chosen[-MOST:])


def _in_address(view: View) -> list[str]:
    """The maps that the address names; a link has their own names, without the run's."""
    named = st.query_params.get(PARAMETER, CODES).split(",")
    return [name if name == CODES else f"{view.run.id}/{name}" for name in named]


def _keep_in_address(chosen: list[str]) -> None:
    text = ",".join(name.rpartition("/")[2] for name in chosen)
    if st.query_params.get(PARAMETER, CODES) != text:  # each write is a step of the browser's history
        st.query_params[PARAMETER] = text


def want(task: Task) -> None:
    """Show it as soon as it is done, beside what is shown; the oldest makes room."""
    st.session_state[WANTED] = [*st.session_state.get(WANTED, []), task.id]


def manage(view: View) -> None:
    found = done(view.run)
    if not found:
        return
    drawer = st.expander("Kept maps", key="project_kept", on_change="rerun", icon=":material/inventory_2:")
    if not drawer.open:
        return
    with drawer:
        st.caption("They are files in the run's folder, and are there until you remove them.")
        for task in found:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                seconds = words.duration(task.result()["seconds"])
                st.markdown(f"{plain(label(task))}: {seconds}", width="stretch")
                forget_button("Remove", f"remove-{task.id}", task, icon=":material/delete:")


def forget_button(label: str, key: str, task: Task, icon: str | None = None) -> None:
    st.button(label, key=key, icon=icon, on_click=_forget, args=(task,), disabled=not acts.may(task))


def _forget(task: Task) -> None:
    with suppress(LoupeError, OSError):  # it is gone already, or at work again
        acts.forget(task)


def _codes_label(view: View) -> str:
    return "The codes themselves" if view.size <= 2 else "PCA of the codes, test images"
