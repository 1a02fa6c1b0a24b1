"""Pages whose turn has not come: what will be there in one sentence, and where to go now."""

from __future__ import annotations

import streamlit as st

from ui import choice


def show(title: str, sentence: str, links: dict[str, str]) -> None:
    """`links` are pages with what each of them shows already."""
    st.title(title, anchor=False)
    st.markdown(sentence)
    run = choice.chosen_run()
    carried = {choice.PARAMETER: run.id} if run else None
    for page, label in links.items():
        st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:", query_params=carried)
