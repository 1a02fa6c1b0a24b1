"""The page starts, light and alone: without TensorFlow, and without talking to anybody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest
from conftest import environment
from streamlit.testing.v1 import AppTest

from vae_core.settings import PROJECT, Settings

SECONDS = 60


@pytest.fixture
def server(settings: Settings) -> Iterator[tuple[psutil.Process, str]]:
    """A page server on a free port, as `make app` starts it, and its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", port, "--server.headless", "true"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=PROJECT, env=environment(settings), stdout=quiet, stderr=quiet)
    try:
        _wait_until_it_answers(f"http://localhost:{port}/_stcore/health", process)
        yield psutil.Process(process.pid), f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the page server did not start")


def test_the_page_runs_without_and_with_a_run(settings, trained, monkeypatch):
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    page = AppTest.from_file(os.path.join(PROJECT, "app.py"), default_timeout=SECONDS).run()
    assert not page.exception
    monkeypatch.setenv("LOUPE_CHECKPOINTS", str(trained.settings.checkpoints))
    assert not page.run().exception


def test_a_browser_shows_it_and_nobody_else_is_asked(chromium, server):
    process, address = server
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_text("Latent Loupe").first.wait_for(timeout=1000 * SECONDS)
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("Traceback").count() == 0
    page.close()
    assert {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))} == {"localhost"}
    hosts = {part.laddr.ip for part in process.net_connections("inet") if part.status == psutil.CONN_LISTEN}
    assert hosts and hosts <= {"127.0.0.1", "::1"}
    if sys.platform == "linux":
        assert not [part.path for part in process.memory_maps() if "tensorflow" in part.path]
