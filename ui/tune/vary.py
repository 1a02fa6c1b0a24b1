"""What may vary, as widgets: which settings, and for each its range or its choices."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from ui.errors import plain
from ui.tune import asked, labels
from vae_core.design.architecture import is_mirror
from vae_core.design.config import Config
from vae_core.design.setting import ALL
from vae_core.errors import LoupeError
from vae_core.search import space
from vae_core.search.reshaping import CHANGES
from vae_core.search.space import Vary

NAMES_KEY = "tune_vary"
ALWAYS = "Always"
VALUES_HELP = (
    "A range, such as 0.001..0.1, or single values with commas, such as 32, 64, 128. {} may be from {:g} to {:g}."
)
FACTORS_HELP = (
    "Half as much and twice as much are steps of the same size, as suits a learning rate. Values must be above 0."
)
WHEN_HELP = "Vary it only in trials in which another setting has this value; elsewhere it stays as it is."


def ask(base: Config) -> tuple[Vary, ...] | None:
    """None while something in it is wrong, which is said beside it."""
    found: list[Vary] = []
    for name in _names(base):
        each = _row(name, base, found)
        if each is None:
            return None
        found.append(each)
    return tuple(found)


def _names(base: Config) -> list[str]:
    """Those with choices come first: others may depend on them."""
    possible = [name for name in space.VARIED if _possible(name, base)]
    kept = st.session_state.get(NAMES_KEY, ["learning_rate"])
    st.session_state[NAMES_KEY] = [name for name in kept if name in possible]
    names = st.multiselect(
        "What may vary",
        possible,
        key=NAMES_KEY,
        format_func=labels.setting,
        persist_state="session",
        placeholder="Choose one setting or more",
        help="Each trial takes its own values of these; everything else stays as it begins.",
    )
    return sorted(names, key=lambda name: not space.VARIED[name].choices)


def _possible(name: str, base: Config) -> bool:
    unmet = space.VARIED[name].unmet(partial(getattr, base))
    return unmet is None and (is_mirror(base.decoder) or name not in CHANGES)


def _row(name: str, base: Config, others: list[Vary]) -> Vary | None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        each, problem = _values(name, base)
        when = _when(name, others)
    if each is None:
        st.error(plain(problem))
    return replace(each, when=when) if each else None


def _values(name: str, base: Config) -> tuple[Vary | None, str]:
    label, told = labels.setting(name), labels.setting_help(name)
    if space.VARIED[name].choices:
        return _pick(name, label, told)
    key = f"tune_values_{name}"
    st.session_state.setdefault(key, asked.usual(name, base))
    low, high = space.VARIED[name].bounds
    told = f"{told} {VALUES_HELP.format('It', low, high)}"
    text = st.text_input(label, key=key, help=told, width=260, persist_state="session")
    factors = f"tune_factors_{name}"
    st.session_state.setdefault(factors, space.VARIED[name].by_factors or name == "latent")
    log = st.checkbox(
        "By doubling", key=factors, help=FACTORS_HELP, disabled=".." not in text, persist_state="session", width=120
    )
    try:
        each = space.read(f"{name}={text.replace(' ', '')}")
        return (replace(each, log=log) if not each.choices else each), ""
    except LoupeError as error:
        return None, str(error)


def _pick(name: str, label: str, told: str) -> tuple[Vary | None, str]:
    key = f"tune_values_{name}"
    allowed, usual = list(space.VARIED[name].choices), space.VARIED[name].search
    st.session_state.setdefault(key, allowed if usual == ALL else usual.split(", "))
    chosen = st.multiselect(
        label,
        allowed,
        key=key,
        format_func=lambda value: labels.choice(name, value),
        help=told,
        width=390,
        persist_state="session",
    )
    if not chosen:
        return None, f"{label}: choose one value or more, or take it out of what may vary"
    return Vary(name, choices=tuple(chosen)), ""


def _when(name: str, others: list[Vary]) -> tuple[str, Any] | None:
    """Offered where a setting with named choices stands before it."""
    options = [(each.name, value) for each in others if each.choices and not each.when for value in each.choices]
    if not options:
        return None
    return st.selectbox(
        "Only where",
        [None, *options],
        key=f"tune_when_{name}",
        format_func=lambda one: ALWAYS if one is None else f"{labels.setting(one[0])}: {labels.choice(*one)}",
        help=WHEN_HELP,
        width=230,
    )
