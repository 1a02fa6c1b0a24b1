"""The history of a training as lines of CSV: a row an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

LOSSES = ("total", "reconstruction", "kl")
HISTORY = (
    "epoch",
    *(f"{part}_{loss}_nats_per_image" for part in ("train", "validation") for loss in LOSSES),
    "learning_rate",
    "beta",
    "seconds",
    "images_per_second",
    "peak_memory_mb",
)
HEADER = ",".join(HISTORY)
Row: TypeAlias = dict[str, Any]  # the numbers of an epoch by these names; None where one was none, never the epoch
MOST_EPOCHS = 10**9
VALIDATION = "validation_total_nats_per_image"


def line(row: Mapping[str, float | None]) -> str:
    unknown = set(row) - set(HISTORY)
    if unknown or "epoch" not in row:
        raise ValueError(f"not a history row: {sorted(unknown) or 'no epoch'}")
    cells = [str(int(row["epoch"] or 0))]
    for name in HISTORY[1:]:
        value = row.get(name)
        cells.append("" if value is None or not math.isfinite(value) else repr(float(value)))
    return ",".join(cells)


def rows(lines: list[str]) -> list[Row]:
    """None stands where a value was no number, or is not there. What makes no sense is left out."""
    header, *others = lines or [""]
    found = (_row(header.split(","), line.split(",")) for line in others)
    return [row for row in found if row is not None]


def best(rows: Sequence[Row]) -> Row | None:
    """The epoch of the lowest validation loss; None where no epoch has one."""
    known = [row for row in rows if row[VALIDATION] is not None]
    return min(known, key=lambda row: row[VALIDATION], default=None)


def _row(header: list[str], cells: list[str]) -> Row | None:
    try:
        found = {n: _finite(cell) for n, cell in zip(header, cells, strict=True)}
        row: Row = {name: found.get(name) for name in HISTORY}
        return {**row, "epoch": int(row["epoch"])} if 0 <= row["epoch"] < MOST_EPOCHS else None
    except (KeyError, TypeError, ValueError):
        return None


def _finite(cell: str) -> float | None:
    value = float(cell or "nan")
    return value if math.isfinite(value) else None
