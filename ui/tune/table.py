"""A search's trials as rows; what can be done with those that are ticked."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import cached, choice, paged
from ui import words as common
from ui.errors import plain, shown
from ui.tune import controls, judged, labels
from vae_core.search.space import Vary
from vae_core.search.study import Study
from vae_core.search.trials import Trial
from vae_core.search.wanted import Search

ROW_HEIGHT = 32
MOST_ROWS = 12
PER_PAGE, PAGE = 500, "tune_page"
column = st.column_config
NONE_TICKED = "Tick a trial in the first column to see its curves above, open its trainings or keep it as a run."


def ticked(name: str, trials: list[Trial]) -> list[int]:
    """The numbers of the ticked trials; read before the table is drawn, for the pictures above it."""
    state: Any = st.session_state.get(_key(name), {})
    rows = state.get("selection", {}).get("rows", []) if state else []
    listed = paged.part(trials, PER_PAGE, PAGE)
    return [listed[row].number for row in rows if row < len(listed)]


def _key(name: str) -> str:
    """Of the page that is open: a row of it is another trial on the next one."""
    return f"tune_trials_{name}_{st.session_state.get(PAGE, 1)}"


def show(study: Study, search: Search, trials: list[Trial], best: Trial | None) -> None:
    listed = paged.part(trials, PER_PAGE, PAGE)
    _table(_key(study.name), _columns(search), [_row(search, trial, best) for trial in listed])
    paged.turn(trials, PER_PAGE, PAGE)
    numbers = ticked(study.name, trials)
    those = [trial for trial in trials if trial.number in numbers]
    if not those:
        st.caption(NONE_TICKED)
    elif len(those) == 1:
        _one(search, those[0], best)
    else:
        _several(search, those)


def _table(key: str, columns: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    st.dataframe(
        {name: [row.get(name) for row in rows] for name in columns},
        key=key,
        hide_index=True,
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=columns,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (1 + min(MOST_ROWS, len(rows))) + 4,
    )


def _columns(search: Search) -> dict[str, Any]:
    goals = {
        f"value {goal}": column.NumberColumn(labels.GOALS[goal], format="%.5g", help=labels.value_help(goal, search))
        for goal in search.goals
    }
    return {
        "best": column.TextColumn("", width=30),
        "number": column.NumberColumn("Trial", width=60, help="In the order in which they began."),
        "state": column.TextColumn("State", width=100, help="What has become of it."),
        **goals,
        **{each.name: _setting(each) for each in search.space},
        "seconds": column.NumberColumn("Seconds", format="%.1f", help="From its beginning to its end."),
    }


def _setting(each: Vary) -> Any:
    label, text = labels.setting(each.name), labels.setting_help(each.name)
    return column.TextColumn(label, help=text) if each.choices else column.NumberColumn(label, format="%.4g", help=text)


def _row(search: Search, trial: Trial, best: Trial | None) -> dict[str, Any]:
    values = {f"value {goal}": value for goal, value in zip(search.goals, trial.values or (), strict=False)}
    settings = {
        each.name: labels.choice(each.name, trial.settings[each.name]) if each.choices else trial.settings[each.name]
        for each in search.space
        if each.name in trial.settings
    }
    return {
        "best": "★" if trial == best else "",
        "number": trial.number + 1,
        "state": labels.TRIALS[trial.state][0],
        **values,
        **settings,
        "seconds": trial.seconds,
    }


def told(trial: Trial) -> str:
    """The settings of a trial in words."""
    return ", ".join(f"{labels.setting(name)} {labels.choice(name, value)}" for name, value in trial.settings.items())


def _one(search: Search, trial: Trial, best: Trial | None) -> None:
    with st.container(border=True), shown():
        st.markdown(f"**Trial {trial.number + 1}**, {labels.TRIALS[trial.state][0]}: {plain(told(trial))}")
        if trial.error:
            st.error(plain(trial.error))
        if trial != best:
            judged.pictures(search, trial)
        with st.container(horizontal=True, vertical_alignment="center"):
            for fold, run_id in enumerate(trial.runs):
                if cached.find(run_id):
                    label = f"Training of fold {fold + 1}" if search.folds else "Its training"
                    choice.link("train", run_id, label, ":material/monitoring:")
            if trial.ended and trial.state != "failed":
                _keep(search, trial)


def _keep(search: Search, trial: Trial) -> None:
    before = controls.kept(search, trial)
    told_of = "It is trained once on all images of all folds." if search.folds else "It goes on from where it stands."
    label = "Open its run" if before else "Keep as a run"
    if st.button(
        label, icon=":material/bookmark:", key="tune_keep", help=f"{told_of} Then it has a map and test losses."
    ):
        controls.open_kept(search, trial)


def _several(search: Search, trials: list[Trial]) -> None:
    """Those that were kept as runs can be compared."""
    kept = [run_id for trial in trials if (run_id := controls.kept(search, trial))]
    done = [run_id for run_id in kept if (run := cached.find(run_id)) and run.state == "done"]
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(done) == len(trials):
            if st.button("Compare them", icon=":material/compare:", key="tune_compare"):
                choice.compare(done)
        elif len(kept) < len(trials):
            if st.button("Keep them as runs", icon=":material/bookmark:", key="tune_keep_all"):
                _keep_all(search, trials)
        else:
            st.caption(f"{len(done)} of {common.plural(len(trials), 'run')} have ended; then they can be compared.")


def _keep_all(search: Search, trials: list[Trial]) -> None:
    with shown():
        for trial in trials:
            controls.keep(search, trial)
        st.rerun()
