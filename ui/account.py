"""Who is signed in, and what belongs to them. Without the setting `sign_in` there are no accounts, and all may do all.

What an account is comes from Streamlit's signed cookie; nothing that a page is sent can change it."""

from __future__ import annotations

import streamlit as st

from ui import cached
from ui.errors import show, shown
from vae_core import extras
from vae_core.errors import LoupeError
from vae_core.settings import LOCAL

LONGEST = 200
EMAIL = "email"
WELCOME = "The models here belong to the people who trained them. Sign in to look at them and to train your own."
MISSING = "The section [auth] of .streamlit/secrets.toml is missing or wrong"


def ensure() -> None:
    """Let nobody on who has not signed in, where that is asked for."""
    if not cached.settings().sign_in or name():
        return
    with st.container(horizontal_alignment="center", gap="small"):
        st.title("Latent Loupe", anchor=False, width="content")
        with shown():
            _unknown() if _is_signed_in() else _ask()
    st.stop()


def name() -> str:
    """The account of who is signed in; empty where nobody is, or where it says too little."""
    claim = cached.settings().sign_in
    found = st.user.get(claim) if claim and _is_signed_in() else None
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST or found != found.strip() or not found.isprintable():
        return ""
    if claim == EMAIL and str(st.user.get("email_verified")).lower() == "false":  # anybody could have written it
        return ""
    return found


def is_teacher() -> bool:
    return name() in cached.settings().named_teachers


def may(owner: str) -> bool:
    """Whether whoever asks may act on what this account owns. What nobody owns is left to teachers."""
    who = name()
    return not cached.settings().sign_in or (bool(who) and (who == owner or is_teacher()))


def is_open() -> bool:
    """Whether others can come here from elsewhere, and all of them may do all."""
    where = cached.settings()
    return not where.sign_in and where.host not in LOCAL


def line() -> None:
    """Who is signed in, in the sidebar, and the way out."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text(f"{name()}{', teacher' if is_teacher() else ''}", width="content")  # a caption would make a link of it
        st.button("Sign out", type="tertiary", on_click=st.logout)


def _is_signed_in() -> bool:
    return bool(getattr(st.user, "is_logged_in", False))


def _ask() -> None:
    extras.need("login")
    st.caption(WELCOME, text_alignment="center")
    if st.button("Sign in", type="primary", icon=":material/login:"):
        try:
            st.login()
        except st.errors.StreamlitAuthError as error:
            raise LoupeError(MISSING, str(error).split("\n")[0], "See docs/security.md") from None


def _unknown() -> None:
    claim = cached.settings().sign_in
    show(LoupeError(f"This account has no {claim} that can be trusted", fix="Sign in with another account"))
    st.button("Sign out", on_click=st.logout)
