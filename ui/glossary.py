"""The words of the trade in a dialog that every page can open."""

from __future__ import annotations

import streamlit as st

from vae_core.glossary import TERMS


def button() -> None:
    if st.button("What the words mean", icon=":material/menu_book:", type="tertiary"):
        _shown()


@st.dialog("What the words mean", width="medium")
def _shown() -> None:
    for part, words in TERMS.items():
        st.markdown(f"#### {part}")
        st.markdown("\n".join(f"- **{name}**: {told}" for name, told in words.items()))
