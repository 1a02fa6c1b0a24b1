"""Data: what every data set looks like, and adding your own."""

import streamlit as st

from ui import cached, data_add, data_parts
from ui.errors import shown

ADD = "Add your own"

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Data", anchor=False, width="content")
    view = st.segmented_control(
        "View", ["Look", ADD], default="Look", required=True, key="data_tab", label_visibility="collapsed"
    )
if view == ADD:
    with shown():
        data_add.show()
    st.stop()

name = data_parts.choose()
with shown():
    data = cached.data_summary(name)
    data_parts.overview(data)
    data_parts.actions(data)
    if not data.ready:
        data_parts.fetch(name)
        st.stop()
    shown_view = cached.data_view(name)
    data_parts.samples(shown_view)
    st.subheader("With noise", anchor=False)
    data_parts.noise(shown_view)
