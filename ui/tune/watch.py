"""A search while it runs and afterwards: how far it is, its trials, their curves, and what each of them may become."""

from __future__ import annotations

import streamlit as st

from ui import cached, choice, owner, words
from ui.errors import plain, shown
from ui.tune import pictures
from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs
from vae_core.runs.store import Run
from vae_core.search import study as studies
from vae_core.search import trials as all_trials
from vae_core.search.study import Study
from vae_core.search.trials import Trial

POLL_SECONDS = 1.0
ACTIVE = ("queued", "running")
MORE = 10
PROBLEM = "tune_problem"
STATES = {"done": "done", "pruned": "ended early", "failed": "failed", "running": "running"}


def show(study: Study) -> None:
    """Polls only while somebody works on it."""
    state = study.state()
    st.fragment(_look, run_every=POLL_SECONDS if state in ACTIVE else None)(study.name, state)


def _look(name: str, was: str) -> None:
    with shown():
        study = studies.find(cached.settings(), name)
        state = study.state()
        if state != was:
            cached.refresh()
            st.rerun()
        found = cached.trials(study)
        _head(study, state, found)
        if not found:
            st.info("Its first trial begins in some seconds.", icon=":material/hourglass_empty:")
            return
        chosen = _table(study, found)
        if chosen:
            _trial(study, chosen)
        pictures.show(study, found, chosen)


def _head(study: Study, state: str, found: list[Trial]) -> None:
    word, colour, icon, meaning = words.STATES[state]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.subheader(plain(study.name), width="content", anchor=False)
            told = {"running": "searching", "queued": "starting"}.get(state, word)
            st.badge(told, icon=icon, color=colour, help=None if state in ACTIVE else meaning)  # type: ignore[arg-type]
        _buttons(study, state)
    problem = st.session_state.pop(PROBLEM, None) or (study.error() if state == "failed" else "")
    if problem:
        st.error(plain(problem))
    budget = study.budget()
    ended = sum(trial.ended for trial in found)
    if state in ACTIVE:
        st.progress(min(1.0, ended / budget["trials"]), _phase(study, ended, budget["trials"]))
    _numbers(study, found)
    _winner(study)


def _phase(study: Study, ended: int, trials: int) -> str:
    phases = {str(worker.status()["phase"]) for worker in study.workers()}
    if "the winner" in phases:
        return "The best trial becomes a run: its model is saved and tested"
    return f"{ended} of {words.plural(trials, 'trial')}"


def _numbers(study: Study, found: list[Trial]) -> None:
    best = all_trials.best(found)
    early = sum(trial.state == "pruned" for trial in found)
    goals = study.search().goals
    with st.container(horizontal=True, gap="small"):
        st.metric("Trials", f"{sum(trial.ended for trial in found)} of {study.budget()['trials']}", width=150,
                  help="Ended, of all that may be tried.")  # fmt: skip
        st.metric("Ended early", early, width=150, help="They fell behind the others.")
        for place, goal in enumerate(goals):
            value = words.number(best.values[place], 5) if best and best.values else "–"
            st.metric(f"Best {pictures.GOALS[goal]}", value, width=200, help=pictures.GOAL_HELP[goal])
    if best:
        st.caption(f"Best so far: trial {best.number + 1} with {plain(pictures.told(best))}.")


def _winner(study: Study) -> None:
    winner = study.winner()
    if not winner:
        return
    link = {choice.PARAMETER: winner["run"]}
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"The winner, trial {winner['trial'] + 1}, is kept as **{plain(winner['run'])}**.", width="content",
                    help="Only this one has looked at the test images.")  # fmt: skip
        st.page_link("pages/train.py", label="Its training", icon=":material/model_training:", query_params=link)
        st.page_link("pages/explore.py", label="Explore it", icon=":material/explore:", query_params=link)


def _buttons(study: Study, state: str) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
        if state in ACTIVE:
            st.button("Stop", icon=":material/stop:", on_click=_told, args=(study.name, "stop"),
                      help="After the batch under way. Nothing is lost: it can go on later.")  # fmt: skip
            return
        if state != "done":
            st.button("Resume", type="primary", icon=":material/play_arrow:", on_click=_told,
                      args=(study.name, "resume"), help="Go on where it ended.")  # fmt: skip
        st.button(f"{MORE} trials more", icon=":material/add:", on_click=_told, args=(study.name, "more"),
                  help="Go on searching.")  # fmt: skip
        with st.popover("Remove", icon=":material/delete:"):
            st.markdown("Its trials go with it. The winner stays, it is a run like any other.")
            st.button("Remove the search", type="primary", on_click=_told, args=(study.name, "remove"))


def _told(name: str, what: str) -> None:
    """What a click does, before the page is drawn again; what went wrong is kept for it."""
    try:
        study = studies.find(cached.settings(), name)
        if what == "stop":
            study.stop()
        elif what == "remove":
            studies.remove(study)
            st.query_params.pop("search", None)
        else:
            budget = study.budget()
            if what == "more":
                ended = len(all_trials.every(study))
                study.set_budget(max(ended, int(budget["trials"])) + MORE, 0.0)
            study.start()
    except (LoupeError, OSError) as error:
        st.session_state[PROBLEM] = str(error)
    cached.refresh()


def _table(study: Study, found: list[Trial]) -> Trial | None:
    """All trials; the one whose row is pressed."""
    goals = [pictures.GOALS[goal].capitalize() for goal in study.search().goals]
    rows = [
        {
            "Trial": trial.number + 1,
            "State": STATES[trial.state],
            **{goal: trial.values[place] if trial.values else None for place, goal in enumerate(goals)},
            **{pictures.label(name): value for name, value in trial.settings.items()},
            "Time": words.duration(trial.seconds),
            "Why": trial.error,
        }
        for trial in found
    ]
    if not any(row["Why"] for row in rows):
        rows = [{name: value for name, value in row.items() if name != "Why"} for row in rows]
    event = st.dataframe(
        rows, hide_index=True, on_select="rerun", selection_mode="single-row", key=f"tune_rows_{study.name}",
        height=min(360, 38 + 35 * len(rows)),
    )  # fmt: skip
    places = event["selection"]["rows"]
    return found[places[0]] if places and places[0] < len(found) else None


def _trial(study: Study, trial: Trial) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"**Trial {trial.number + 1}**: {plain(pictures.told(trial))}", width="content")
        if trial.runs and trial.state in ("done", "pruned"):
            st.button("Open as a run", icon=":material/open_in_new:", on_click=_open, args=(trial.runs[0],),
                      help="A copy that goes on from its state, ends with a model, and can be explored, compared and "
                      "reported like any other. One that ended early is trained to its end.")  # fmt: skip


def _open(trial_run: str) -> None:
    where = cached.settings()
    try:
        run = forks.adopt(where, Run(trial_run, where), owner.current())
        jobs.start(where, run)
    except (LoupeError, OSError) as error:
        st.session_state[PROBLEM] = str(error)
        return
    cached.refresh()
    choice.choose(run.id)
    st.toast(f"{run.id} is on its way: see Train.")
