"""Of thousands of runs the few that a list offers: a browser gets no more, and the others are searched for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from vae_core.runs.store import Summary

MOST = 200


def holds(run: Summary, text: str) -> bool:
    """Whether all words of the text occur in what is known of the run."""
    place = " ".join((run.id, run.name, run.dataset, run.kind, run.recipe, run.note, run.owner)).casefold()
    return all(word in place for word in text.casefold().split())


def among(runs: Sequence[Summary], kept: Collection[str], key: str) -> list[Summary]:
    """All, where they are few. Of many the first that are searched for, and those to be `kept`."""
    if len(runs) <= MOST:
        return list(runs)
    text = st.text_input(
        "Search the runs",
        key=key,
        type="search",
        placeholder=f"Search {len(runs):,} runs",
        label_visibility="collapsed",
        persist_state="session",
    )
    found = [run for run in runs if holds(run, str(text or ""))]
    if not found:
        st.caption("No run fits.")
    first = found[:MOST]
    shown = {run.id for run in first}
    return first + [run for run in runs if run.id in kept and run.id not in shown]
