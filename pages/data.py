"""Data: what every data set looks like, and adding your own."""

import streamlit as st

from ui import cached, frame
from ui.data import add, browse
from ui.errors import shown

frame.ensure()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Data", anchor=False, width="content")
    view = browse.view()
if view == browse.ADD:
    with shown():
        add.show()
    st.stop()

name = browse.choose()
with shown():
    data = cached.data_summary(name)
    browse.overview(data)
    browse.actions(data)
    if not data.ready:
        browse.fetch(name)
        st.stop()
    images = cached.data_view(name)
    browse.samples(images)
    st.subheader("With noise", anchor=False)
    browse.noise(images)
