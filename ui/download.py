"""The button that hands over a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

ICON = ":material/download:"
TYPES = {
    "csv": "text/csv",
    "gif": "image/gif",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "json": "application/json",
    "keras": "application/octet-stream",
    "png": "image/png",
    "py": "text/x-python",
    "webp": "image/webp",
    "zip": "application/zip",
}
Data = str | bytes | Callable[[], str | bytes]  # what is made at the click is a function


def button(label: str, data: Data, name: str, text: str = "", *, icon: str | None = ICON, **options: Any) -> None:
    """The page is not drawn again for it. `text` says what the file `name` holds."""
    kind = TYPES[name.rpartition(".")[2]]
    st.download_button(label, data, name, kind, on_click="ignore", icon=icon, help=text or None, **options)
