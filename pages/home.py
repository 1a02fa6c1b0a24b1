"""Home: a map to walk on at once, three doors, and every run as a card or as a row of a table."""

import streamlit as st

from ui import cached, frame
from ui.errors import shown
from ui.home import cards, table, welcome

frame.ensure()
runs = cached.runs()
welcome.show(runs)
frame.watch(runs)
if not runs:
    welcome.along()
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.subheader("Runs", width="content", help="Every model that was trained here, or is being trained.")
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.page_link("pages/train.py", label="New training", icon=":material/add:")
        welcome.importer()
        view = st.segmented_control(
            "View", ["Cards", "Table"], default="Cards", required=True, key="home_view", label_visibility="collapsed"
        )
welcome.open_to_all()
found = cards.filters(runs)
if not found:
    st.info("No run fits these filters.", icon=":material/filter_alt_off:")
with shown():
    if found and view == "Cards":
        cards.grid(found)
    elif found:
        table.table(found)
welcome.along()
