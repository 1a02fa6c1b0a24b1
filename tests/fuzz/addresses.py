"""Addresses that somebody asks for: at the door, and as the pages read them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import streamlit as st
from fuzz.place import Place
from hypothesis import strategies as some
from starlette.responses import PlainTextResponse

from ui import choice
from ui.explore import place as cursor
from ui.serving.door import OwnPages
from ui.tune import picked

NAMES = ("run", "runs", "at", "maps", "search", "view", "data", "x")
ODD = ("", ".", "..", "../..", "a/b", "\0", "x" * 9000, "loupe.", "loupe.type-map", "digits-vae", ",", "0,0")
TEXTS = some.one_of(
    some.text(),
    some.sampled_from(ODD),
    some.lists(some.floats().map(str) | some.text(max_size=3), max_size=4).map(",".join),
    some.text(alphabet=",.-e0123456789 naif\t_", max_size=40),
)
ASKED = some.dictionaries(some.sampled_from(NAMES), TEXTS, max_size=4)
PATHS = some.text(max_size=40) | some.sampled_from(
    ["/", "/home", "/train/x", "//", "/explore/../..", "/data/_stcore/health"]
)
VALUES = [b"localhost:8501", b"http://localhost:8501", b"text/html", b"[::1", b"[::1]:8501", b"\xff", b""]
HEADERS = some.dictionaries(
    some.sampled_from([b"host", b"origin", b"accept", b"x"]), some.binary(max_size=30) | some.sampled_from(VALUES)
)
ADDRESSES = some.tuples(ASKED, PATHS, some.binary(max_size=30), HEADERS, some.sampled_from(["http", "websocket"]))
Asked = tuple[dict[str, str], str, bytes, dict[bytes, bytes], str]
Message = MutableMapping[str, Any]


def address(value: Asked, place: Place) -> None:
    """What the pages read of it, and the door before them."""
    asked, path, query, headers, kind = value
    scope = {"type": kind, "path": path, "query_string": query, "headers": list(headers.items())}
    with ThreadPoolExecutor(1) as aside:  # a browser of another test may have a loop in this thread
        aside.submit(asyncio.run, OwnPages(_inside)(scope, _came, _sent)).result()
    visit = patch.multiple(st, query_params=dict(asked), session_state={})  # as Streamlit has it
    with patch.dict(os.environ, place.environment), visit:
        choice.chosen_run()
        choice.missing_run()
        assert len(choice.compared_ids()) <= choice.MOST_COMPARED
        cursor.read(asked.get(cursor.PARAMETER, ""), 2)
        picked.turn()
        picked.missing()


async def _inside(scope: Message, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("in")(scope, receive, send)


async def _came() -> Message:
    return {"type": "http.request"}


async def _sent(message: Message) -> None: ...
