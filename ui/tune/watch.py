"""A search while it goes on and afterwards: how far it is, its best trial, its pictures, its trials."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ui import cached, choice
from ui import words as common
from ui.cached import searches
from ui.errors import plain, show_caught, shown
from ui.form import costs
from ui.tune import controls, judged, labels, picked, pictures, table, wall
from vae_core.errors import LoupeError
from vae_core.runs.work import FINAL
from vae_core.search import study, trials
from vae_core.search.study import Budget, Study, Winner
from vae_core.search.trials import Trial
from vae_core.search.wanted import Search

POLL_SECONDS = 1.0
PICKED = "tune_picked"
METRIC_WIDTH = 130
NOTHING = "There are no searches yet. A search trains many models, each with other settings, and keeps the best."


@dataclass(frozen=True)
class View:
    """All that is read for one look at it."""

    study: Study
    search: Search
    state: str
    budget: Budget
    trials: list[Trial]
    winner: Winner | None

    @property
    def best(self) -> Trial | None:
        return trials.best(self.trials)

    @property
    def active(self) -> bool:
        return self.state not in FINAL


def look(name: str) -> View:
    found = study.find(cached.settings(), name)
    return View(found, found.search(), found.state(), found.budget(), searches.trials(found), found.winner())


def show() -> None:
    names = searches.names()
    gone = picked.missing()
    if gone:
        st.warning(f"There is no search {plain(gone)}. It may have been removed.")
    if not names:
        st.info(NOTHING, icon=":material/tune:")
        st.button("Set up a search", type="primary", on_click=picked.turn_to, args=(picked.SET_UP,))
        return
    name = picked.name()
    st.session_state[PICKED] = name
    st.selectbox("Search", names, key=PICKED, on_change=_pick, label_visibility="collapsed", width=420)
    state = study.find(cached.settings(), name).state()
    st.fragment(_live, run_every=None if state in FINAL else POLL_SECONDS)(name, state)


def _pick() -> None:
    picked.choose(st.session_state[PICKED])


def _live(name: str, was: str) -> None:
    with shown():
        try:
            view = look(name)
        except LoupeError as error:
            return _unreadable(name, error)
        if view.state != was:  # the whole page: polling ends or begins
            searches.refresh()
            st.rerun()
        _head(view)
        _best(view)
        if view.trials:
            _trials(view)
        else:
            st.caption(_nothing(view))


def _trials(view: View) -> None:
    """What they draw beside how they learned; then what the best is worth, and all of them."""
    ticked = table.ticked(view.study.name, view.trials)
    left, right = st.columns(2, gap="medium")
    with left:
        wall.show(view.search, view.trials, view.best)
    with right:
        pictures.show(view.study, view.search, view.trials, ticked)
    _numbers(view)
    if view.best:
        judged.show(view.search, view.best, _winner(view))
    table.show(view.study, view.search, view.trials, view.best)


def _winner(view: View) -> str:
    """The run that the best trial has become; empty before that, and where it was removed."""
    kept = view.winner if view.winner and view.best and view.winner["trial"] == view.best.number else None
    return str(kept["run"]) if kept and cached.find(kept["run"]) else ""


def _nothing(view: View) -> str:
    if view.active:
        return "The first trial begins as soon as its process has started."
    if view.state == "done":
        return "Its trials are gone: what they were kept in was removed or replaced. Their runs are still there."
    return "It ended before its first trial."


def _unreadable(name: str, error: LoupeError) -> None:
    st.error(plain(str(error)))
    if name not in searches.names() and st.button("Choose another search"):
        searches.refresh()
        st.rerun()


def _head(view: View) -> None:
    word, colour, icon, meaning = labels.STATES[view.state]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.badge(word, icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]  # a word of badge's own list
            st.caption(plain(about(view.search)), width="content")
        controls.buttons(view.study, view.state, view.budget)
    show_caught("search")
    told = view.study.error()
    if view.state in ("failed", "interrupted") or told:
        ended = view.study.told() or "Its process ended without a word."
        st.error(plain(told or f"{ended} Go on takes it up where it stands."))
    if view.active:
        st.progress(_share(view), _phase(view))


def about(search: Search) -> str:
    varied = ", ".join(labels.setting(each.name) for each in search.space)
    goals = " and ".join(labels.GOALS[goal] for goal in search.goals)
    folds = f", {search.folds} folds" if search.folds else ""
    return f"{search.base.dataset}: {varied}, for {goals}{folds}"


def _ended(view: View) -> int:
    return sum(trial.ended for trial in view.trials)


def _share(view: View) -> float:
    return min(1.0, _ended(view) / max(1, view.budget["trials"]))


def _phase(view: View) -> str:
    told = [str(worker.status()["phase"]) for worker in view.study.workers()]
    at_work = ", ".join(phase for phase in told if phase) or view.study.told()
    text = f"{_ended(view)} of {view.budget['trials']} trials"
    return f"{text}: {at_work}" if at_work else text


def _numbers(view: View) -> None:
    counts = {state: sum(trial.state == state for trial in view.trials) for state in labels.TRIALS}
    with st.container(horizontal=True, gap="small"):
        _metric("Trials", f"{_ended(view)} of {view.budget['trials']}", "That have ended, of how many it may try.")
        for goal, value in zip(view.search.goals, (view.best.values if view.best else None) or (), strict=False):
            _metric(f"Best {labels.GOALS[goal]}", common.number(value), labels.value_help(goal, view.search))
        _metric("Ended early", str(counts["pruned"]), labels.TRIALS["pruned"][1] + " This saves time.")
        _metric("Failed", str(counts["failed"]), labels.TRIALS["failed"][1] + " Few is good.")


def _metric(label: str, value: str, text: str) -> None:
    st.metric(label, value, help=text, width=METRIC_WIDTH)


def _best(view: View) -> None:
    """In a sentence; once it has become a run, with ways there and what it reaches on the test images."""
    best = view.best
    if best is None:
        return
    run = cached.find(_winner(view))
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        first = " in the first goal" if len(view.search.goals) > 1 else ""
        st.markdown(f"**Trial {best.number + 1}** is the best{first} so far: {plain(table.told(best))}")
        if run is None and not view.active and view.winner and view.winner["trial"] == best.number:
            st.caption("The run that it became was removed.", width="content")
        if run is not None:
            _ways(run.id, run.state)


def _ways(run_id: str, state: str) -> None:
    with st.container(horizontal=True, gap="small", width="content", vertical_alignment="center"):
        if state != "done":
            choice.link("train", run_id, "Watch its training", ":material/visibility:")
            return
        tested = controls.test_loss(run_id)
        if tested is not None:
            value, unit = tested
            told = "Reconstruction of the test images, which no trial has seen, at the mean code. Lower is better."
            costs.line("On the test images", f"{common.number(value)} {unit}", told)
        choice.link("explore", run_id, "Explore the winner", ":material/explore:")
