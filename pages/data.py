"""Data: what every data set looks like, and adding your own."""

import streamlit as st

from ui import frame
from ui.cached import datasets
from ui.data import actions, add, browse, look, told
from ui.errors import shown

frame.ensure()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    frame.heading("Data")
    view = browse.view()
if view == browse.ADD:
    with shown():
        add.show()
    st.stop()

name = browse.choose()
with shown():
    preview = look.opened(name)
    if preview:
        look.show(preview)
        st.stop()
    data = datasets.summary(name)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        browse.head(data)
        actions.show(data)
    if not data.ready:
        browse.facts(data)
        browse.fetch(name)
        st.stop()
    images = datasets.view(name)
    browse.samples(images)
    browse.facts(data)
    told.warnings(data, actions.repair(data))
    told.done(data)
    actions.disk(data)
    st.subheader("With noise", anchor=False)
    browse.noise(images)
