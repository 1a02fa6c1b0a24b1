"""A new search: what it begins from, what may vary, what is made small, how long it may take, and the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import cached, choice, hourglass, limits, owner, starting, where
from ui.cached import datasets, searches
from ui.errors import plain, shown
from ui.form import going_in
from ui.form.beginnings import Start, starts, to_values
from ui.form.fields import draw
from ui.tune import asked, labels, picked, preview, vary
from vae_core.design.config import MOST_FOLDS
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.search import storage, study
from vae_core.search.wanted import GOALS, Search

ASKED, READY_KEY, REST = "tune_asked", "tune_ready", "tune_everything"
BASE = ("epochs", "train_size", "latent")
FIRST = {
    "goals": ["loss"],
    "folds": 0,
    "sampler": "tpe",
    "pruner": "halving",
    "trials": 15,
    "minutes": 0.0,
    "workers": 1,
}
MINUTES_HELP = "When they are over, what trains then is ended and counts not."
PRUNER_HELP = "Saves most of the time. With two goals none is ended early."
WORKERS_HELP = "How many work on it at once. More than there are training slots only wait for each other."
FOLDS_HELP = (
    "0 validates every trial on one part of the images. 3 or more cross-validate: each trial is trained so often, and "
    "each image validates once, which takes so many times as long and trusts chance less. Classes are shared out "
    "evenly, groups of images stay together, and all trials have the same folds and the same first weights."
)
NUMBERS: dict[str, tuple[str, tuple[Any, Any], str]] = {  # what each is called, its bounds, what it means
    "trials": ("Trials, at most", (1, 10_000), "How many sets of values are tried. More can be added when it is done."),
    "minutes": ("Minutes, 0 = no limit", (0.0, 10_000.0), MINUTES_HELP),
    "folds": ("Folds, 0 = one split", (0, MOST_FOLDS), FOLDS_HELP),
    "workers": ("Processes", (1, 8), WORKERS_HELP),
}
CHOICES = {
    "sampler": ("Choosing values", labels.SAMPLERS, "Learning finds good values sooner; a grid is easy to read."),
    "pruner": ("Ending weak trials early", labels.PRUNERS, PRUNER_HELP),
}
READY_HELP = "Fills in everything else; change any of it afterwards."
DATA_HELP = "What every trial learns from."
START_HELP = "All trials have these settings, except for what varies."
GOALS_HELP = "One, or two that pull against each other: then there is no single best, but a line of best bargains."


def key(name: str) -> str:
    return f"tune_{name}"


@dataclass(frozen=True)
class Places:
    """Where on the page stands what is known when the whole form has been read."""

    go: DeltaGenerator  # beside the choices
    picture: DeltaGenerator
    told: DeltaGenerator
    cost: DeltaGenerator  # beside all settings


def show(run: Run | None) -> None:
    """Two choices, the button and the picture of what is trained again and again; all else is folded below."""
    was_asked = st.session_state.pop(ASKED, False)
    with shown(), st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            known = _known(run)
            st.pills("Look for", list(asked.READY), key=READY_KEY, on_change=_make_ready, help=READY_HELP, wrap=False)
            where.choose("tune")
            go = st.container(width="content")
        picture, told = st.container(), st.container(gap="xsmall")
        rest = st.expander("Everything else", key=REST, on_change="rerun", icon=":material/tune:")
        form, cost = rest.columns([5, 2], gap="medium")
        places = Places(go, picture, told, cost.container(border=True, gap="xsmall"))
        with form:
            search = _form(known, places)
        _offer(places, search, was_asked)


def _offer(places: Places, search: Search | None, was_asked: bool) -> None:
    if search is None:
        with places.go:
            st.button("Start the search", disabled=True, type="primary")
        return
    with places.cost:
        preview.show(search)
    with places.told:
        st.caption(preview.briefly(search))
    with places.go:
        _start(search, was_asked)


def _form(known: dict[str, Start], places: Places) -> Search | None:
    start = _start_from(known)
    try:
        base = asked.base(start.config, _base_values())
        with places.picture:
            data = datasets.summary(base.dataset)
            going_in.draw(data, hourglass.lines(base), small=bool(st.session_state[REST]))
        space = vary.ask(base)
        goals = _goals()
        settings = _settings()
        if space is None:
            places.told.caption("It can start when all values are right: see Everything else.")
            return None
        return Search(base, space, tuple(goals), seed=base.seed, **settings)
    except LoupeError as error:
        places.told.error(plain(str(error)))
        return None


def _known(run: Run | None) -> dict[str, Start]:
    """What a search of the chosen images can begin from."""
    names, config = datasets.names(), choice.config(run)
    st.session_state.setdefault(key("dataset"), config.dataset if config and config.dataset in names else "digits")
    name = st.selectbox("Data set", names, key=key("dataset"), persist_state="session", width=220, help=DATA_HELP)
    known = {start.key: start for start in starts(datasets.summary(name), config)}
    if st.session_state.get(key("start")) not in known:
        st.session_state[key("start")] = "chosen" if "chosen" in known else next(iter(known))
    return known


def _start_from(known: dict[str, Start]) -> Start:
    picked = st.selectbox(
        "Begin with",
        list(known),
        key=key("start"),
        format_func=lambda each: known[each].label,
        persist_state="session",
        help=START_HELP,
    )
    _fill(known[picked])
    return known[picked]


def _fill(start: Start) -> None:
    """Where another start was chosen than the form was last filled with."""
    stamp = (start.key, start.config.digest)
    if st.session_state.get(key("filled")) != stamp:
        st.session_state[key("filled")] = stamp
        values = to_values(start.config)
        st.session_state.update({key(name): values[name] for name in BASE})
        st.session_state.pop(key("values_learning_rate"), None)  # its usual range follows the start's own rate
    for name, value in FIRST.items():
        st.session_state.setdefault(key(name), value)


def _base_values() -> dict[str, Any]:
    with st.container(horizontal=True):
        return {name: draw(name, key(name), width=155) for name in BASE}


def _goals() -> list[str]:
    return st.multiselect(
        "What counts",
        list(GOALS),
        key=key("goals"),
        format_func=labels.GOALS.__getitem__,
        max_selections=2,
        persist_state="session",
        placeholder="Choose one or two",
        help=GOALS_HELP,
    )


def _settings() -> dict[str, Any]:
    with st.container(horizontal=True):
        budget = {name: _number(name) for name in ("trials", "minutes", "folds")}
    with st.container(horizontal=True):
        how = {name: _choice(name) for name in CHOICES}
        _number("workers")
    return budget | how


def _number(name: str) -> Any:
    label, (low, high), text = NUMBERS[name]
    steps: dict[str, Any] = {"step": 1.0, "format": "%.3g"} if isinstance(low, float) else {}
    return st.number_input(label, low, high, key=key(name), persist_state="session", width=155, help=text, **steps)


def _choice(name: str) -> str:
    label, words, text = CHOICES[name]
    return st.selectbox(
        label, list(words), key=key(name), format_func=words.__getitem__, persist_state="session", width=270, help=text
    )


def _make_ready() -> None:
    ready = asked.READY.get(str(st.session_state.get(READY_KEY)))
    if ready:
        for name, value in {**FIRST, **ready.values, "vary": list(ready.vary)}.items():
            st.session_state[key(name)] = value


def _start(search: Search, was_asked: bool) -> None:
    if was_asked:  # here and not before the page is drawn: a number that was just typed counts
        _begin(search)
    text = "It runs in processes of its own: you may close this page."
    starting.button("Start the search", _ask, text)


def _ask() -> None:
    st.session_state[ASKED] = True


def _begin(search: Search) -> None:
    settings, who, workers = cached.settings(), owner.current(), int(st.session_state[key("workers")])
    place = where.chosen()

    def begin() -> study.Study:
        limits.check(settings, who)
        storage.refuse(settings, place)
        found = study.create(settings, search, owner=who)
        found.start(workers, place)
        return found

    try:
        found = cached.turn().once(("search", settings, search, who), begin)
    except (LoupeError, OSError) as error:
        st.error(plain(str(error)))
        return
    searches.refresh()
    picked.watch(found.name)
