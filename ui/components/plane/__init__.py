"""The plane: codes as a map in the browser, a cursor on it, and the decoder's picture of that place. See plane.js.

    plane.show(key, payload.data(key, ...), at=code)    the map; `data` stays the same for as long as the run is shown
    state = plane.state(key)                            where the cursor rests, what is chosen, what the browser asks
    if state.asked:                                     hover cards, and pictures of a decoder too large for the browser
        plane.answer(key, payload.answer(key, state.asked, facts, picture))

Put it into a fragment of its own: each question of the browser is one run of what it stands in.
Other components of the page meet it on `document`, and need no run for it:

    loupe-go  {plane: key, code: [...] or place: [x, y], live: bool}   moves the cursor; `live` tells Python nothing
    loupe-at  {plane: key, code: [...]}                                where the cursor has come to rest
    loupe-decode {plane: key, codes: [[...]], each(i, canvas)}          asks for pictures; the plane adds `cancel()`
    loupe-decodes                                                       its decoder is there and can be asked

While `window.loupeMeasure` is a list, every step of the cursor is added to it, with its times in milliseconds:
{event, began, decoded_ms, drawn, picture} - when the hand moved, when its frame began, what the decoder took, and when
cursor and picture were drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ui.components import bundles
from ui.components.plane import payload, told
from ui.components.plane.told import Asked, State

__all__ = ["Asked", "State", "answer", "show", "state"]
NEAR = 0.01  # an address that rounds the code is no wish to go elsewhere

_plane = st.components.v2.component("plane", js=bundles.shipped("plane"))
_mailbox = st.components.v2.component("plane_mailbox", js=bundles.shipped("mailbox"))


def show(
    key: str,
    data: bytes,
    at: Sequence[float] | None = None,
    *,
    on: Callable[..., object] = _plane,
    names: Sequence[str] = told.NAMES,
) -> None:
    """Draw it, under a key that no other run has. `at` is the code to begin with, as from the address; where it changes
    later, the cursor goes there. A component that is more than a plane is `on`, and tells `names`."""
    callbacks: dict[str, Any] = {f"on_{name}_change": _read_later for name in names}
    on(key=key, data=data, default=dict.fromkeys(names), **callbacks)
    letter = {"at": _wish(key, at), **_kept(key)}
    _mailbox(key=f"{key}-start", data=payload.letter(key, letter))


def state(key: str) -> State:
    """What the browser told last; before or after `show`."""
    return told.read(st.session_state.get(key) or {})


def answer(key: str, data: bytes) -> None:
    """Hand what `payload.answer` made to the plane; the same may be handed over at every run."""
    send(f"{key}-answer", data)


def send(key: str, letter: bytes) -> None:
    """A letter in a mailbox of its own; it says by itself whom it is for."""
    _mailbox(key=key, data=letter)


def _read_later() -> None:
    """Streamlit wants something to call for every value that changes; `state` reads them."""


def _wish(key: str, at: Sequence[float] | None) -> list[float] | None:
    """Where Python wants the cursor: an `at` that changed by itself, not because the cursor moved."""
    wanted, rests = [float(value) for value in at or ()], state(key).at
    before = st.session_state.get(f"{key}-wish") or {"at": [], "rests": rests, "wish": None}
    moved = wanted != before["at"] and rests == before["rests"] and not _near(wanted, rests or ())
    wish = wanted if moved else before["wish"]
    st.session_state[f"{key}-wish"] = {"at": wanted, "rests": rests, "wish": wish}
    return wish or None


def _near(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and bool(np.allclose(one, other, rtol=NEAR, atol=NEAR))


def _kept(key: str) -> dict[str, Any]:
    """Bookmarks and pins outlive a visit to another page, where Streamlit forgets what a component told."""
    now = st.session_state.get(key) or {}
    before: dict[str, Any] = st.session_state.get(f"{key}-kept") or {"marks": (), "pinned": ()}
    kept = {name: getattr(state(key), name) if now.get(name) is not None else before[name] for name in before}
    st.session_state[f"{key}-kept"] = kept
    return kept
