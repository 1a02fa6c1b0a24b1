"""Lets the clock jump while a training writes, and looks at what it wrote. Prints what was wrong.

python jumps.py FOLDER SECONDS, behind the shim"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import changes
from shim import Shim

from vae_core.runs import files, jobs, slots, store
from vae_core.runs.index import Index
from vae_core.settings import Settings


def main(folder: Path, seconds: int) -> list[str]:
    shim = Shim(folder)
    settings, whole = changes.prepared(folder)
    jumps = [0]

    def jump(word: str) -> None:
        jumps[0] += 1
        shim.move_clock(seconds * (jumps[0] % 2))

    began = time.monotonic()
    changes.a_run(settings, whole, jump)
    took = time.monotonic() - began
    shim.move_clock(seconds)
    found = changes.wrong(settings, whole) + changes.left(settings) + listed(settings)
    return found + of_others(settings) + [f"it took {took:.0f} s"] * (took > 60)


def listed(settings: Settings) -> list[str]:
    """Every run, once, whenever it says that it was made; with a list from before the jump as well."""
    lines = store.list_runs(settings, Index(settings))
    names = [line.id for line in lines]
    newest = sorted(lines, key=lambda line: line.created, reverse=True)
    return [f"it lists {names}"] * (len(set(names)) != 3 or newest != lines)


def of_others(settings: Settings) -> list[str]:
    """What a process with another clock has: it is neither swept nor taken for dead."""
    found = []
    with files.aside(settings.checkpoints) as hidden:
        files.sweep_left(settings.checkpoints, files.NEW)
        found += ["what somebody makes was swept"] * (not hidden.is_dir())
    run = store.create(settings, changes.CONFIG, {})
    with slots.slot(settings, "train", slots.Ticket(time.time() - 2 * 10**9, "Ada", run.id)), jobs.hold(run, None):
        found += [f"it is {run.state()}"] * (run.state() != "running")
    return found


if __name__ == "__main__":
    print(json.dumps({"wrong": main(Path(sys.argv[1]), int(sys.argv[2]))}))
