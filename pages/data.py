"""Data: what every data set looks like, and adding your own."""

import streamlit as st

from ui import frame
from ui.cached import datasets
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
    data = datasets.summary(name)
    browse.overview(data)
    browse.actions(data)
    if not data.ready:
        browse.fetch(name)
        st.stop()
    images = datasets.view(name)
    browse.samples(images)
    st.subheader("With noise", anchor=False)
    browse.noise(images)
