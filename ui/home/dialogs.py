"""What can be done with runs: star, name, note, lock, stop, export, remove. What is another's is asked about first."""

from __future__ import annotations

import io
from typing import Any

import streamlit as st

from ui import account, acts, cached, choice, download, owner, words
from ui.errors import plain, shown
from vae_core.errors import LoupeError
from vae_core.runs import store, transfer
from vae_core.runs.store import Run, Summary

LONGEST_NAME, LONGEST_NOTE = 60, 500
STATE_HELP = "Two to three times as large. Only with it can the run be resumed or trained longer after the import."


def star(run: Summary, on: bool) -> None:
    change(run.id, star=on)


def change(run_id: str, **card: Any) -> None:
    """For callbacks, which cannot draw: what went wrong is told by a toast."""
    try:
        acts.change(store.open_run(cached.settings(), run_id), **card)
    except LoupeError as error:
        st.toast(plain(str(error)), icon=":material/error:")
    cached.refresh()


def menu(run: Summary) -> None:
    """The rarer things, behind three dots."""
    stop = ["Stop"] if run.state in ("queued", "running") else []
    own = [] if run.is_shipped else ["Name and note", "Unlock" if run.locked else "Lock", *stop]
    options = [*own, "Export", "Remove"] if account.may(run.owner) else ["Export"]
    picked = st.menu_button(":material/more_horiz:", options, key=f"menu-{run.id}", help=f"More for {plain(run.name)}")
    if picked == "Name and note":
        describe(run)
    elif picked in ("Lock", "Unlock"):
        change(run.id, locked=picked == "Lock")
        st.rerun()
    elif picked == "Stop":
        stop_training(run)
    elif picked == "Export":
        export([run.id])
    elif picked == "Remove":
        remove([run.id])


@st.dialog("Name and note")
def describe(run: Summary) -> None:
    with st.form("describe", border=False):
        name = st.text_input("Name", run.name, help=f"The folder keeps its name, {run.id}.")
        note = st.text_area("Note", run.note, help="Whatever you want to remember of it.") or ""
        if st.form_submit_button("Save", type="primary"):
            with shown():
                named = " ".join((name or "").split())
                _check_length("name", named, max(LONGEST_NAME, len(run.name)))
                _check_length("note", note, LONGEST_NOTE)
                found = store.open_run(cached.settings(), run.id)
                acts.change(found, name="" if named == run.id else named, note=note)
                cached.refresh()
                st.rerun()


def _check_length(what: str, text: str, most: int) -> None:
    """A field with a bound would cut what is pasted into it without a word."""
    if len(text) > most:
        raise LoupeError(f"The {what} has {len(text):,} characters", f"At most {most} were expected", "Shorten it")


@st.dialog("Stop the training?")
def stop_training(run: Summary) -> None:
    st.markdown(f"**{plain(run.name)}** keeps what it has learned so far, and can be resumed.")
    others = [run.owner] if owner.is_other(run.owner) else []
    if _confirmed("Stop", others):
        with shown():
            acts.stop(store.open_run(cached.settings(), run.id))
            cached.refresh()
            st.rerun()


@st.dialog("Remove?")
def remove(ids: list[str]) -> None:
    """Ask, and remove runs; locked and running ones stay, with the reason."""
    found = [run for run in cached.every() if run.id in ids]
    if kept := [run for run in found if not account.may(run.owner)]:
        st.markdown(f"{_named(kept)} can be removed by who trained it, and by teachers.")
        return
    if any(run.is_shipped for run in found):
        st.markdown(f"{_named(found)} comes with Latent Loupe. It is listed no more; its address still leads to it.")
    else:
        st.markdown(f"This deletes {_named(found)}, with models, pictures and losses. It cannot be undone.")
    others = sorted({run.owner for run in found if owner.is_other(run.owner)})
    if _confirmed("Remove", others):
        failures = [error for run in found if (error := _remove(run.id))]
        cached.refresh()
        for error in failures:
            st.error(plain(error))
        if not failures:
            st.rerun()


def _named(runs: list[Summary]) -> str:
    if len(runs) == 1:
        return f"**{plain(runs[0].name)}**"
    return f"{words.plural(len(runs), 'run')}: {', '.join(plain(run.name) for run in runs)}"


def _confirmed(verb: str, others: list[str]) -> bool:
    """A button; where something belongs to others, only after a tick."""
    agreed = not others or st.checkbox(f"I know that it belongs to {plain(', '.join(others))}.")
    return st.button(verb, type="primary", disabled=not agreed, icon=":material/warning:" if others else None)


def _remove(run_id: str) -> str:
    where = cached.settings()
    try:
        acts.remove(Run(run_id, where))
    except LoupeError as error:
        return str(error)
    if st.session_state.get(choice.KEY) == run_id:
        choice.choose(None)
    return ""


@st.dialog("Export")
def export(ids: list[str]) -> None:
    st.markdown(
        f"One zip with {'the run' if len(ids) == 1 else f'{len(ids)} runs'}: settings, losses, model, codes and "
        "pictures. Import it in another Latent Loupe, or unpack it and use the model anywhere."
    )
    state = st.toggle("With the training state", key="export_state", help=STATE_HELP)
    with shown():
        file = io.BytesIO()
        transfer.pack(cached.settings(), ids, file, with_state=state)
        packed = file.getvalue()
        name = f"{ids[0] if len(ids) == 1 else 'runs'}.zip"
        download.button(f"Download ({words.size(len(packed))})", packed, name, icon=None, type="primary")
