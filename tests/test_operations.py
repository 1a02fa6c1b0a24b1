"""The operations of a packed network have the same names and the same order wherever they are written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from vae_core.look.program import packing, steps
from vae_core.look.program.operations import FUNCTIONS, Program

ROOT = Path(__file__).resolve().parents[1]
KERNEL, NETWORK, FORMAT = (
    (ROOT / path).read_text("utf-8")
    for path in ("ui/components/shared/kernel.c", "ui/components/shared/network.js", "docs/plane-format.md")
)


def between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]


def test_every_reader_numbers_the_functions_alike() -> None:
    compiled = between(KERNEL, "enum {", "}").lower().replace(" ", "").split(",")
    interpreted = re.findall(r"^    (\w+):", between(NETWORK, "FUNCTIONS = ", "});"), re.MULTILINE)
    described = re.findall(r"(\d+) (\w+)", between(FORMAT, "| count, kind |", "|\n"))
    assert tuple(compiled) == tuple(interpreted) == FUNCTIONS == tuple(steps.APPLIED)
    assert described == [(str(number), name) for number, name in enumerate(FUNCTIONS)]
    assert set(re.findall(r"case (\w+):", KERNEL)) == {name.upper() for name in FUNCTIONS}


def test_every_reader_has_every_operation() -> None:
    compiled = set(re.findall(r"^EXPORT\((\w+)\)", KERNEL, re.MULTILINE))
    plain = between(NETWORK, "class Plain {", "static FUNCTIONS")
    interpreted = set(re.findall(r"^  (\w+)\(.*\) \{$", plain, re.MULTILINE)) - {"constructor"}
    described = set(re.findall(r"^\| `(\w+)` \|", between(FORMAT, "| op |", "\n\n"), re.MULTILINE))
    assert compiled == interpreted == described == set(steps.STEPS)


@pytest.mark.parametrize(("what", "version"), [("relu", 1), ("sin", 2), ("normalize", 2), ("affine", 1)])
def test_a_network_is_of_the_first_version_that_has_its_operations(what: str, version: int) -> None:
    program = Program()
    given = program.new((4,))
    vectors = [np.ones(1)] if what == "normalize" else [np.ones(4)] * 2
    found = program.activated(given, what) if what in FUNCTIONS else program.emit(what, [given], (4,), [1, 4], *vectors)
    data = packing.pack(program, given, [found])
    assert data[4] == version and packing.read(data, "it")["outputs"][0]["shape"] == [4]
