"""The frame of every page. `streamlit run app.py` starts it."""

import streamlit as st

from ui import cached, frame

page = frame.begin()
with st.sidebar:
    frame.sidebar()
try:
    page.run()
finally:  # a page with nothing to show stops early
    cached.prepare()
    cached.tidy()
