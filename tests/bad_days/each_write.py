"""Makes changes of the disk again and again, and lets each write of theirs fail in turn. Prints what was wrong.

python each_write.py FOLDER FAULT EVERY CHANGE..., behind the shim"""

from __future__ import annotations

import errno
import json
import logging
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import changes
from shim import Shim

from vae_core.errors import LoupeError

FOR_EVER = 10**9
SLOW = 30  # milliseconds that a write of a slow disk takes
FAULTS = {  # what a change is answered with, and how many from then on
    "full": (errno.ENOSPC, FOR_EVER),
    "full for a moment": (errno.ENOSPC, 1),
    "read-only": (errno.EROFS, FOR_EVER),
    "failing": (errno.EIO, 1),
    "gone": (errno.EIO, FOR_EVER),
    "slow": (0, 0),
}
JARGON = re.compile(r"Errno|Traceback|Error\b|inside the program")
MOST = 2_000  # changes of the disk in one


def main(folder: Path, fault: str, every: int, names: list[str]) -> dict[str, Any]:
    logging.disable(logging.CRITICAL)
    found: dict[str, list[str]] = {}
    tried = {}
    for name in names or list(changes.CHANGES):
        tried[name], found[name] = each(folder / name, name, FAULTS[fault], every)
    return {"tried": tried, "wrong": {name: told for name, told in found.items() if told}}


def each(folder: Path, change: str, fault: tuple[int, int], every: int) -> tuple[int, list[str]]:
    """How many of its writes failed, and what was wrong then."""
    tried, found = 0, list[str]()
    for at in range(1, MOST, every):
        told, seen = once(folder / str(at), change, (at, fault[1], fault[0]))
        found += [f"at {at}: {one}" for one in told]
        if seen < at or not fault[0]:
            break
        tried += 1
    return tried, found


def once(folder: Path, change: str, fault: tuple[int, int, int]) -> tuple[list[str], int]:
    """What was wrong then, and how many changes of the disk there were."""
    settings, whole = changes.prepared(folder)
    shim = Shim(folder)
    shim.fail(*fault)
    with shim.slow(0 if fault[2] else SLOW):
        found = made(change, settings, whole)
    seen = shim.heal()
    found += changes.wrong(settings, whole)
    if fault[2] == errno.ENOSPC:  # with the other faults it may have been the removal that failed
        found += [f"left: {each}" for each in changes.left(settings)]
    shutil.rmtree(folder)
    return found, seen


def made(change: str, settings: Any, whole: Any) -> list[str]:
    """Make it; what was said of it that nobody understands."""
    try:
        changes.CHANGES[change](settings, whole)
    except LoupeError as error:
        said = str(error)
        return [f"it says: {said}"] if JARGON.search(said) else []
    except Exception as error:
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        return [f"{type(error).__name__}: {error} ({place.filename.rpartition('/')[2]}:{place.lineno})"]
    return []


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:])))
