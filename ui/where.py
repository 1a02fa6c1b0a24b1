"""Where it works: a choice only where the settings name a cluster beside this machine."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui import cached
from vae_core.place import HERE

KEY, WIDTH = "place", 130
HELP = (
    "On this machine, or on a cluster that your settings name: there it waits for its turn. Its losses and pictures "
    "come here meanwhile."
)


def choose(on: str) -> str:
    """`on`: what it is for; a page may ask more than once. What was chosen last is chosen everywhere."""
    if len(_names()) > 1:
        key = f"{KEY}_{on}"
        st.session_state[key] = chosen()
        keep = partial(_keep, key)
        st.selectbox("Where", _names(), key=key, format_func=_told, width=WIDTH, help=HELP, on_change=keep)
    return chosen()


def chosen() -> str:
    kept = str(st.session_state.get(KEY, HERE))
    return kept if kept in _names() else HERE


def _keep(key: str) -> None:
    st.session_state[KEY] = st.session_state[key]


def _names() -> list[str]:
    return [HERE, *(place.name for place in cached.settings().places)]


def _told(name: str) -> str:
    return "This machine" if name == HERE else name
