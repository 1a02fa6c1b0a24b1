"""What a run can be taken home as: numbers, settings, the model. Figures have their own buttons."""

from __future__ import annotations

import json

import streamlit as st

from ui import cached
from ui.run_view import View
from vae_core.design import naming
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.share import tables


def show(view: View) -> None:
    drawer = st.expander("Downloads", key="run_downloads", on_change="rerun", icon=":material/download:")
    if drawer.open:
        with drawer:
            _buttons(view)


def _buttons(view: View) -> None:
    run = view.run
    with st.container(horizontal=True, gap="small"):
        _button(
            "History, CSV",
            as_csv(view.history),
            f"{run.id}-history.csv",
            "text/csv",
            f"One line an epoch; losses in {naming.unit(view.config, naming.IMAGE)}.",
        )
        _button(
            "History, JSON",
            json.dumps(view.history, indent=1),
            f"{run.id}-history.json",
            "application/json",
            "The same as a list of objects.",
        )
        _button(
            "Settings",
            json.dumps(view.config.to_json(), indent=1),
            f"{run.id}-config.json",
            "application/json",
            "All that is needed to train it again.",
        )
        if run.model.exists():
            st.download_button(
                "Keras model",
                run.model.read_bytes,
                f"{run.id}.keras",
                "application/octet-stream",
                on_click="ignore",
                help="The best epoch's model in standard layers: keras.models.load_model reads it.",
            )
        losses = per_image(run)
        if losses:
            _button(
                "Per-image losses",
                losses,
                f"{run.id}-test-losses.csv",
                "text/csv",
                "Each test image with its class, loss and code, in file order.",
            )
    st.caption("Each figure above has its own PNG and SVG.")


def _button(label: str, data: str, name: str, mime: str, text: str) -> None:
    st.download_button(label, data, name, mime, on_click="ignore", help=text)


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
