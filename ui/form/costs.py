"""What a training will cost on this machine, before it starts."""

from __future__ import annotations

import subprocess
import sys

import streamlit as st

from ui import cached, lasting, words
from ui.errors import plain
from vae_core.data.dataset import Summary
from vae_core.design import cost
from vae_core.design.config import Config
from vae_core.runs import calibration
from vae_core.settings import PROJECT

MEASURING = "train_measuring"  # the process that measures this machine
BASES = {True: "measured on this machine", False: "a guess: this machine is not yet measured"}


def show(config: Config, data: Summary) -> None:
    architecture, images = config.architecture(), calibration.images(config, data)
    parts = lasting.foretold(config, data)
    based = BASES[parts.measured]
    whole = f"All of it, with the start, the test at the end and all that is kept; {based}."
    line(words.plural(config.epochs, "epoch").capitalize(), words.span(parts.whole), whole)
    line("An epoch", words.span(parts.epoch), f"All training images once, then a look at others; {based}.")
    if not parts.measured:
        measure()
    steps = f"{images.train:,} images in batches of {config.batch}; {images.held_out:,} images validate."
    line("Steps an epoch", f"{parts.steps:,}", steps)
    line("Parameters", f"{architecture.counts['total']:,}", words.PARAMETERS_HELP)
    memory = cost.memory(architecture, config, images.train + images.held_out)
    line("Memory", f"about {memory / 1e9:.1f} GB", "Of the training process at its peak, roughly.")


def briefly(config: Config, data: Summary) -> str:
    return f"With start and end it takes {words.span(lasting.foretold(config, data).whole)}."


def line(label: str, value: str, text: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        st.markdown(label, width="content", help=text)
        st.markdown(f"**{value}**", width="content")


def measure() -> None:
    """Offer to measure; while that goes on, look every second whether the real numbers are there."""
    process: subprocess.Popen[bytes] | None = st.session_state.get(MEASURING)
    if process is None:
        st.button(
            "Measure this machine",
            on_click=_begin,
            type="tertiary",
            icon=":material/speed:",
            help="Some minutes, once: trains tiny networks in a process of its own.",
        )
    else:
        st.fragment(_wait, run_every=1.0)(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        said = calibration.said(cached.settings())
        st.caption(f"Measuring this machine: {plain(said)} The rest of the page can be used.")
    elif calibration.load(cached.settings()):
        del st.session_state[MEASURING]
        st.rerun()
    else:
        st.caption("This machine could not be measured; the times stay a guess.")


def _begin() -> None:
    command = [sys.executable, "-m", "vae_core", "calibrate"]
    with calibration.log(cached.settings()).open("wb") as output:
        st.session_state[MEASURING] = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
