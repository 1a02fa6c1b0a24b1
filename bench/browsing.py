"""A page server and a browser that knows nothing of it, for whatever is measured in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, Playwright

from vae_core.settings import PROJECT, Settings

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
SECONDS = 120
SETTLES = 1500  # ms


@dataclass(frozen=True)
class Server:
    process: psutil.Process
    address: str

    def megabytes(self) -> float:
        return self.process.memory_info().rss / 2**20


@contextmanager
def page_server(settings: Settings, *script: str, tree: Path = PROJECT) -> Iterator[Server]:
    """The app of a checkout, or another script with its arguments, on a free port."""
    path, *words = script or ("app.py",)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", path, "--server.port", port, "--server.headless", "true"]
    process = quietly([*command, "--", *words], settings, tree)
    try:
        wait_for_answer(f"http://localhost:{port}/_stcore/health", process)
        yield Server(psutil.Process(process.pid), f"http://localhost:{port}")
    finally:
        process.terminate()
        process.wait()


def wait_for_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("the page server did not start")


def quietly(command: Sequence[str], settings: Settings, tree: Path = PROJECT) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=tree, env=environment(settings), stdout=quiet, stderr=quiet)


def environment(settings: Settings) -> dict[str, str]:
    places = {"CACHE": settings.cache, "CHECKPOINTS": settings.checkpoints, "SHIPPED": settings.shipped}
    return {**os.environ, **{f"LOUPE_{name}": str(path) for name, path in places.items()}}


def on_one_core() -> list[int]:
    """What is started from here on, browser and server, shares one core; the others that there are."""
    if not hasattr(psutil.Process, "cpu_affinity"):
        return []
    first, *others = psutil.Process().cpu_affinity()
    psutil.Process().cpu_affinity([first])
    return others


@contextmanager
def from_other_cores() -> Iterator[None]:
    """Whoever measures works there: Playwright is told of every byte that a page receives, which takes its time."""
    me = psutil.Process()
    if not hasattr(me, "cpu_affinity"):
        yield
        return
    watching = [me, *(each for each in me.children() if each.name() == "node")]
    shared = me.cpu_affinity()
    me.cpu_affinity([])  # all that there are
    others = [core for core in me.cpu_affinity() if core not in shared] or shared
    for each in watching:
        each.cpu_affinity(others)
    try:
        yield
    finally:
        for each in watching:
            each.cpu_affinity(shared)


def installed() -> str | None:
    """The system's Chromium or Chrome; where there is none, Playwright takes its own."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def launched(playwright: Playwright, more: Sequence[str] = ()) -> Browser:
    return playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox", *more])


def opened(browser: Browser, address: str) -> Page:
    """A tab of a browser that has nothing of the page in its cache, when the page stands."""
    return go(empty_tab(browser), address)


def empty_tab(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1440, "height": 900}).new_page()


def go(page: Page, address: str) -> Page:
    page.goto(address)
    page.locator("h1").first.wait_for(timeout=1000 * SECONDS)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=1000 * SECONDS)
    return page
