"""A new search: what to begin from, what may vary, what is to become small, and what it may cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from ui import cached, costs, owner, words
from ui.errors import plain
from ui.starts import Start, starts
from ui.tune import ranges
from vae_core.data import splits
from vae_core.data.dataset import Summary
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.search import study as studies
from vae_core.search.spec import GOALS, Search
from vae_core.spec.config import Config

ASKED = "tune_asked"
GOAL_LABELS = {
    "loss": "Loss", "elbo": "Reconstruction + KL", "reconstruction": "Reconstruction", "kl": "KL",
    "parameters": "Parameters",
}  # fmt: skip
FOLDS = {0: "One split, the usual fifth", 3: "3 folds", 5: "5 folds", 10: "10 folds"}
SAMPLERS = {"tpe": "Learn from the trials so far", "random": "At random", "grid": "Every combination"}
PRUNERS = {"median": "When worse than most", "hyperband": "In rounds (Hyperband)", "none": "Never"}
FOLDS_HELP = (
    "With folds, each trial trains once for every fold of the images and is judged by the mean: slower, and less a "
    "matter of luck. Classes are in equal shares, images of one group stay together."
)
SAMPLER_HELP = (
    "Learning from earlier trials (TPE) finds good values with fewer of them; at random is fair; every combination "
    "takes five values of each range."
)
PRUNER_HELP = "A trial that falls behind is ended early, which leaves time for better ones."
GOAL_HELP = "On validation images; the test images are looked at once, by the winner. With two goals: " + "; ".join(
    f"{GOAL_LABELS[name].lower()}: {text}" for name, text in GOALS.items()
)


def show(run: Run | None) -> str | None:
    """The name of the search that was just begun."""
    asked = st.session_state.pop(ASKED, False)
    form, side = st.columns([5, 2], gap="medium")
    with form:
        data, settings = base(run)
        varied = ranges.choose(settings)
        values = _how()
    try:
        search = Search(settings, tuple(varied), **values)
    except LoupeError as error:
        with side, st.container(border=True):
            st.button("Start the search", disabled=True, type="primary", width="stretch")
            st.caption(plain(str(error)))
        return None
    with side, st.container(border=True, gap="xsmall"):
        _cost(search, data)
        st.button(
            "Start the search", type="primary", icon=":material/play_arrow:", on_click=_ask, width="stretch",
            help="It runs in processes of its own: you may close this page.",
        )  # fmt: skip
        return _begin(search) if asked else None


def _ask() -> None:
    st.session_state[ASKED] = True


def _begin(search: Search) -> str:
    found = studies.create(cached.settings(), search, owner=owner.current())
    found.start()
    cached.refresh()
    return found.name


def base(run: Run | None) -> tuple[Summary, Config]:
    """The data set, and the settings that all trials share."""
    names = cached.data_names()
    chosen = _config(run)
    left, right = st.columns(2)
    first = names.index(chosen.dataset) if chosen and chosen.dataset in names else names.index("digits")
    data = cached.data_summary(left.selectbox("Data set", names, index=first, help="What the models learn from."))
    known: dict[str, Start] = {start.key: start for start in starts(data, chosen)}
    keys = list(known)
    own = keys.index("chosen") if "chosen" in keys else 0
    start = known[right.selectbox("Begin from", keys, index=own, format_func=lambda key: known[key].label,
                                  help="All settings that do not vary stay as they are there.")]  # fmt: skip
    st.caption(start.note)
    stamp = start.config.digest
    a, b = st.columns(2)
    epochs = a.number_input("Epochs of a trial", 1, 10_000, start.config.epochs, key=f"tune_epochs_{stamp}",
                            help="Few are enough to tell good settings from bad ones.")  # fmt: skip
    size = b.number_input("Images, 0 = all", 0, 100_000_000, start.config.train_size, step=1000,
                          key=f"tune_size_{stamp}", help="To train and validate with.")  # fmt: skip
    split = "shuffled" if start.config.split == "test" else start.config.split
    return data, replace(start.config, epochs=int(epochs), train_size=int(size), split=split)


def _config(run: Run | None) -> Config | None:
    try:
        return run.config() if run else None
    except (LoupeError, OSError):
        return None


def _how() -> dict[str, Any]:
    goals = st.multiselect("Make small", list(GOALS), default=["loss"], key="tune_goals", max_selections=2,
                           format_func=lambda key: GOAL_LABELS[key], help=GOAL_HELP)  # fmt: skip
    a, b, c = st.columns(3)
    folds = _pick(a, "Judged by", FOLDS, "tune_folds", FOLDS_HELP)
    sampler = _pick(b, "Values are chosen", SAMPLERS, "tune_sampler", SAMPLER_HELP)
    pruner = _pick(c, "A trial ends early", PRUNERS, "tune_pruner", PRUNER_HELP)
    d, e, _ = st.columns(3)
    trials = d.number_input("Trials", 1, 10_000, 20, key="tune_trials", help="At most so many.")
    minutes = e.number_input("Minutes, 0 = no limit", 0.0, 43_200.0, 0.0, step=1.0, key="tune_minutes",
                             help="The search ends then, with the best that it has found.")  # fmt: skip
    return {"goals": tuple(goals), "folds": int(folds), "sampler": sampler, "pruner": pruner, "trials": int(trials),
            "minutes": float(minutes)}  # fmt: skip


def _pick(place: Any, label: str, options: dict[Any, str], key: str, text: str) -> Any:
    return place.selectbox(label, list(options), key=key, format_func=lambda each: options[each], help=text)


def _cost(search: Search, data: Summary) -> None:
    config = search.configs({})[0]
    train, held_out = splits.expected(data, config.split, config.train_size, config.classes)
    seconds, measured = costs.seconds_an_epoch(config, train, held_out)
    trial = seconds * config.epochs * search.runs_a_trial
    whole = min(trial * search.trials, 60 * search.minutes or float("inf"))
    how = "measured on this machine" if measured else "not yet measured on this machine"
    costs.line(
        "A trial", f"about {words.duration(trial)}", f"All its epochs and folds; {how}. Wide models take longer."
    )
    costs.line("The search", f"up to {words.duration(whole)}", "Trials that end early make it shorter.")
    costs.line("Trainings", f"{search.trials * search.runs_a_trial:,}", "One for each fold of each trial.")
