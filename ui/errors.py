"""What went wrong, said on the page in the words of the error; the unexpected goes to the log under a number."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import streamlit as st

from vae_core import extras
from vae_core.errors import LoupeError

log = logging.getLogger(__name__)
ADDRESS = re.compile(r"https?:(?=//)|\bwww(?=\.)", re.IGNORECASE)
JOINER = "\u2060"  # takes no room and breaks no word; Markdown makes links of addresses even where they are escaped
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|$:~&@/^=])")


@contextmanager
def shown() -> Iterator[None]:
    """Show what is raised inside instead of breaking the page; the rest of the page goes on."""
    try:
        yield
    except LoupeError as error:
        show(error)
    except Exception:
        number = uuid4().hex[:8]
        log.exception("error %s on a page", number)
        st.error(f"Something went wrong inside the program. The details are in its log, under error {number}.")


@contextmanager
def caught(place: str) -> Iterator[None]:
    """Keep what goes wrong in the answer to a click, which can show nothing itself, for `show_caught` there."""
    try:
        yield
    except (LoupeError, OSError) as error:
        st.session_state[f"{place}_problem"] = str(error)


def show_caught(place: str) -> None:
    """Show once what went wrong at the last click."""
    problem = st.session_state.pop(f"{place}_problem", None)
    if problem:
        st.error(plain(problem))


def show(error: LoupeError) -> None:
    st.error(plain(str(error)))


def lacks(name: str) -> bool:
    """Whether this installation does without it, as extras.py has it; the page then says how to add it."""
    told = extras.lacking(name)
    if told:
        st.info(plain(str(told)), icon=":material/download:")
    return told is not None


def plain(text: str) -> str:
    """Text of a person or a file, so that Markdown shows it as it is: an address in it is no link, either."""
    return SPECIAL.sub(r"\\\1", ADDRESS.sub(f"\\g<0>{JOINER}", text)).replace("\n", " ")
