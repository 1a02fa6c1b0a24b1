"""What a search will cost on this machine, before it starts."""

from __future__ import annotations

import streamlit as st

from ui import cached, costs, words
from ui.tune import asked
from vae_core.data import splits
from vae_core.search.spec import Search

TRAIN_HELP = "All of it, after some seconds to start. The range is over the values that may be tried; about, {}."
ALL_HELP = "If every trial trains to its end, one after another. Ending weak trials early makes it shorter."


def show(search: Search) -> None:
    data = cached.data_summary(search.base.dataset)
    examples = asked.examples(search)
    found = [costs.seconds(config, data) for config in examples]
    least, mean, most = asked.spread([seconds for seconds, _ in found])
    guess = not all(measured for _, measured in found)
    how = "not yet measured on this machine" if guess else "measured on this machine"
    each = words.duration(mean) if most < 1.2 * least else f"{words.duration(least)} to {words.duration(most)}"
    costs.line("One training", f"about {each}", TRAIN_HELP.format(how))
    trials, trainings = asked.trials(search), asked.trainings(search)
    costs.line("Trials", f"{trials:,} at most", "Sets of values that are tried.")
    if search.folds:
        costs.line("Trainings", f"{trainings:,}", f"Each trial is trained {search.folds} times, once a fold.")
    slots = cached.settings().train_slots
    whole = mean * trainings / max(1, min(slots, int(st.session_state.get("tune_workers", 1))))
    told = words.duration(min(whole, 60 * search.minutes) if search.minutes else whole)
    costs.line("All of it", f"{told} at most" if search.minutes else f"about {told}", ALL_HELP)
    train, held_out = splits.expected(data, examples[0].split, search.base.train_size, search.base.classes)
    costs.line(
        "Images", f"{train:,} + {held_out:,}", "That train, and that validate. The test images wait for the winner."
    )
    if guess:
        costs.measure()
