"""Each write of each change fails in turn: what was there loads, what is said can be understood, nothing is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shim
from conftest import Once

SHORT = ("full", "read-only", "failing")
EVERY = 13  # writes, in the short form


@pytest.fixture(scope="session")
def library(once: Once) -> Path:
    return once("shim", shim.build) / "shim.so"


def run(library: Path, script: str, *words: object) -> dict[str, Any]:
    done = shim.behind(library, script, *words)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("fault", SHORT)
def test_fault_disk_at_some_writes(library, tmp_path, fault):
    found = run(library, "each_write.py", tmp_path, fault, EVERY)
    assert not found["wrong"] and min(found["tried"].values()) > 0


@pytest.mark.long
@pytest.mark.parametrize("fault", [*SHORT, "full for a moment", "gone"])
def test_fault_disk_at_each_write(library, tmp_path, fault):
    found = run(library, "each_write.py", tmp_path, fault, 1)
    assert not found["wrong"] and sum(found["tried"].values()) > 200


@pytest.mark.parametrize("every", [23, pytest.param(1, marks=pytest.mark.long)])
def test_fault_power_is_cut(library, tmp_path, every):
    """What was finished is whole, and so is what was said to be; see power.py."""
    found = run(library, "power_cut.py", tmp_path, every)
    assert not found["wrong"] and found["tried"] > 0


@pytest.mark.parametrize("seconds", [-86_400, 86_400, -(10**9)])
def test_fault_clock_jumps_in_a_training(library, tmp_path, seconds):
    assert run(library, "jumps.py", tmp_path, seconds) == {"wrong": []}


def test_fault_disk_is_slow(library, tmp_path):
    """No change waits for another so long that it gives up."""
    assert not run(library, "each_write.py", tmp_path, "slow", 1, "a card", "a task")["wrong"]
