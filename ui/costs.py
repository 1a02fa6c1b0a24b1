"""What a training will cost on this machine, before it starts."""

from __future__ import annotations

import subprocess
import sys

import streamlit as st

from ui import cached, words
from vae_core.data import splits
from vae_core.data.dataset import Summary
from vae_core.runs import calibration
from vae_core.settings import PROJECT
from vae_core.spec import cost
from vae_core.spec.config import Config

MEASURING = "train_measuring"  # the process that measures this machine
# Of a laptop with two cores: for a first guess, until this machine is measured.
GUESS = cost.Calibration(
    step=1e-4,
    layer=6e-5,
    convolution=3e-11,
    narrow=1.5e-10,
    dense=3e-11,
    element=1.5e-9,
    random=5e-9,
    parameter=4e-9,
)


def show(config: Config, data: Summary) -> None:
    architecture = config.architecture()
    train, held_out = splits.expected(data, config.split, config.train_size, config.classes)
    epoch, measured = seconds_an_epoch(config, train, held_out)
    guess = not measured
    about = "about, not yet measured on this machine" if guess else "measured on this machine"
    line(
        words.plural(config.epochs, "epoch").capitalize(),
        f"about {words.duration(epoch * config.epochs)}",
        f"All of it, after some seconds to start; {about}.",
    )
    line("An epoch", f"about {words.duration(epoch)}", f"All training images once; {about}.")
    if guess:
        measure()
    line(
        "Steps an epoch",
        f"{-(-train // config.batch):,}",
        f"{train:,} images in batches of {config.batch}; {held_out:,} images validate.",
    )
    line("Parameters", f"{architecture.counts['total']:,}", words.PARAMETERS_HELP)
    memory = cost.memory(architecture, config, train + held_out)
    line("Memory", f"about {memory / 1e9:.1f} GB", "Of the training process at its peak, roughly.")


def seconds_an_epoch(config: Config, train: int, held_out: int) -> tuple[float, bool]:
    """As predicted for this machine, and whether it was ever measured."""
    seconds = calibration.seconds_an_epoch(cached.settings(), config, train, held_out)
    if seconds is not None:
        return seconds, True
    return cost.seconds_an_epoch(config.architecture(), config, train, GUESS, held_out), False


def seconds(config: Config, data: Summary) -> tuple[float, bool]:
    """Of the whole training, and whether this machine was ever measured."""
    train, held_out = splits.expected(data, config.split, config.train_size, config.classes)
    epoch, measured = seconds_an_epoch(config, train, held_out)
    return config.epochs * epoch, measured


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
            help="About a minute, once: trains a few tiny networks in a process of its own.",
        )
    else:
        st.fragment(_wait, run_every=1.0)(process)


def _wait(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        st.caption("Measuring this machine, for about a minute. The rest of the page can be used.")
    elif calibration.load(cached.settings()):
        del st.session_state[MEASURING]
        st.rerun()
    else:
        st.caption("This machine could not be measured; the times stay a guess.")


def _begin() -> None:
    command = [sys.executable, "-m", "vae_core", "calibrate"]
    st.session_state[MEASURING] = subprocess.Popen(
        command,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
