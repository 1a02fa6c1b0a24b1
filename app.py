"""The page, for now: what will stand here, the runs on this machine, and the commands that make more."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from vae_core import settings
from vae_core.errors import LoupeError
from vae_core.runs import store

COMMANDS = """\
python -m vae_core recipes                              # the systems that are built in
python -m vae_core train --dataset digits --epochs 20   # a first map of codes, in under a minute
python -m vae_core list                                 # what was trained
python -m vae_core evaluate RUN                         # beside simple baselines
python -m vae_core grid RUN --out plane.png             # the latent plane, decoded
"""
COLUMNS = ("id", "state", "dataset", "kind", "parameters", "best_nats_per_pixel", "seconds", "error")


def show_runs() -> None:
    try:
        runs = store.list_runs(settings.load())
    except LoupeError as error:
        st.error(str(error))
        return
    if not runs:
        st.info("No runs yet. The second command below trains one.")
        return
    st.dataframe([{name: asdict(run)[name] for name in COLUMNS} for run in runs], hide_index=True)


st.set_page_config("Latent Loupe", layout="wide")
st.title("Latent Loupe")
st.write(
    "Here you will train small autoencoders and walk through what they learned with one finger on the map of their "
    "codes; so far the core works from a terminal, and this page lists its runs."
)
st.subheader("Runs")
show_runs()
st.subheader("In a terminal")
st.code(COMMANDS, language="bash")
