"""One after the other, what is started; and the same only once.

Streamlit answers the second click of a double click in a second thread while the first one's is still at work, and ends
the first where it next touches the page or the session. So what a click starts is started in one turn, touches neither
meanwhile, and is remembered outside of both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, TypeVar

DOUBLE_CLICK_SECONDS = 3.0


class Kept(Protocol):
    @property
    def path(self) -> Path: ...


Made = TypeVar("Made", bound=Kept)


class Turn:
    """Lets one after the other start something; a server has one turn for all."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._made: list[tuple[float, object, Any]] = []  # when, what was asked for, and what came of it

    def once(self, asked: object, make: Callable[[], Made]) -> Made:
        """What `make` makes, or what it has just made when the same was asked for."""
        with self.lock:
            now = time.monotonic()
            self._made = [each for each in self._made if now - each[0] < DOUBLE_CLICK_SECONDS and each[2].path.exists()]
            for _, what, before in self._made:
                if what == asked:
                    return before
            made = make()
            self._made.append((time.monotonic(), asked, made))
            return made
