"""The run that all pages speak of. It stands in the address, so that back, forward, reload and a sent link show it."""

from __future__ import annotations

import streamlit as st

from ui import cached
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.runs.store import Run, Summary
from vae_core.runs.work import FINAL
from vae_core.settings import SHIPPED

PARAMETER = "run"
DATA = "data"  # names a data set in the address of its page
KEY = "chosen_run"
TRAIN_VIEW = "train_view"
COMPARED = "runs"
MOST_COMPARED = 4
WAY_ON = """<style>
.st-key-way_on a, .st-key-way_on a:hover { background: light-dark(#4169b0, #6d94de); border-radius: 0.5rem }
.st-key-way_on a * { color: light-dark(#fff, #10151f) !important }
</style>"""


def chosen_run() -> Run | None:
    """The run that is chosen; None where none is, or where it is gone."""
    wanted = st.query_params.get(PARAMETER) or st.session_state.get(KEY)
    if not wanted:
        return None
    try:
        run = store.open_run(cached.settings(), wanted)
    except LoupeError:
        return None
    if run.id != wanted:  # another one whose name begins alike, after this one was removed
        return None
    choose(run.id)
    return run


def config(run: Run | None) -> Config | None:
    """Its settings; None where no run is chosen, or its folder was removed or cannot be read."""
    try:
        return run.config() if run else None
    except (LoupeError, OSError):
        return None


def stand_in() -> None:
    """Nobody has chosen or trained anything yet: the first of the models that come along is there to walk on."""
    if not (st.query_params.get(PARAMETER) or cached.runs()) and cached.shipped():
        choose(cached.shipped()[0].id)
        st.rerun()


def climbed() -> str | None:
    """The model that comes along with all rungs of its ladder."""
    asked = (run.answers.partition("/")[0] for run in cached.shipped() if run.answers)
    return next((f"{SHIPPED}{run_id}" for run_id in asked), None)


def missing_run() -> str:
    """The name in the address where no such run is there; else empty."""
    wanted = st.query_params.get(PARAMETER) or ""
    return wanted if wanted and chosen_run() is None else ""


def choose(run_id: str | None) -> None:
    """Let every page show this run from now on; None for none."""
    st.session_state[KEY] = run_id
    if run_id is None:
        st.query_params.pop(PARAMETER, None)
    elif st.query_params.get(PARAMETER) != run_id:  # each write is a step of the browser's history
        st.query_params[PARAMETER] = run_id


def go(page: str, run_id: str | None = None) -> None:
    """Go to another page, with a run chosen."""
    wanted = run_id or st.session_state.get(KEY)
    st.session_state[KEY] = wanted
    st.switch_page(page, query_params={PARAMETER: wanted} if wanted else None)


def has_map(run: Summary) -> bool:
    """Whether there is something to explore. A training that lives, or ended before its first epoch, is watched."""
    return run.epoch > 0 and run.state in FINAL


def look_at(run: Summary) -> None:
    """Go to the page that shows most of a run."""
    go("pages/explore.py" if has_map(run) else "pages/train.py", run.id)


def turn_to(view: str) -> None:
    """The other view of Train is drawn next."""
    st.session_state[TRAIN_VIEW] = view


def link(page: str, run_id: str, label: str, icon: str, **also: str) -> None:
    """A way to another page, which shows this run."""
    st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params={PARAMETER: run_id, **also})


def way_on(page: str, run_id: str, label: str, icon: str) -> None:
    """A link, which can be opened in another tab, as the button that one presses next."""
    st.html(WAY_ON)
    with st.container(width="content", key="way_on"):
        link(page, run_id, label, icon)


def compare(ids: list[str]) -> None:
    """Go to the page that shows these runs beside each other."""
    st.session_state[COMPARED] = ids
    st.switch_page("pages/compare.py", query_params={PARAMETER: ids[0], COMPARED: ",".join(ids)})


def compared_ids() -> list[str]:
    """The runs to compare, as the address or the last tick names them; some may be gone."""
    named = st.query_params.get(COMPARED)
    ids = named.split(",") if named else list(st.session_state.get(COMPARED, []))
    return list(dict.fromkeys(ids))[:MOST_COMPARED]


def remember_compared(ids: list[str]) -> None:
    st.session_state[COMPARED] = ids
    if ids:
        st.query_params[COMPARED] = ",".join(ids)
    else:
        st.query_params.pop(COMPARED, None)
