"""The 2-D map of MNIST against the clock: -ELBO of the test images after so many seconds, beside two known examples.

LOUPE_DATA=... python -m bench.speedrun --json [--seconds 60,300] [--seeds 3] [--only house,keras,torch] [--out FILE]

The rules stand in docs/speedrun.md. An entry that cannot run is a row that says so: `torch` needs bench/torch.sh.
"""

from __future__ import annotations

import sys

from bench import rivals, timed, turns
from bench.rows import Row
from vae_core import settings as house
from vae_core.data import catalog
from vae_core.design import recipes

MODULE = "bench.speedrun"


def main() -> None:
    timed.main(__doc__, "entry", ENTRIES, lambda asked: ENTRIES[asked["entry"]](asked), _measured, _told)


def _measured(asked: Row) -> Row:
    if asked["entry"] == "house":
        return timed.in_time(MODULE, asked)
    python = turns.pythons().get("newest") if asked["entry"] == "torch" else sys.executable
    return timed.apart(MODULE, asked, python) if python else {"open": "torch is not installed"}


def _house(asked: Row) -> Row:
    """The default of this data set, as any page begins it."""
    return timed.train(recipes.default("mnist", (28, 28, 1)), asked)


def _rival(name: str) -> timed.Measure:
    def entry(asked: Row) -> Row:
        data = catalog.load("mnist", house.load())
        return dict(getattr(rivals, name)(data.train.pixels, data.test.pixels, asked))

    return entry


def _told(row: Row) -> str:
    name = f"{row['entry']:6s}{row['seconds']:6.0f} s  seed {row['seed']}  "
    if "open" in row:
        return f"{name}open: {row['open']}"
    return f"{name}-ELBO {row['negative_elbo']:.2f}, {row['steps']:,} steps in {row['taken']:.1f} s"


ENTRIES: dict[str, timed.Measure] = {"house": _house, "keras": _rival("by_keras"), "torch": _rival("by_torch")}

if __name__ == "__main__":
    main()
