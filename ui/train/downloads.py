"""What a run can be taken home as: numbers, settings, the model. Figures have their own buttons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import streamlit as st

from ui import cached, download
from ui.run_view import View
from vae_core.design import naming
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.share import tables

MODEL_HELP = "The best epoch's model in standard layers: keras.models.load_model reads it."
LOSSES_HELP = "Each test image with its class, loss and code, in file order."


def show(view: View) -> None:
    drawer = st.expander("Downloads", key="run_downloads", on_change="rerun", icon=":material/download:")
    if drawer.open:
        with drawer:
            _buttons(view)


def _buttons(view: View) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, data, name, text in _files(view):
            download.button(label, data, f"{view.run.id}{name}", text, icon=None)
    st.caption("Each figure above has its own PNG and SVG.")


def _files(view: View) -> Iterator[tuple[str, download.Data, str, str]]:
    """What each is called on the page, what is in it, how its name ends, and what that means."""
    unit = naming.unit(view.config, naming.IMAGE)
    yield "History, CSV", as_csv(view.history), "-history.csv", f"One line an epoch; losses in {unit}."
    yield "History, JSON", _json(view.history), "-history.json", "The same as a list of objects."
    yield "Settings", _json(view.config.to_json()), "-config.json", "All that is needed to train it again."
    if view.run.model.exists():
        yield "Keras model", view.run.model.read_bytes, ".keras", MODEL_HELP
    losses = per_image(view.run)
    if losses:
        yield "Per-image losses", losses, "-test-losses.csv", LOSSES_HELP


def _json(values: Any) -> str:
    return json.dumps(values, indent=1)


def as_csv(rows: list[dict[str, float | None]]) -> str:
    return tables.written(rows[0], (row.values() for row in rows)) if rows else ""


def per_image(run: Run) -> str:
    """Losses and codes of all test images as CSV; empty where there are none yet."""
    try:
        codes = cached.codes(run)
    except LoupeError:
        return ""
    columns = {"image": range(len(codes["mean"]))}
    if "labels" in codes:
        columns["label"] = codes["labels"].tolist()
    columns[f"reconstruction_{naming.measure(run.config()).replace(' ', '_')}"] = codes["reconstruction"].tolist()
    if "kl" in codes:
        columns["kl_nats"] = codes["kl"].tolist()
    columns |= {f"z{place + 1}": column for place, column in enumerate(codes["mean"].T.tolist())}
    return tables.written(columns, ([f"{value:.7g}" for value in row] for row in zip(*columns.values(), strict=True)))
