"""The maps of all models side by side, and one cursor that drives every decoder at once."""

from __future__ import annotations

import streamlit as st

from ui import walked
from ui.compare import images
from ui.compare.side import Side
from ui.walked import Walker

TURNED = (
    "They are turned and mirrored, never scaled; the arrows show where each code's own numbers grow. A click on a map "
    "lets the wheel zoom them all; a double click shows all of them again."
)


def show(sides: list[Side]) -> None:
    images.refuse_others([side.view for side in sides])
    walked.show([Walker(side.view, side.name, side.colour) for side in sides])
    st.caption("The maps are turned to lie alike.", help=TURNED)
