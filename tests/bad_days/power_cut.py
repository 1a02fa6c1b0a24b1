"""Makes changes of the disk, and opens what would be found had the power gone after one of them. Prints what was wrong.

python power_cut.py FOLDER EVERY CHANGE..., behind the shim"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import changes
import power
from shim import Shim
from support import settings_in

from vae_core.runs.store import Run


def main(folder: Path, every: int, names: list[str]) -> dict[str, Any]:
    logging.disable(logging.CRITICAL)
    folder.mkdir(exist_ok=True)
    home = folder / "home"
    log = folder / "log"
    shim = Shim(home)
    with shim.recorded(log):
        settings, whole = changes.prepared(home)
        shim.mark("prepared")
        for name in names or list(changes.CHANGES):
            if name == "a run":
                changes.a_run(settings, whole, shim.mark)
            else:
                changes.CHANGES[name](settings, whole)
    return opened(home, list(power.steps(log.read_bytes())), every, whole.id)


def opened(home: Path, recorded: list[power.Step], every: int, whole: str) -> dict[str, Any]:
    """Of every so many prefixes, each way in which it could be found."""
    disk, marks, tried = power.Disk(str(home)), list[str](), 0
    wrong: Counter[str] = Counter()
    for number, step in enumerate(recorded):
        if step.what == "mark":
            marks.append(step.path)
            if step.path == "prepared":  # long ago, so all of it is on the disk
                _settle(disk.top)
            continue
        disk.take(step)
        if "prepared" in marks and number % every == 0:
            for way in power.WAYS:
                tried += 1
                for each in _look(disk, way, home.with_name("found"), whole, marks):
                    wrong[f"{way}: {each}"] += 1
    return {"steps": len(recorded), "tried": tried, "wrong": [f"{n} times: {each}" for each, n in wrong.most_common()]}


def _settle(entry: power.Entry) -> None:
    if isinstance(entry, power.File):
        entry.synced = bytes(entry.now)
        return
    entry.synced = dict(entry.now)
    for inner in entry.now.values():
        _settle(inner)


def _look(disk: power.Disk, way: str, target: Path, whole: str, marks: list[str]) -> list[str]:
    disk.found(way, target)
    settings = settings_in(target)
    try:
        return [*changes.wrong(settings, Run(whole, settings)), *_lost(settings, marks)]
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        shutil.rmtree(target)


def _lost(settings: Any, marks: list[str]) -> list[str]:
    """What was said to be kept, and is not there."""
    found = []
    for mark in marks[1:]:
        word, name = mark.split(" ")
        run = Run(name, settings)
        if not run.path.is_dir():
            found.append(f"{word}, but there is no run")
        elif word == "done" and (run.state() != "done" or not run.model.exists()):
            found.append(f"done, but it is {run.state()}")
        elif word.startswith("epoch") and len(run.history()) < int(word[5:]):
            found.append(f"{word}, but there are {len(run.history())} rows")
        elif word.startswith("epoch") and int(word[5:]) not in run.snapshot_epochs():
            found.append(f"{word}, but no snapshot of it")
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))
