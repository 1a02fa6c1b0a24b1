"""Component: the loss curves of several models in one chart. Drawn by the film's chart, film/chart.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
FILM = HERE.parent / "film"
SCRIPTS = (HERE.parent / "tools.js", FILM / "chart.js", HERE / "curves.js")  # one module, in this order

_curves = st.components.v2.component(
    "curves",
    css=(FILM / "film.css").read_text("utf-8"),
    js="\n".join(path.read_text("utf-8") for path in SCRIPTS),
)


def show(key: str, charts: Sequence[Mapping[str, Any]]) -> None:
    _curves(key=key, data={"charts": list(charts)})
