"""The training form: widgets for every setting of a training, filled from what it begins with."""

from __future__ import annotations

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
from vae_core.design.draft import MIRROR, Draft
from vae_core.design.layers import MAX_CODE
from vae_core.runs.store import Run

PREFIX = "train_"
BASIC = ("kind", "latent", "epochs", "train_size")
BASIC_WIDTH, TIME_WIDTH = 155, 250  # pixels
WIDTHS = {"kind": 185}


def key(name: str) -> str:
    return PREFIX + name


def choose_start(run: Run | None) -> tuple[Summary, Start]:
    """Data set and settings to begin with. Choosing another fills the whole form anew."""
    chosen = choice.config(run)
    left, right = st.columns(2)
    with left:
        data = datasets.summary(_data_set(chosen))
    with right:
        start = _start({start.key: start for start in starts(data, chosen)})
    st.caption(start.note)
    _fill_where_new(start)
    return data, start


def _data_set(chosen: Config | None) -> str:
    names = datasets.names()
    st.session_state.setdefault(key("dataset"), chosen.dataset if chosen and chosen.dataset in names else "digits")
    return st.selectbox(
        "Data set",
        names,
        key=key("dataset"),
        persist_state="session",
        on_change=_forget_start,
        help="What the model learns from. Add your own on the Data page.",
    )


def _start(known: dict[str, Start]) -> Start:
    if st.session_state.get(key("start")) not in known:
        st.session_state[key("start")] = next(iter(known))
    picked = st.selectbox(
        "Begin with",
        list(known),
        key=key("start"),
        format_func=lambda each: known[each].label,
        persist_state="session",
        help="Fills in all settings below; change any of them afterwards.",
    )
    return known[picked]


def _forget_start() -> None:
    st.session_state.pop(key("start"), None)


def _fill_where_new(start: Start) -> None:
    """Where another start was chosen than the one that the form was last filled with."""
    stamp = (start.key, start.config.dataset, start.config.digest)
    if st.session_state.get(key("filled")) != stamp:
        st.session_state[key("filled")] = stamp
        st.session_state[key("time")] = start.time
        for name, value in to_values(start.config).items():
            if name != "dataset":
                st.session_state[key(name)] = value


def settings(data: Summary) -> dict[str, Any]:
    """Basic settings and the rest; what they hold, by the config's names."""
    values: dict[str, Any] = {"dataset": data.name, "image": data.image}
    with st.container(horizontal=True):
        time = lasting.choose(key("time"), TIME_WIDTH)
        for name in BASIC:
            if name == "epochs" and time != lasting.EPOCHS:
                continue
            options = {"on_change": _code_size_chosen} if name == "latent" else {}
            values[name] = draw(name, key(name), width=WIDTHS.get(name, BASIC_WIDTH), **options)
    with st.expander("More settings", icon=":material/tune:"):
        values |= _more(data)
    return values


def timed(values: dict[str, Any], data: Summary) -> dict[str, Any]:
    """The values with the epochs and steps that the chosen time stands for."""
    return lasting.resolved(values, st.session_state[key("time")], data)


def layers(data: Summary, values: dict[str, Any]) -> dict[str, str]:
    """The two lines of the architecture."""
    empty = draft(data, {**values, "encoder": ""})
    keys = {name: key(name) for name in ("encoder", "decoder", "kind")}
    encoder, decoder = editor.edit(empty, keys, on_write=_encoder_written)
    return {"encoder": encoder, "decoder": decoder}


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
