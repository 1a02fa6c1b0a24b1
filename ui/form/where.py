"""Where it trains: a choice only where the settings name a cluster beside this machine."""

from __future__ import annotations

import streamlit as st

from ui import cached
from vae_core.place import HERE

KEY, WIDTH = "train_place", 130
HELP = (
    "On this machine, or on a cluster that your settings name: there it waits for its turn. Its losses and pictures "
    "come here meanwhile."
)


def choose() -> None:
    names = [HERE, *(place.name for place in cached.settings().places)]
    if len(names) > 1:
        st.session_state[KEY] = st.session_state[KEY] if st.session_state.get(KEY) in names else HERE
        st.selectbox("Where", names, key=KEY, format_func=_told, persist_state="session", width=WIDTH, help=HELP)


def _told(name: str) -> str:
    return "This machine" if name == HERE else name


def chosen() -> str:
    return str(st.session_state.get(KEY, HERE)) if cached.settings().places else HERE
