"""How long a training takes, chosen as a time. Before it starts, the time becomes epochs of so many steps."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui import cached, words
from ui.form import beginnings
from vae_core.data.dataset import Summary
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import calibration

TIMES: dict[str | int, str] = {30: "Half a minute", 120: "Two minutes", 600: "Ten minutes"}  # by their seconds
BEST, EPOCHS = "best", "epochs"
NAMES: dict[str | int, str] = {**TIMES, BEST: "Until it stops getting better"}
HELP = (
    "How long it trains. What it has learned can be looked at meanwhile, and Stop keeps it. A time becomes a number of "
    "steps before the start, so that the same training can be repeated on any machine."
)


def choose(key: str, width: int, epochs: int) -> None:
    """`epochs`: as many as are chosen where it is not a time."""
    names = {**NAMES, EPOCHS: words.plural(epochs, "epoch")}
    st.session_state[key] = st.session_state.get(key, EPOCHS)  # anew, as its name in the browser may have changed
    st.selectbox(
        "How long",
        list(names),
        key=key,
        format_func=names.__getitem__,
        persist_state="session",
        width=width,
        help=HELP,
    )


def resolved(values: dict[str, Any], chosen: str | int, data: Summary) -> dict[str, Any]:
    """The values with epochs and steps for the time; as they are where they make no training yet."""
    if chosen == EPOCHS:
        return values
    try:
        config = beginnings.to_config(values)
    except LoupeError:
        return values
    found = _of_time(config, chosen, data)
    return {**values, **{name: getattr(found, name) for name in ("epochs", "steps", "patience", "schedule")}}


def _of_time(config: Config, chosen: str | int, data: Summary) -> Config:
    images = calibration.images(config, data)
    if isinstance(chosen, int):
        return calibration.within(cached.settings(), config, images, chosen)
    return calibration.until_best(cached.settings(), config, images)
