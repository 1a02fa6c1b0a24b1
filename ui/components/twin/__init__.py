"""Component: the maps of two to four models side by side, one cursor that drives all of them. See twin.js.

It says nothing to the server. While `window.loupeMeasure` is a list, every step of the cursor is added to it, with its
times in milliseconds: {event, began, decoded_ms, drawn, picture}, the last one when all pictures were drawn.
"""

from __future__ import annotations

import streamlit as st

from ui.components.plane import module

SCRIPTS = (
    "../twin/twin.css", "../tools.js", "network.js", "decoder.js", "points.js", "codes.js", "view.js", "splat.js",
    "ground.js", "panel.js", "legend.js", "../twin/company.js", "../twin/anchors.js", "../twin/map.js",
    "../twin/hand.js", "../twin/twin.js",
)  # fmt: skip

_twin = st.components.v2.component("twin", js=module.shipped(SCRIPTS))


def show(key: str, data: bytes) -> None:
    _twin(key=key, data=data)
