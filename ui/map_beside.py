"""The map of two numbers that is trained beside a model of more: how far it is, and the way to it."""

from __future__ import annotations

import streamlit as st

from ui import cached, choice, lasting, starting
from ui.errors import plain
from vae_core.design.config import Config
from vae_core.runs.store import Run, Summary

POLL_SECONDS = 1.0


def show(config: Config, followed: bool = False) -> None:
    """`followed`: the page looks again by itself."""
    beside = starting.map_beside(config)
    if beside:
        waits = beside.state in starting.AT_WORK and not followed
        st.fragment(_told, run_every=POLL_SECONDS if waits else None)(config, beside.state)


def expected(config: Config) -> bool:
    """Whether it is there, or will be."""
    beside = starting.map_beside(config)
    return beside is not None and beside.state in (*starting.AT_WORK, "done")


def _told(config: Config, was: str) -> None:
    beside = starting.map_beside(config)
    if beside is None or beside.state != was:
        st.rerun()
    if beside.state == "done":
        choice.way_on("explore", beside.id, "Walk on its map", ":material/map:")
    elif beside.state in starting.AT_WORK:
        st.caption(plain(f"Its own map, of two numbers: {_doing(beside)}"), width="content")
    else:
        choice.link("train", beside.id, f"Its own map: {beside.state}", ":material/map:")


def _doing(beside: Summary) -> str:
    if beside.state == "queued":
        return "trains next"
    run = Run(beside.id, cached.settings())
    left = lasting.left(run.config(), run.status())
    return f"{left} left" if left[-1:].isalpha() else "is training"
