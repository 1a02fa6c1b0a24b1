"""Whose runs are whose: the account of who is signed in, else a name that was typed once and is kept in the browser.

A typed name is a label and no lock; account.py knows what an account may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import streamlit as st

from ui import account
from ui.errors import plain

COOKIE = "loupe_owner"
KEY = "owner"
LONGEST = 40
# Streamlit reads cookies but cannot write them.
WRITE = """
export default ({ data }) => {
  document.cookie = `loupe_owner=${data}; max-age=31536000; path=/; samesite=lax`
}
"""
_write_cookie = st.components.v2.component("owner_cookie", js=WRITE)


def current() -> str:
    """The name that runs started now will bear; empty where nobody gave one."""
    return account.name() or _typed()


def ask() -> None:
    """A field for the name, in the sidebar."""
    if account.name():
        account.line()
        return
    st.session_state.setdefault("owner_field", _typed())
    st.text_input(
        "Your name",
        key="owner_field",
        max_chars=LONGEST,
        placeholder="Not given",
        on_change=_keep,
        help="Runs that you start bear it, so that you can find yours among others'. It is kept in this browser.",
    )
    if st.session_state.get("owner_changed"):
        _write_cookie(key="owner_cookie", data=quote(_typed()), height=0)


def is_other(owner: str) -> bool:
    """Whether something belongs to somebody else: what has no owner belongs to all."""
    return bool(owner) and owner != current()


def stop_button(what: str, owner: str, asked: bool, text: str, stop: Callable[[], None]) -> None:
    """It stops a training or a search; where that is somebody else's, only after it has said so."""
    label, icon = "Stopping" if asked else "Stop", ":material/stop:"
    if not account.may(owner):
        whose = f"who started it, {plain(owner)}, and " if owner else ""
        st.button(label, icon=icon, disabled=True, help=f"It is stopped by {whose}teachers.")
        return
    if asked or not is_other(owner):
        st.button(label, icon=icon, disabled=asked, help=text, on_click=stop)
        return
    with st.popover(label, icon=icon, help=text):
        st.write(f"This {what} belongs to {plain(owner)}.")
        st.button("Stop it all the same", on_click=stop)


def clean(name: str) -> str:
    """One line of visible characters."""
    return " ".join(re.sub(r"[^\w\s.,@'&+()-]", "", name).split())[:LONGEST].strip()


def _typed() -> str:
    if KEY not in st.session_state:
        st.session_state[KEY] = clean(unquote(st.context.cookies.to_dict().get(COOKIE, "")))
    return str(st.session_state[KEY])


def _keep() -> None:
    st.session_state[KEY] = clean(st.session_state.owner_field)
    st.session_state.owner_changed = True
    st.session_state.owner_field = st.session_state[KEY]
