"""What can be done with a search: stop, go on, more trials, remove; and with a trial: keep it as a run of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from ui import account, acts, cached, choice, limits, owner, starting
from ui.cached import searches
from ui.errors import caught, plain
from vae_core.errors import LoupeError
from vae_core.runs import forks, store
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.search import verdict
from vae_core.search.study import Budget, Study
from vae_core.search.trials import Trial
from vae_core.search.wanted import Search


def buttons(found: Study, state: str, budget: Budget) -> None:
    """One row. What a click does happens before the page is drawn again, so that it shows the new state."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        if state not in FINAL:
            _stop(found)
            return
        if not account.may(found.owner):
            return
        if state != "done":
            text = "Takes up the trial in hand where it stands, as if nothing had been."
            starting.button("Go on", _told, text, args=(_go_on, found))
        _more(found, budget)
        _remove(found)


def _told(action: Callable[[Study], None], found: Study) -> None:
    with caught("search"):
        action(found)
    searches.refresh()


def _stop(found: Study) -> None:
    asked = any(worker.stop_requested() for worker in found.workers())
    text = "Ends after the batch in hand. Nothing is lost, and it can go on later."
    owner.stop_button("search", found.owner, asked, text, partial(_told, acts.stop_search, found))


def _go_on(found: Study) -> None:
    limits.check(found.settings, owner.current())
    acts.go_on(found)


def _more(found: Study, budget: Budget) -> None:
    with st.popover("More trials", icon=":material/add:", help="It learns from all trials that it has."):
        more = st.number_input("Further trials", 1, 10_000, 10, key="tune_more")
        minutes = st.number_input(
            "Minutes, 0 = no limit", 0.0, 10_000.0, float(budget["minutes"]), step=1.0, key="tune_more_minutes"
        )
        changes = partial(_add, trials=int(budget["trials"]) + int(more), minutes=float(minutes))
        st.button("Add them", type="primary", key="tune_more_go", on_click=_told, args=(changes, found))


def _add(found: Study, trials: int, minutes: float) -> None:
    limits.check(found.settings, owner.current())
    acts.add_trials(found, trials, minutes)


def _remove(found: Study) -> None:
    with st.popover("Remove", icon=":material/delete:"):
        st.write("The search and all its trials are deleted. A winner stays, and so does each trial kept as a run.")
        if owner.is_other(found.owner):
            st.write(f"It belongs to {plain(found.owner)}.")
        st.button("Remove it", key="tune_remove_go", on_click=_told, args=(acts.remove_search, found))


# A trial as a run.


def kept(search: Search, trial: Trial) -> str:
    """The run that the trial became; empty before somebody asked for it."""
    if search.folds:
        before = starting.trained_before(search.winner(trial.settings))
        return before.id if before else ""
    return next((run.id for run in cached.runs() if trial.runs and run.parent == trial.runs[0]), "")


def keep(search: Search, trial: Trial) -> Run:
    """The trial as a run like any other, with codes, pictures and test losses. Asked twice, it is made once."""
    where, who, before = cached.settings(), owner.current(), kept(search, trial)
    if before:
        return store.open_run(where, before)
    if search.folds:
        return starting.train(search.winner(trial.settings))
    if not trial.runs:
        raise LoupeError("This trial has not trained", "It failed before its first step", "Choose another one")
    parent = store.open_run(where, trial.runs[0])
    return starting.begin(("keep", parent, who), lambda: forks.adopt(where, parent, who))


def open_kept(search: Search, trial: Trial) -> None:
    run = keep(search, trial)
    choice.go("pages/explore.py" if run.state() == "done" else "pages/train.py", run.id)


def test_loss(run_id: str) -> tuple[float, str] | None:
    """Of a finished run, and its unit, which is that of its own loss."""
    run = Run(run_id, cached.settings())
    found, unit = run.metrics(), verdict.unit_of(run.config())
    return (float(found[unit.key]["mean_code"]["nats_per_pixel"]), unit.name) if found else None
