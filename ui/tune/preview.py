"""What a search will cost on this machine, before it starts."""

from __future__ import annotations

import streamlit as st

from ui import cached, words
from ui.cached import datasets
from ui.form import costs
from ui.tune import labels
from vae_core.runs import calibration
from vae_core.search import expected
from vae_core.search.expected import Expected
from vae_core.search.wanted import Search

TRIAL_HELP = "From its first epoch to its last{}. The range is also over the values that may be tried; {}."
ALL_HELP = (
    "With the start and the winner's test, if every trial trains to its end. Ending weak trials early saves some."
)


def briefly(search: Search) -> str:
    varied = " and ".join(labels.setting(each.name).lower() for each in search.space)
    trials = f"{expected.trials(search):,} trials at most, each with a {varied} of its own"
    return f"{trials}. They take {words.span(_found(search).whole)}."


def _found(search: Search) -> Expected:
    workers = int(st.session_state.get("tune_workers", 1))
    return expected.expected(cached.settings(), search, datasets.summary(search.base.dataset), workers)


def show(search: Search) -> None:
    data, found = datasets.summary(search.base.dataset), _found(search)
    folds = f", over {search.folds} folds" if search.folds else ""
    costs.line("One trial", words.span(found.trial), TRIAL_HELP.format(folds, costs.BASES[found.measured]))
    costs.line("Trials", f"{expected.trials(search):,} at most", "Sets of values that are tried.")
    if search.folds:
        trainings = f"{expected.trainings(search):,}"
        costs.line("Trainings", trainings, f"Each trial is trained {search.folds} times, once a fold.")
    costs.line("All of it", words.span(found.whole), ALL_HELP)
    images = calibration.images(expected.examples(search)[0], data)
    costs.line(
        "Images",
        f"{images.train:,} + {images.held_out:,}",
        "That train, and that validate. The test images wait for the winner.",
    )
    if not found.measured:
        costs.measure()
