"""Imports made wrong in every way: each is taken, or refused in a sentence, soon and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vae_core.settings import PROJECT

SHORT, LONG = 3_000, 200_000
MOST_SECONDS, MOST_MB = 2.0, 300


def fuzzed(folder: Path, count: int, seconds: float) -> dict:
    """By a process of its own, whose memory is that of imports alone."""
    command = [sys.executable, "tests/fuzz_imports.py", str(folder), str(count), "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def fine(found: dict) -> bool:
    assert found["faults"] == []
    return found["taken"] > 0 and found["slowest"] < MOST_SECONDS and found["peak_mb"] < MOST_MB


def test_no_import_is_a_fault_of_the_program(tmp_path):
    found = fuzzed(tmp_path, SHORT, 250)
    assert fine(found), found


@pytest.mark.long
def test_no_import_of_very_many_is_a_fault_of_the_program(tmp_path):
    found = fuzzed(tmp_path, LONG, 3_500)
    assert fine(found), found
