"""Compare: models beside each other, and what may be claimed of a difference between them."""

import streamlit as st

from ui import compare, frame
from ui.compare import picker, reports
from ui.errors import shown

frame.ensure()
VIEWS = ("Runs", "The five reports")

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Compare", anchor=False, width="content")
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], key="compare_view", required=True, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
with shown():
    if view == VIEWS[0]:
        compare.show(picker.runs())
    else:
        reports.show()
