"""The known faults (faults/known.py) still fit the source that they are made in, and the tests that should notice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from faults.known import FAULTS, Fault
from faults.source import Misfit, changed, is_whole

ROOT = Path(__file__).resolve().parents[1]
LEAST = 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fits_the_source(fault: Fault) -> None:
    text = (ROOT / fault.path).read_text("utf-8")
    made = changed(fault.path, text, fault.function, fault.old, fault.new)
    assert made != text and is_whole(fault.path, made)


def test_the_tests_that_should_notice_are_there() -> None:
    texts = "\n".join(path.read_text("utf-8") for path in ROOT.joinpath("tests").rglob("test_*.py"))
    there = set(re.findall(r"^ *def (test_\w+)", texts, re.MULTILINE))
    assert sorted({test for fault in FAULTS for test in fault.tests} - there) == []
    assert all(fault.tests for fault in FAULTS)


def test_there_are_enough_and_each_has_its_own_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= LEAST


@pytest.mark.parametrize(("function", "old"), [("one", "gone"), ("two", "1"), ("Kind.one", "2"), ("one", "x")])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "def one():\n    return 1, 'x', 'x'\nclass Kind:\n    def one(self):\n        return 1"),
        ("a.js", "function one() { return [1, 'x', 'x']; }\nclass Kind {\n  one() { return one(1); }\n}"),
    ],
)
def test_what_no_longer_fits_is_said(path: str, text: str, function: str, old: str) -> None:
    with pytest.raises(Misfit):
        changed(path, text, function, old, "3")
    assert changed(path, text, "Kind.one", "1", "3") == "3".join(text.rsplit("1", 1))
