"""The page in a real browser: it starts light and alone, trains a first model, and may die without harm to it."""

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

from vae_core.runs.store import Run, list_runs, open_run
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


def test_a_double_click_trains_one_first_model_and_a_reload_finds_it_again(chromium, server, settings):
    page = chromium.new_page()
    page.goto(server[1])
    page.get_by_role("button", name="Train a first model").dblclick(timeout=1000 * SECONDS)
    page.wait_for_url("**/train?run=*", timeout=1000 * SECONDS)
    address = page.url
    page.get_by_text("Map of codes").first.wait_for(timeout=1000 * SECONDS)  # the first epoch's pictures
    page.reload()
    page.get_by_role("button", name="Train longer").wait_for(timeout=2000 * SECONDS)  # it is done
    assert page.url == address
    run = _when_it_has_ended(settings)
    assert [each.id for each in list_runs(settings)] == [run.id] and run.id in address and run.state() == "done"
    assert page.get_by_text("Traceback").count() == 0
    page.close()


def test_a_training_outlives_the_page_server_that_started_it(chromium, server, settings):
    process, address = server
    page = chromium.new_page()
    page.goto(address)
    page.get_by_role("button", name="Train a first model").click(timeout=1000 * SECONDS)
    page.wait_for_url("**/train?run=*", timeout=1000 * SECONDS)
    page.close()
    process.kill()
    run = _when_it_has_ended(settings)
    assert run.state() == "done" and run.history()


def _when_it_has_ended(settings: Settings) -> Run:
    run = open_run(settings, list_runs(settings)[0].id)
    end = time.monotonic() + 2 * SECONDS
    while run.state() in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.05)
    return run
