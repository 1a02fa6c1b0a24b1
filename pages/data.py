"""Data: what every data set looks like, and adding your own."""

import streamlit as st

from ui import cached, data_add, data_parts, frame
from ui.errors import shown

frame.ensure()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Data", anchor=False, width="content")
    view = data_parts.view()
if view == data_parts.ADD:
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
    images = cached.data_view(name)
    data_parts.samples(images)
    st.subheader("With noise", anchor=False)
    data_parts.noise(images)
