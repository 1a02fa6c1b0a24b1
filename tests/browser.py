"""The real app for tests in a real browser: a page server of its own, and what is often asked of a page or a run."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from conftest import environment

from vae_core.runs import locks, store
from vae_core.runs.store import Run
from vae_core.runs.work import Work
from vae_core.settings import PROJECT, Settings

SECONDS = 60
IDLE = "document.querySelector('[data-test-script-state]')?.dataset.testScriptState === 'notRunning'"
LONG = 1000 * SECONDS  # milliseconds that a page may take where a training must begin or end first
TROUBLE = ("Traceback", "Something went wrong inside")


class Server:
    """A page server on a port of its own, as `make app` starts it; it may be killed and started anew."""

    def __init__(self, settings: Settings, script: str = "app.py") -> None:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = str(free.getsockname()[1])
        self.settings, self.script, self.address = settings, script, f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        command = (sys.executable, "-m", "streamlit", "run", self.script, "--server.headless", "true", "--server.port")
        places = {**environment(self.settings), "PYTHONPATH": str(PROJECT)}
        quiet = subprocess.DEVNULL
        self.child = subprocess.Popen([*command, self.port], cwd=PROJECT, env=places, stdout=quiet, stderr=quiet)
        self.process = psutil.Process(self.child.pid)
        eventually(self._answers)

    def _answers(self) -> bool:
        assert self.child.poll() is None, "the page server did not start"
        try:
            with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=5):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()

    def close(self) -> None:
        self.child.terminate()
        self.child.wait()


@contextmanager
def serving(settings: Settings, script: str = "app.py") -> Iterator[Server]:
    server = Server(settings, script)
    try:
        yield server
    finally:
        server.close()
        end_trainings(settings)


def end_trainings(settings: Settings) -> None:
    """Trainings outlive the page server, but not the test that started them."""
    for line in store.list_runs(settings) if settings.checkpoints.exists() else []:
        if line.state in ("queued", "running"):
            kill(Run(line.id, settings))


def kill(run: Work) -> None:
    """What the out-of-memory killer does to its process."""
    status = run.status()
    if locks.alive(status["pid"], status["pid_started"]):
        os.kill(status["pid"], signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    eventually(lambda: not run.has_process())


def eventually(true: Callable[[], object], seconds: float = 2 * SECONDS) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "that never happened"
        time.sleep(0.02)


def told(page: Any, text: str | re.Pattern[str]) -> None:
    """Wait for a sentence that can be seen."""
    page.get_by_text(text).filter(visible=True).first.wait_for(timeout=LONG)


def press(page: Any, label: str) -> None:
    """A button of exactly this name, an icon before it aside."""
    button(page, label).click(timeout=LONG)


def idle(page: Any) -> Any:
    """When nothing runs on the server for two frames."""
    page.wait_for_function(IDLE)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function(IDLE)
    return page


def button(page: Any, label: str) -> Any:
    """One of ours: Streamlit's own Stop is there until a fresh server has loaded what hides it."""
    ours = page.locator(':not([data-testid="stStatusWidget"] *)')
    named = page.get_by_role("button", name=re.compile(rf"(^|\s){re.escape(label)}$"))
    return named.and_(ours).filter(visible=True).first


def without_trouble(page: Any) -> None:
    for text in TROUBLE:
        assert page.get_by_text(text).count() == 0, page.locator("body").inner_text()
