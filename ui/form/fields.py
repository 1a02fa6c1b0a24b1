"""The settings of a training as widgets: what design/declared.py says of them, drawn."""

from __future__ import annotations

from typing import Any

import streamlit as st

from vae_core.design.declared import SETTINGS


def draw(name: str, key: str, value: Any = None, **options: Any) -> Any:
    """The widget of a setting. It begins with `value`, unless the session knows better."""
    setting = SETTINGS[name]
    shown: dict[str, Any] = {"key": key, "help": setting.help, "persist_state": "session", **options}
    if setting.choices:
        st.session_state.setdefault(key, value or next(iter(setting.choices)))
        return st.selectbox(setting.label, list(setting.choices), format_func=setting.choices.__getitem__, **shown)
    st.session_state.setdefault(key, setting.kind(value or 0))
    if setting.kind is bool:
        return st.checkbox(setting.label, **shown)
    low, high, step = (setting.kind(number) for number in (*setting.bounds, setting.step))
    written = "%.6g" if setting.kind is float else None
    return st.number_input(setting.label, low, high, step=step, format=written, **shown)
