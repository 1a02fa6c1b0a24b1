"""Component: the loss curves of several models in one chart. Drawn by the film's chart, film/chart.js."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from ui.components import bundles

_curves = st.components.v2.component("curves", js=bundles.shipped("curves"))


def show(key: str, charts: Sequence[Mapping[str, Any]]) -> None:
    _curves(key=key, data={"charts": list(charts)})
