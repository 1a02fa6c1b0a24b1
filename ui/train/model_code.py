"""A run's model as a program of its own, in a drawer that costs nothing while it is shut."""

from __future__ import annotations

import json
from functools import partial

import streamlit as st

from ui import download, owner, words
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

SHORT_HELP = "Training by Keras' own compile and fit: less to read. The program says what differs from the exact one."
EXECUTED = (
    "A notebook can also be run here, so that it holds what its cells print and draw. That trains the model once "
    "more{}: it is meant for small settings."
)
EXECUTED_HELP = "With the summary, the losses, the map and the decoded plane in it."


def drawer(config: Config, run: Run | None = None) -> None:
    """`run`: one that has ended, whose notebook can be run too."""
    found = st.expander("The code of this model", key="model_code", on_change="rerun", icon=":material/code:")
    if found.open:
        with found:
            _show(config, run)


def _show(config: Config, run: Run | None) -> None:
    from vae_core.design import keras_code

    short = st.toggle("Short form", key="model_code_short", help=SHORT_HELP)
    script = keras_code.script(config, short)
    name = f"{config.id}-short" if short else config.id
    with st.container(horizontal=True):
        download.button("Python script", script, f"{name}.py", icon=None)
        notebook = json.dumps(keras_code.notebook(config, short), indent=1)
        download.button("Notebook", notebook, f"{name}.ipynb", icon=None)
    kind = naming.kind(config)
    st.caption(f"Trains this {kind} on its own, with seed {config.seed}. It needs TensorFlow, numpy and matplotlib.")
    if run:
        _executed(run, config, short, name)
    st.code(script, language="python", height=420)


def _executed(run: Run, config: Config, short: bool, name: str) -> None:
    """The task that runs the cells: its button, how far it is, and what came of it."""
    from ui.judge import working  # which comes from a page that shows this drawer itself
    from vae_core.share import executed

    task = working.known(run, executed.KIND, executed.spec(config, short))
    if task is None:
        seconds = run.status()["seconds"]
        st.caption(EXECUTED.format(f", which took {words.duration(seconds)}" if seconds else ""))
    if working.done(task, "Run the notebook", partial(executed.begin, run, short, owner.current())) and task:
        download.button("Executed notebook", partial(_kept, task), f"{name}-executed.ipynb", EXECUTED_HELP)


def _kept(task: Task) -> str:
    return json.dumps(task.result()["notebook"], indent=1)
