"""What stands on a page one section at a time, so that it stays quick: a row of names, and what the chosen one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Section:
    about: str  # nothing where the picture says it
    show: Callable[..., None]
    finished: bool = True  # whether it needs what comes at the end of a training


def choose(label: str, sections: Mapping[str, Section], key: str, on_change: Callable[[], None] | None = None) -> str:
    """The name of the one that is open."""
    names = list(sections)
    name = str(
        st.segmented_control(
            label,
            names,
            default=names[0],
            required=True,
            key=key,
            on_change=on_change,
            persist_state="session",
            label_visibility="collapsed",
            wrap=False,
        )
    )
    if sections[name].about:
        st.caption(sections[name].about)
    return name
