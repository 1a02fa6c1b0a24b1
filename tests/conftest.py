"""What tests share: settings of their own, a run that was really trained, and that nothing is left running."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from vae_core.runs.store import Run, open_run
from vae_core.settings import PROJECT, Settings

MARK = "LOUPE_TEST_SESSION"
# Files that take minutes go first, so that no process is left with one of them when the others are done.
LONGEST = ("search", "bad_days", "cli", "compare", "app", "training", "projection", "project_page", "tune_page")
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return _settings(tmp_path)


@pytest.fixture
def cli(settings: Settings) -> Cli:
    """The command line in a process of its own, with this test's settings."""
    return lambda *words: run_cli(settings, *words)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run on the digits, trained as anybody would train it. Not to be changed."""
    settings = _settings(tmp_path_factory.mktemp("trained"))
    done = run_cli(settings, "train", "--dataset", "digits", "--epochs", "4", "--json")
    assert done.returncode == 0, done.stderr
    return open_run(settings, json.loads(done.stdout)["run"])


def run_cli(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vae_core", *words]
    return subprocess.run(command, cwd=PROJECT, env=environment(settings), capture_output=True, text=True, timeout=250)


def environment(settings: Settings) -> dict[str, str]:
    places = {
        "LOUPE_CACHE": str(settings.cache),
        "LOUPE_CHECKPOINTS": str(settings.checkpoints),
        "LOUPE_TRAIN_SLOTS": str(settings.train_slots),
    }
    return {**{key: value for key, value in os.environ.items() if key != "LOUPE_DATA"}, **places}


def _settings(folder: Path) -> Settings:
    return Settings(cache=folder / "cache", checkpoints=folder / "checkpoints")


@pytest.fixture
def server(settings: Settings) -> Iterator[Any]:
    """The whole app behind an address of its own, with this test's settings."""
    from browser import serving

    with serving(settings) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser: the system's Chromium or Chrome, or the one that Playwright installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
        if not found and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("there is no Chromium here")
        alone = ["--no-sandbox"] if os.name == "posix" and os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=alone)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """Trainings outlive who starts them, so every process of this session carries a mark."""
    os.environ[MARK] = mark = uuid.uuid4().hex
    yield
    found = [process for process in psutil.process_iter() if process.pid != os.getpid() and _has(process, mark)]
    left = psutil.wait_procs(found, timeout=20)[1]  # one whose run has just ended takes a moment to leave
    told = [" ".join(process.cmdline()) for process in left]
    for process in left:
        process.kill()
    assert not told


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False  # somebody else's, or gone meanwhile
