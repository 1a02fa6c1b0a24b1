"""The frame of every page, and the server around them. `streamlit run app.py` starts both."""

import streamlit as st

if __name__ == "__main__":  # Streamlit runs this file for each look at a page
    from ui import cached, frame

    page = frame.begin()
    with st.sidebar:
        frame.sidebar()
    try:
        page.run()
    finally:  # a page with nothing to show stops early
        cached.prepare()
        cached.tidy()
else:  # and imports it once, when it begins to serve
    from ui.serving import door

    app = st.App(__file__, **door.around())
