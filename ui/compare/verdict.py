"""What may be said of a difference, in a line that opens."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import cached
from ui.compare.side import Side
from ui.errors import plain
from vae_core.look.comparison import Comparison

BEFORE = "Nothing can be said before the trainings have ended."
STYLE = "<style>.st-key-verdict button :is(p, div) { text-align: start; justify-content: start }</style>"
KEY = "verdict"
HELP = "What this rests on, and how to be surer."


def show(sides: list[Side], settle: Callable[[], None]) -> None:
    """`settle` opens what makes it surer."""
    first, *others = [side for side in sides if side.done] or sides
    found = [compared(first, other, len(others)) for other in others if first.done]
    claimed = " ".join(plain(each.headline) for each in found)
    st.html(STYLE)
    with st.popover(
        claimed or BEFORE,
        type="tertiary",
        icon=":material/balance:",
        help=HELP,
        wrap=True,
        key=KEY,
        on_change="rerun",
    ):
        for each in found:
            say(each)
        if found:
            text = "Trains further seeds of both, until it is clear."
            label = "To be surer: settle it"
            st.button(label, icon=":material/balance:", help=text, on_click=settle, key="verdict_settle")


def fold() -> None:
    """It lies over what is chosen below it."""
    st.session_state[KEY] = False


def compared(first: Side, other: Side, comparisons: int) -> Comparison:
    return cached.comparison(first.run, other.run, comparisons)


def say(found: Comparison) -> None:
    text = "\n\n".join(plain(sentence) for sentence in found.sentences())
    if found.problem or not found.ranked:
        st.warning(text, icon=":material/block:")
    elif found.credited:
        st.success(text, icon=":material/verified:")
    else:
        st.info(text, icon=":material/balance:")
