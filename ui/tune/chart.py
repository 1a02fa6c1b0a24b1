"""How the charts of a search stand on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 340
MARGIN = {"l": 10, "r": 10, "t": 30, "b": 10}
LEGEND = {"orientation": "h", "y": 1.12}  # above the chart
LAYOUT: dict[str, Any] = {"height": HEIGHT, "margin": MARGIN, "legend": LEGEND}


def show(figure: go.Figure, key: str) -> None:
    st.plotly_chart(figure, key=key, config={"displaylogo": False})
