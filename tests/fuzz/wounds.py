"""What is done to bytes that were sound."""

from __future__ import annotations

import json
import random
from typing import Any

NUMBERS = [(1 << bits) + more for bits in (0, 7, 8, 15, 16, 31, 32, 62, 63) for more in (-1, 0)]
LENGTHS = (1, 2, 4, 30, 500)
CELLS = (
    "",
    "nan",
    "inf",
    "-1",
    "1e400",
    "0.5",
    "255",
    "256",
    "9" * 400,
    "9" * 5000,
    "a",
    "=1+1",
    '"',
    "\0",
    "é",
    "\t",
    ";",
    ",",
    "\n",
    "\r",
    "../a.png",
    "/etc/passwd",
    "a\0.png",
    "x" * 300,
    "x" * 2000,
    "train",
    "True",
    "\ud800",
)

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    float("nan"),
    1e308,
    "",
    "x" * 70_000,
    "\ud800",
    "../../etc",
    [],
    [[]],
    {},
    {"a": []},
)


def harmed(content: bytes, chance: random.Random) -> bytes:
    """One to four wounds anywhere."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        content = _wounded(content, chance)
    return content


def sometimes(content: bytes, chance: random.Random) -> bytes:
    """Harmed in two cases of five."""
    return harmed(content, chance) if chance.random() < 0.4 else content


def _wounded(content: bytes, chance: random.Random) -> bytes:
    place, length = chance.randrange(len(content) + 1), chance.choice(LENGTHS)
    before, cut, after = content[:place], content[place : place + length], content[place + length :]
    number = chance.choice(NUMBERS) & 0xFFFFFFFFFFFFFFFF
    return chance.choice(
        (
            before,
            after,
            before + after,
            before + cut + cut + after,
            before + bytes(len(cut)) + after,
            before + chance.randbytes(len(cut)) + after,
            before + chance.randbytes(length) + cut + after,
            before + number.to_bytes(8, chance.choice(("little", "big")))[: len(cut)] + after,
            before + bytes(byte ^ 1 << chance.randrange(8) for byte in cut[:1]) + cut[1:] + after,
        )
    )


def changed(document: bytes, chance: random.Random) -> bytes:
    """With other values in one to three places, wherever they stand."""
    whole = json.loads(document)
    for _ in range(chance.choice((1, 1, 3))):
        parent = whole
        while True:
            key = chance.choice(sorted(parent) if isinstance(parent, dict) else range(len(parent)))
            if not (isinstance(parent[key], dict | list) and parent[key] and chance.random() < 0.9):
                break
            parent = parent[key]
        parent[key] = chance.choice((*VALUES, *NUMBERS))
    return json.dumps(whole, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
