"""How many seeds of one config are trained: the number beside the button, what is there already, mean and spread."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import cached, choice, words
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.runs import arms
from vae_core.runs.arms import Arm

KEY = "train_seeds"
HELP = (
    "A seed decides what is random in a training: the first weights, the order of the images. Several trainings that "
    "differ in nothing else show how much of a result is luck. Three or more can be compared on Compare."
)


def ask() -> int:
    return int(st.number_input("Seeds", 1, arms.MOST, 1, key=KEY, help=HELP))


def offer(config: Config, count: int, begin: Callable[[], None], told: DeltaGenerator) -> None:
    """The button for what is missing; what is there is told in a place of its own."""
    arm = arms.find(cached.settings(), config, lines=cached.runs())
    missing = max(0, count - len(arm.done) - len(arm.waiting))
    text = f"Train {words.plural(missing, 'seed')}" if missing else "All of them are there"
    st.button(
        text,
        type="primary",
        icon=":material/casino:",
        disabled=not missing,
        on_click=begin,
        help="Each is a run of its own. Here they train one after the other.",
    )
    with told:
        if arm.waiting:
            st.caption(f"{words.plural(len(arm.waiting), 'seed')} on the way.")
        _reached(config, arm)


def _reached(config: Config, arm: Arm) -> None:
    """What the finished ones are worth together."""
    lines = [line for run in arm.done if (line := cached.find(run.id))]
    losses = [line.best_nats_per_pixel for line in lines if line.best_nats_per_pixel is not None]
    if losses:
        told = f"{arms.told(arms.spread(losses))} {naming.unit(config, naming.PIXEL)}"
        st.caption(f"Best loss so far: {told}.", help=naming.LOSS_HELP)
    if len(lines) > 1:
        pair = {choice.COMPARED: ",".join(line.id for line in lines[: choice.MOST_COMPARED])}
        st.page_link("pages/compare.py", label="Compare them", icon=":material/compare:", query_params=pair)
