"""Whatever comes in, damaged and crafted: an answer or a LoupeError, soon, and in little memory. See tests/fuzz."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import islice

import pytest
from fuzz import judge, place, runs
from fuzz.targets import TARGETS

from vae_core.settings import PROJECT

LONG = 20_000
NEEDS = {"kernel": "node"}


def tried(name: str, count: int) -> judge.Judge:
    if NEEDS.get(name) and not shutil.which(NEEDS[name]):
        pytest.skip(f"there is no {NEEDS[name]} here")
    with place.opened() as here:
        watch = judge.Judge(name, here)
        for case in islice(judge.made(name), count):
            watch.take(case)
    assert not watch.faults, "\n".join(watch.faults.values())
    return watch


@pytest.mark.parametrize("name", TARGETS)
def test_no_case_is_a_fault_of_the_program(name: str) -> None:
    count = TARGETS[name].short
    assert tried(name, count).cases > count / 2


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TARGETS)
def test_no_case_of_very_many_is_a_fault_of_the_program(name: str) -> None:
    tried(name, LONG)


def test_the_fuzzer_tells_what_it_tried(tmp_path) -> None:
    """As `make fuzz` starts it, here with a Python that may lack what guides it."""
    words = [sys.executable, "tests/fuzz/cover.py", "history", str(tmp_path), "--seconds=0.1"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["cases"] > 0 and told["faults"] == []


# What was found on the way: each is a case for ever.


def headless(document: dict) -> bytes:
    del document["config"]["version"]
    return bytes([runs.DOCUMENTS.index("config.json")]) + json.dumps(document).encode()


FOUND = {
    "a config without a version": ("documents", lambda: headless(json.loads(runs.documents()[2]))),
    "a history without a column": ("history", lambda: b"epoch,seconds\n1,2.5\n"),
    "a history with one column more": ("history", lambda: b"epoch,other\n1,2.5\n"),
}


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_stays_mended(what: str) -> None:
    name, case = FOUND[what]
    with place.opened() as here:
        assert not judge.Judge(name, here).take(case())
