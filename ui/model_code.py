"""A run's model as a program of its own, in a drawer that costs nothing while it is shut."""

from __future__ import annotations

import json

import streamlit as st

from vae_core.spec import naming
from vae_core.spec.config import Config


def drawer(config: Config) -> None:
    found = st.expander("The code of this model", key="model_code", on_change="rerun", icon=":material/code:")
    if found.open:
        with found:
            _show(config)


def _show(config: Config) -> None:
    from vae_core.spec import keras_code

    script = keras_code.script(config)
    notebook = json.dumps(keras_code.notebook(config), indent=1)
    with st.container(horizontal=True):
        st.download_button("Python script", script, f"{config.id}.py", "text/x-python", on_click="ignore")
        st.download_button("Notebook", notebook, f"{config.id}.ipynb", "application/x-ipynb+json", on_click="ignore")
    kind = naming.kind(config)
    st.caption(f"Trains this {kind} on its own, with seed {config.seed}. It needs TensorFlow, numpy and matplotlib.")
    st.code(script, language="python", height=420)
