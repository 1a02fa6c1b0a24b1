"""Compare: models beside each other. Not built yet, but the ticked runs are shown."""

import streamlit as st

from ui import choice, explore_parts, frame, placeholder
from ui.errors import shown

frame.ensure()
placeholder.show(
    "Compare",
    "Two models will stand here side by side under one cursor. For now: the runs that you ticked, each with its codes.",
    {"home": "Tick runs in the table on Home", "explore": "One run at a time is on Explore"},
)
runs = choice.compared_runs()
if not runs:
    st.info("No runs are ticked.", icon=":material/check_box:")
    st.stop()
with st.grid("auto", min_column_width=320) as cells:
    for run in runs:
        with cells.cell(), shown():
            explore_parts.side(run)
