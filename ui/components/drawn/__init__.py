"""Component: a drawing in the colours of the page. Streamlit's own HTML takes no SVG, and as an image it would not know
whether the page is light or dark."""

from __future__ import annotations

import streamlit as st

from ui.components import bundles

_drawn = st.components.v2.component("drawn", js=bundles.shipped("drawn"))


def show(key: str, svg: str) -> None:
    """What `vae_core.look.drawing` made: its texts are escaped there."""
    _drawn(key=key, data=svg)
