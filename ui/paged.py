"""Lists in pages: a browser gets one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

Item = TypeVar("Item")


def part(items: Sequence[Item], size: int, key: str) -> list[Item]:
    """Those of the page that is open; the last one where there are fewer by now."""
    number = max(1, min(int(st.session_state.get(key, 1)), _pages(items, size)))
    return list(items[(number - 1) * size : number * size])


def turn(items: Sequence[Item], size: int, key: str) -> None:
    """The numbers to turn the pages with, where there are several."""
    if _pages(items, size) > 1:
        st.pagination(_pages(items, size), key=key)


def _pages(items: Sequence[Item], size: int) -> int:
    return -(-len(items) // size)
