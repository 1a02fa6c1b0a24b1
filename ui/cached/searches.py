"""Searches. A storage stays open, so that only what is new is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import cached
from vae_core.runs.store import Run
from vae_core.settings import Settings

if TYPE_CHECKING:
    from vae_core.search.study import Study
    from vae_core.search.trials import Trial


def names() -> tuple[str, ...]:
    """The names of all searches, the newest first."""
    return _names(cached.settings())


@st.cache_data(ttl=cached.LIST_SECONDS, max_entries=4, show_spinner=False)
def _names(where: Settings) -> tuple[str, ...]:
    from vae_core.search import study as studies

    return tuple(each.name for each in studies.every(where))


def refresh() -> None:
    """Read the searches anew: for whoever has just started, changed or removed one."""
    _names.clear()
    cached.refresh()


def trials(study: Study) -> list[Trial]:
    """The trials that a search has run so far."""
    from vae_core.search import trials as search_trials

    return search_trials.every(study, _storage(study, _begun(study)))


def figure(draw: Callable[..., Any], study: Study, kind: str, goal: int, ended: int) -> Any:
    """What this draws of a search with trials; where another one has ended, it is drawn anew."""
    return _figure(draw, study, _begun(study), kind, goal, ended)


@st.cache_data(max_entries=32, show_spinner="Drawing...")
def _figure(_draw: Callable[..., Any], study: Study, begun: str, kind: str, goal: int, ended: int) -> Any:
    from vae_core.search import trials as search_trials

    trials = search_trials.opened(study, _storage(study, begun))
    return _draw(trials, study.search(), kind, goal) if trials else None


def history(run: Run, ended: bool) -> list[dict[str, Any]]:
    """The epochs of a trial; those of a training that ended change no more."""
    return _history(run, cached.born_at(run)) if ended else run.history()


@st.cache_data(max_entries=2048, show_spinner=False)
def _history(run: Run, born: str) -> list[dict[str, Any]]:
    return run.history()


def _begun(study: Study) -> str:
    return str(study.document()["created"])


@st.cache_resource(max_entries=4, show_spinner="Opening the trials...")
def _storage(study: Study, born: str) -> Any:
    return study.storage()
