"""Which network is trained: plain, deeper, or one of one's own, for which all fields are opened."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from ui.form.beginnings import DEEPER, Start, to_values
from ui.form.widgets import fill, key

PLAIN, CUSTOM = "plain", "custom"
NAMES = {PLAIN: "Plain", DEEPER: "Deeper", CUSTOM: "Custom"}
HELP = (
    "Plain is a good beginning for these images. Deeper has one more layer on either side. Custom opens all settings."
)
OPEN = "train_everything"  # whether all settings are unfolded
ASIDE = ("dataset", "epochs", "steps", "train_size", "seed")  # say nothing of the network
# As high as the fields beside it; on a phone the button that starts has room beside it.
STYLE = """<style>
.st-key-train_network button[role=radio] { min-height: 2.5rem }
@media (max-width: 640px) { .st-key-train_network button[role=radio] { padding-inline: 0.6rem } }
</style>"""


def choose(known: dict[str, Start]) -> bool:
    """Whether it is one that is ready."""
    st.html(STYLE)
    st.session_state[key("network")] = now = _now(known)
    st.segmented_control(
        "Network",
        list(NAMES),
        key=key("network"),
        format_func=NAMES.__getitem__,
        required=True,
        on_change=_chosen,
        args=(known,),
        help=HELP,
    )
    return now != CUSTOM


def _now(known: dict[str, Start]) -> str:
    """Whatever is changed below makes it one's own."""
    if st.session_state.get(key("network")) == CUSTOM:
        return CUSTOM
    return next((name for name, start in _ready(known) if _holds(start)), CUSTOM)


def _ready(known: dict[str, Start]) -> Iterator[tuple[str, Start]]:
    yield PLAIN, next(iter(known.values()))
    yield DEEPER, known[DEEPER]


def _holds(start: Start) -> bool:
    """Whether the form holds what it began with."""
    return all(
        st.session_state.get(key(name)) == value for name, value in to_values(start.config).items() if name not in ASIDE
    )


def _chosen(known: dict[str, Start]) -> None:
    """Of the two that are ready, the other one trains as long."""
    picked = st.session_state[key("network")]
    st.session_state[OPEN] = picked == CUSTOM
    if picked == CUSTOM:
        return
    start = dict(_ready(known))[picked]
    one_of_them = any(_holds(each) for _, each in _ready(known))
    if not one_of_them:
        st.session_state[key("time")] = start.time
    fill(start, keep=ASIDE if one_of_them else ())
