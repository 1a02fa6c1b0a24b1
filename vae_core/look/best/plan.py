"""How many images the best codes are looked for, and at how many places: what is done in about a minute."""

from __future__ import annotations

import math
from dataclasses import dataclass

SECONDS = 75.0  # of one processor that it may take, about; a quarter of it for the places to begin at
SIDE, LEAST_SIDE = 64, 24  # places along each axis of a map
KNOWN, LEAST_KNOWN = 2000, 500  # images whose codes are places to begin at, too
COUNTS = (10_000, 5000, 2000, 1000, 500, 200)  # of images
STEPS = 5  # that an image takes, more or less
MOST_NUMBERS = 40_000_000  # of the pictures of all places, which are kept in memory


@dataclass(frozen=True)
class Plan:
    nodes: int  # of a lattice over a map; a code of more than two numbers has none
    known: int
    images: int

    @classmethod
    def within(cls, decodes: float, size: int, pixels: int) -> Plan:
        """So many decodes in all, about."""
        places = min(decodes / 4, MOST_NUMBERS / pixels)
        side = int(max(LEAST_SIDE, min(SIDE, math.sqrt(places * 2 / 3)))) if size <= 2 else 0
        known = int(max(LEAST_KNOWN, min(KNOWN, places - side**2)))
        left = (decodes - side**2 - known) / each(size)
        return cls(side**2, known, next((count for count in COUNTS if count <= left), COUNTS[-1]))


def each(size: int) -> int:
    """The decodes that one image takes, about: at its own code, and at each step one for each number of the code."""
    return 1 + STEPS * (size + 1)
