"""The training form: what its widgets hold becomes a config, or a sentence about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from ui import cached, layers_editor
from ui.fields import FIELDS
from ui.layer_edits import Draft
from vae_core.data.dataset import Summary
from vae_core.errors import LoupeError
from vae_core.runs.store import Run
from vae_core.spec import recipes
from vae_core.spec.config import VALIDATION_SHARE, Config
from vae_core.spec.layers import MAX_CODE

PREFIX = "train_"
BASIC = ("kind", "latent", "epochs", "train_size")
QUICK, AUTO, CHOSEN = "quick", "auto", "chosen"
SAME_RECIPE = {"seed", "precision", "fused", "recipe"}  # may differ, and the report's numbers still stand beside it
CODE = re.compile(r"\bcode(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Start:
    """A set of settings to begin with."""

    key: str
    label: str
    note: str
    config: Config


# From values to a config, without widgets.


def to_config(values: Mapping[str, Any], start: Start | None = None) -> Config:
    """The config of these values by the names of its fields; settings that do not apply fall back to their defaults."""
    values = dict(values)
    if values["kind"] == "ae":
        values |= {"beta": None, "kl_warmup": 0}
    if values["loss"] != "mse":
        values["sigma"] = None
    if not values["noise"]:
        values["noise_once"] = False
    if CODE.search(values["encoder"]):
        values["latent"] = None
    config = Config(**values)
    kept = start is not None and is_recipe(start.config, config)
    return replace(config, recipe=start.config.recipe) if kept and start else config


def is_recipe(known: Config, config: Config) -> bool:
    """Whether a report's numbers may stand beside it."""
    names = {field.name for field in fields(Config)} - SAME_RECIPE
    return bool(known.recipe) and all(getattr(known, name) == getattr(config, name) for name in names)


def to_values(config: Config) -> dict[str, Any]:
    """What the widgets have to hold for this config."""
    values = {
        field.name: getattr(config, field.name) for field in fields(Config) if field.name not in ("image", "recipe")
    }
    code = config.architecture().code.size
    return {**values, "latent": code, "sigma": config.sigma or 0.5**0.5, "beta": config.beta if config.kind == "vae" else 1.0,
            "classes": list(config.classes)}  # fmt: skip


def starts(data: Summary, chosen: Config | None = None) -> list[Start]:
    """What a training of this data set can begin with: sensible defaults, the chosen run, the reports' recipes."""
    found = []
    if chosen and chosen.dataset == data.name:
        found.append(Start(CHOSEN, "The chosen run's settings", "All settings of the run in the sidebar.", chosen))
    if data.name in recipes.DEFAULTS:
        quick = recipes.default(data.name, data.image)
        found.insert(
            0,
            Start(
                QUICK, "Quick map", "A small model with a code of two numbers: quick, and its map can be seen.", quick
            ),
        )
    note = "Halves the images to a few pixels with convolutions; a code of 32 numbers gives good pictures."
    found.insert(len(found) if found and found[0].key == QUICK else 0,
                 Start(AUTO, "Automatic, for any size", note, recipes.auto(data.image, data.name)))  # fmt: skip
    for each in recipes.all_recipes():
        if each.dataset == data.name and each.config.image == data.image:
            form = "as printed" if each.variant == "faithful" else "small form"
            label = f"{each.key} ({form})"
            found.append(Start(each.config.recipe, label, f"From report {each.report}. {each.note}", each.config))
    return found


def images(config: Config, data: Summary) -> tuple[int, int]:
    """About how many train and how many validate; classes are taken to be of equal size."""
    share = len(config.classes) / len(data.classes) if config.classes and data.classes else 1.0
    pool = round((data.train - data.validation) * share)
    picked = min(config.train_size or pool, pool)
    if config.split == "test":
        return picked, round(data.test * share)
    if data.validation:
        return picked, round(data.validation * share)
    held_out = max(1, int(picked * VALIDATION_SHARE))
    return picked - held_out, held_out


