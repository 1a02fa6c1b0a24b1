"""What a bench has measured stands in docs/measured.md, in the form of the rows that are there."""

from __future__ import annotations

import pytest

from bench import tables
from bench.rows import Row

ORIGIN = {"machine": "a machine, 2 cores", "date": "2026-01-02", "commit": "abc1234"}
PAIR: Row = {
    "seed": 11,
    "asked": {"pruner": "halving"},
    "trials": {"none": 24, "halving": 117},
    "epochs": {"none": 1320, "halving": 324},
    "epochs_ratio": 4.074,
    "seconds": {"none": 286.6, "halving": 71.2},
    "seconds_ratio": 4.05,
    "whole_seconds": {"none": 348.1, "halving": 75.3},
    "best": {"none": 30.62, "halving": 29.95},
    **ORIGIN,
}
CREDIT: Row = {
    "effects": {
        "0.03": [
            {"ended": ended, "minutes": minutes, "plain": True}
            for ended, minutes in (("differs", 1.5), ("differs", 8.0), ("little", 8.0), ("open", 9.0))
        ]
    },
    **ORIGIN,
}
JUDGED: list[Row] = [
    {"group": group, "missed": [], "false": false, **ORIGIN}
    for group, false in (("faulty", []), ("mistakes", ["undertrained"]), ("healthy", ["undertrained"]))
]
OWN: Row = {
    **{"set": "waves", "code": 8, "images": 2400, "steps": 2800, "best_epoch": 16, "epochs": 20},
    **{"trained_seconds": 61.3, "share_of_pca": 0.7381, "ssim_above_pca": 0.1, **ORIGIN},
}
TRAINED: Row = {
    **{
        "network": "house-map",
        "half": "amx_bf16",
        "seconds": "seconds",
        "versions": {"loupe": "float32"},
        "ratios": {"fit": 2.5, "torch": 1.25},
    },
    "best": {"fit": "fit-false", "torch": "torch-2.12-half"},
    "images_per_second": {"loupe": 10_000.0, "fit-false": 4_000.0, "torch-2.12-half": 8_000.0},
    **ORIGIN,
}
MADE = {"trials": [PAIR], "epochs": [PAIR], "credit": [CREDIT], "doctor": JUDGED, "own": [OWN], "train": [TRAINED]}
TOLD = {
    "trials": "| 11 | 1,320 | 324 | 4.07 | 287 | 71 | 4.05 | 348 | 75 | 30.62 | 29.95 |",
    "epochs": "| 11 | 24 | 117 | 1,320 | 324 | 4.07 | 287 | 71 | 4.05 | 30.62 | 29.95 |",
    "credit": "| 3% | 0 | 1 | 1 | 2 | 2 | 1 | 4 | 4 |",
    "own": "| waves | 8 | 2,400 | 2,800 | 16 of 20 | 61 | 0.738 | +0.100 |",
    "train": "| house-map | 10,000 (float32) | 4,000 (fit-false) | 2.50 | 8,000 (torch-2.12-half) | 1.25 | amx_bf16 |",
    "doctor": "| a fault put in, one rule after the other | 1 | 0 | 0 |",
}


@pytest.mark.parametrize("name", tables.TABLES)
def test_new_rows_are_added_once_below_those_that_are_there(name: str) -> None:
    before, table = tables.DOCUMENT.read_text("utf-8"), tables.TABLES[name]
    after = tables.added(before, table, MADE[name])
    assert tables.added(after, table, MADE[name]) == after
    new = [line for line in after.splitlines() if line not in before.splitlines()]
    assert new[0] == f"{TOLD[name]} a machine, 2 cores | 2026-01-02 | abc1234 |"
    place = after.splitlines().index(new[0])
    last = before.splitlines()[place - 1]
    assert last.count("|") == new[0].count("|") and not before.splitlines()[place].startswith("|")
    assert after.replace("".join(f"{line}\n" for line in new), "") == before
