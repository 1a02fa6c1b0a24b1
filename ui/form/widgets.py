"""The training form: widgets for every setting of a training, filled from what it begins with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import streamlit as st

from ui import choice
from ui.cached import datasets
from ui.form import editor, lasting
from ui.form.beginnings import CODE, Start, starts, to_values, with_code_size
from ui.form.fields import draw
from vae_core.data.dataset import Summary
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.design.draft import MIRROR, Draft, Line
from vae_core.design.layers import MAX_CODE
from vae_core.runs.store import Run

PREFIX = "train_"
BASIC = ("kind", "latent", "epochs", "train_size")
BASIC_WIDTH = 155  # pixels
IMAGES_WIDTH, TIME_WIDTH = 155, 185  # side by side on a phone
START_WIDTH = 310
WIDTHS = {"kind": 185}


def key(name: str) -> str:
    return PREFIX + name


TOLD = key("pasted_told")  # what was read from code that fills the form
PASTED = "What was pasted"


def choose_images(run: Run | None) -> tuple[Summary, dict[str, Start]]:
    """The data set, and what a training of it can begin with. Choosing another fills the whole form anew."""
    chosen = choice.config(run)
    data = datasets.summary(_data_set(chosen))
    known = {start.key: start for start in starts(data, chosen)}
    if st.session_state.get(key("start")) not in known:
        st.session_state[key("start")] = next(iter(known))
    start = known[st.session_state[key("start")]]
    if st.session_state.get(key("filled")) != _stamp(start):
        st.session_state[key("time")] = start.time
        fill(start)
    return data, known


def choose_time() -> None:
    lasting.choose(key("time"), TIME_WIDTH, st.session_state[key("epochs")])


def _data_set(chosen: Config | None) -> str:
    names = datasets.names()
    st.session_state.setdefault(key("dataset"), chosen.dataset if chosen and chosen.dataset in names else "digits")
    return st.selectbox(
        "Images",
        names,
        key=key("dataset"),
        persist_state="session",
        width=IMAGES_WIDTH,
        on_change=forget_start,
        help="What the model learns from. Add your own on the Data page.",
    )


def choose_start(known: dict[str, Start]) -> Start:
    picked = st.selectbox(
        "Begin with",
        list(known),
        key=key("start"),
        format_func=lambda each: _named(known[each]),
        persist_state="session",
        width=START_WIDTH,
        help="Fills in all settings below; change any of them afterwards.",
    )
    return known[picked]


def _named(start: Start) -> str:
    """What was pasted has taken the place of what the form began with."""
    return PASTED if TOLD in st.session_state and start.key == st.session_state[key("start")] else start.label


def forget_start() -> None:
    """Of another data set: the form is filled anew."""
    st.session_state.pop(key("start"), None)
    st.session_state.pop(key("network"), None)


def fill(start: Start, keep: Collection[str] = ()) -> None:
    """The whole form but for what is kept."""
    st.session_state.pop(TOLD, None)
    st.session_state[key("start")], st.session_state[key("filled")] = start.key, _stamp(start)
    for name, value in to_values(start.config).items():
        if name not in (*keep, "dataset"):
            st.session_state[key(name)] = value


def _stamp(start: Start) -> tuple[str, ...]:
    """Another one than that of the last filling: the form is filled anew."""
    return start.key, start.config.dataset, start.config.digest


def settings(data: Summary) -> dict[str, Any]:
    """Basic settings and the rest; what they hold, by the config's names."""
    values: dict[str, Any] = {"dataset": data.name, "image": data.image}
    with st.container(horizontal=True):
        for name in BASIC:
            if name == "epochs" and st.session_state[key("time")] != lasting.EPOCHS:
                continue
            options = {"on_change": _code_size_chosen} if name == "latent" else {}
            values[name] = draw(name, key(name), width=WIDTHS.get(name, BASIC_WIDTH), **options)
    with st.expander("More settings", icon=":material/tune:"):
        values |= _more(data)
    return values


def timed(values: dict[str, Any], data: Summary) -> dict[str, Any]:
    """The values with the epochs and steps that the chosen time stands for."""
    return lasting.resolved(values, st.session_state[key("time")], data)


def layers(data: Summary, values: dict[str, Any]) -> tuple[dict[str, str], list[Line]]:
    """The two lines of the architecture, and those of its layers that fit."""
    empty = draft(data, {**values, "encoder": ""})
    keys = {name: key(name) for name in ("encoder", "decoder", "kind")}
    encoder, decoder, lines = editor.edit(empty, keys, on_write=_encoder_written)
    return {"encoder": encoder, "decoder": decoder}, lines


def draft(data: Summary, values: dict[str, Any]) -> Draft:
    return Draft(data.image, values["encoder"], values.get("decoder", MIRROR), values["kind"], values["latent"])


def _code_size_chosen() -> None:
    """The code's size stands in two places where the line names it: what was changed last counts."""
    st.session_state[key("encoder")] = with_code_size(st.session_state[key("encoder")], st.session_state[key("latent")])


def _encoder_written() -> None:
    named = CODE.search(st.session_state[key("encoder")])
    if named:
        st.session_state[key("latent")] = min(max(int(named[1][:4]), 1), MAX_CODE)


def _more(data: Summary) -> dict[str, Any]:
    """Three beside each other; on a phone they come in the same order."""
    values: dict[str, Any] = {}
    names = [name for name, setting in SETTINGS.items() if setting.label and name not in BASIC]
    for start in range(0, len(names), 3):
        row = names[start : start + 3]
        columns = st.columns([*[1] * (len(row) - 1), 4 - len(row)], vertical_alignment="bottom")
        for column, name in zip(columns, row, strict=True):
            with column:
                values[name] = _classes(data) if name == "classes" else _one(name)
    return values


def _one(name: str) -> Any:
    unmet = SETTINGS[name].unmet(lambda other: st.session_state.get(key(other)))
    return draw(name, key(name), disabled=unmet is not None)


def _classes(data: Summary) -> tuple[str, ...]:
    kept = st.session_state.get(key("classes"), [])
    st.session_state[key("classes")] = [name for name in kept if name in data.classes]
    chosen = st.multiselect(
        SETTINGS["classes"].label,
        data.classes,
        key=key("classes"),
        persist_state="session",
        placeholder="All of them" if data.classes else "These images have no classes",
        disabled=not data.classes,
        help=SETTINGS["classes"].help,
    )
    return tuple(chosen)
