"""A page of planes in a real browser, as who walks on it sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from browser import holds, serving

from vae_core.look import pictures
from vae_core.look.portable import Portable
from vae_core.runs.store import Run

FIND = "name => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector(name)).find(Boolean)"
DRAWN = f"({FIND})('.now')?.width === 8"
READ = "canvas => [...canvas.getContext('2d').getImageData(0, 0, 8, 8).data].filter((_, i) => i % 4 === 0)"
Header = dict[str, Any]
IN_MENU = ("left", "right", "down", "up", "mark", "record", "help")


@contextmanager
def served(script: str, run: Run) -> Iterator[str]:
    """The address of a page that only tests see, for this run."""
    with serving(run.settings, str(Path(__file__).with_name(script))) as server:
        yield f"{server.address}/?run={run.id}"


def overheard(page: Any) -> list[str]:
    """What goes over its web socket, as it goes."""
    frames: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda _: frames.append("sent"))
        socket.on("framereceived", lambda _: frames.append("received"))

    page.on("websocket", listen)
    return frames


@dataclass
class Sight:
    """A page with planes on it, and what went over its web socket."""

    page: Any
    frames: list[str]
    codes: np.ndarray
    labels: np.ndarray

    def one(self, selector: str, number: int = 0) -> Any:
        return self.page.locator(selector).nth(number)

    def button(self, name: str, number: int = 0) -> Any:
        """One that lies in the menu is there when the menu is open."""
        found = self.one(f'[data-name="{name}"]', number)
        if name in IN_MENU and not found.is_visible():
            self.one('[data-name="more"]', number).click()
        return found

    def lay(self, layer: str) -> None:
        """Put it behind the dots."""
        self.button("more").click()
        self.one(".menu label select").select_option(layer)

    def spot(self, x: float, y: float, header: Header, number: int = 0) -> tuple[float, float]:
        """Where on the screen a place of a plane is."""
        box = self.one(".over", number).bounding_box()
        left, top, half = header["view"]
        across, down = (x - left) / half / 2 + 0.5, 0.5 - (y - top) / half / 2
        return float(box["x"] + across * box["width"]), float(box["y"] + down * box["height"])

    def draws(self, run: Run, code: Any, within: int = 1) -> bool:
        """Whether the picture is what the model makes of this code."""
        expected = pictures.as_bytes(Portable.of(run).decode(np.asarray([code], np.float32)))[0, ..., 0]
        shown = np.reshape(self.one(".now").evaluate(READ), (8, 8))
        return bool(np.abs(shown - expected.astype(int)).max() <= within)

    def state(self, number: int = 0) -> Header:
        """What Python knows, as the page shows it."""
        return dict(json.loads(self.page.get_by_test_id("stCode").nth(number).inner_text()))

    def until(self, true: Callable[[], bool]) -> None:
        holds(self.page, true)