def with_code_size(line: str, size: int) -> str:
    """A line that names its code names another size of it."""
    return CODE.sub(f"code{size}", line)


# The widgets.


def key(name: str) -> str:
    return PREFIX + name


def choose_start(run: Run | None) -> tuple[Summary, Start]:
    """Data set and settings to begin with. Choosing another fills the whole form anew."""
    names = cached.data_names()
    chosen = _chosen(run)
    st.session_state.setdefault(key("dataset"), chosen.dataset if chosen and chosen.dataset in names else "digits")
    left, right = st.columns(2)
    name = left.selectbox("Data set", names, key=key("dataset"), persist_state="session", on_change=_forget_start,
                          help="What the model learns from. Add your own on the Data page.")  # fmt: skip
    data = cached.data_summary(name)
    known = {start.key: start for start in starts(data, chosen)}
    if st.session_state.get(key("start")) not in known:
        st.session_state[key("start")] = next(iter(known))
    picked = right.selectbox("Begin with", list(known), key=key("start"), format_func=lambda each: known[each].label,
                             persist_state="session", help="Fills in all settings below; change any of them afterwards.")  # fmt: skip
    st.caption(known[picked].note)
    _fill_where_new(known[picked])
    return data, known[picked]


def _chosen(run: Run | None) -> Config | None:
    try:
        return run.config() if run else None
    except (LoupeError, OSError):
        return None


def _forget_start() -> None:
    st.session_state.pop(key("start"), None)


def _fill_where_new(start: Start) -> None:
    """Where another start was chosen than the one that the form was last filled with."""
    stamp = (start.key, start.config.dataset, start.config.digest)
    if st.session_state.get(key("filled")) != stamp:
        st.session_state[key("filled")] = stamp
        for name, value in to_values(start.config).items():
            if name != "dataset":
                st.session_state[key(name)] = value


def settings(data: Summary) -> dict[str, Any]:
    """Basic settings, the layers, and the rest; what they hold, by the config's names."""
    values: dict[str, Any] = {"dataset": data.name, "image": data.image}
    columns = st.columns(4)
    for column, name in zip(columns, BASIC, strict=True):
        with column:
            values[name] = FIELDS[name].widget(
                key(name), **({"on_change": _code_size_chosen} if name == "latent" else {})
            )
    with st.expander("More settings", icon=":material/tune:"):
        values |= _more(data, values["kind"])
    draft = Draft(data.image, "", kind=values["kind"], latent=values["latent"])
    encoder, decoder = layers_editor.edit(draft, key("encoder"), key("decoder"), on_write=_encoder_written)
    return {**values, "encoder": encoder, "decoder": decoder}


def _code_size_chosen() -> None:
    """The code's size stands in two places where the line names it: what was changed last counts."""
    st.session_state[key("encoder")] = with_code_size(st.session_state[key("encoder")], st.session_state[key("latent")])


def _encoder_written() -> None:
    named = CODE.search(st.session_state[key("encoder")])
    if named:
        st.session_state[key("latent")] = min(max(int(named[1][:4]), 1), MAX_CODE)


def _more(data: Summary, kind: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    state = st.session_state
    names = [name for name in FIELDS if name not in BASIC]
    columns = st.columns(3)
    for place, name in enumerate(names):
        off = (kind == "ae" and name in ("beta", "kl_warmup")) or (name == "sigma" and state.get(key("loss")) != "mse")
        off = off or (name == "noise_once" and not state.get(key("noise")))
        with columns[place % 3]:
            values[name] = FIELDS[name].widget(key(name), disabled=off)
    state.setdefault(key("classes"), [])
    state[key("classes")] = [name for name in state[key("classes")] if name in data.classes]
    chosen = st.multiselect("Classes to train on", data.classes, key=key("classes"), persist_state="session",
                            placeholder="All of them" if data.classes else "These images have no classes",
                            disabled=not data.classes, help="Train on these only, and see how the model does on the others: "
                            "images unlike those that it knows come out badly.")  # fmt: skip
    return {**values, "classes": tuple(chosen)}
