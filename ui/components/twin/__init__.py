"""Component: the maps of two to four models side by side, one cursor that drives all of them. See twin.js.

It says nothing to the server. While `window.loupeMeasure` is a list, every step of the cursor is added to it, with its
times in milliseconds: {event, began, decoded_ms, drawn, picture}, the last one when all pictures were drawn.
"""

from __future__ import annotations

import streamlit as st

from ui.components import bundles

_twin = st.components.v2.component("twin", js=bundles.shipped("twin"))


def show(key: str, data: bytes) -> None:
    _twin(key=key, data=data)
