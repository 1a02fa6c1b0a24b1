"""Component: a drawing in the colours of the page. Streamlit's own HTML takes no SVG, and as an image it would not know
whether the page is light or dark."""

from __future__ import annotations

import streamlit as st

_drawn = st.components.v2.component(
    "drawn",
    css="""
.drawn { color: var(--st-text-color); max-width: 640px; overflow-x: auto; }
.drawn svg { display: block; }
.drawn svg[width="640"] { min-width: 440px; }""",
    js="""export default function ({ parentElement, data }) {
  let box = parentElement.querySelector(".drawn");
  if (!box) {
    box = document.createElement("div");
    box.className = "drawn";
    parentElement.append(box);
  }
  if (box.innerHTML !== data) box.innerHTML = data;
}""",
)


def show(key: str, svg: str) -> None:
    """What `vae_core.look.drawing` made: its texts are escaped there."""
    _drawn(key=key, data=svg)
