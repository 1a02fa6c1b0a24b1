"""The process that reads files of strangers: `python -m vae_core apart read NAME FITTING`. See runs/apart.py."""

from __future__ import annotations

import argparse
import base64
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from vae_core.cli.answer import Answer
from vae_core.errors import LoupeError
from vae_core.runs.apart import DONE, PROGRESS, READ, REFUSED, SHOWN, UNPACK
from vae_core.settings import Settings

if TYPE_CHECKING:
    from vae_core.data.dataset import Array

TOLD_EVERY = 0.1  # seconds
SHARE_OF_MEMORY = 0.75  # that it may take
log = logging.getLogger(__name__)


def add_apart(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=(READ, UNPACK))
    parser.add_argument("words", nargs="*")
    parser.set_defaults(command=work)


def work(args: argparse.Namespace, settings: Settings) -> Answer:
    _limit()
    try:
        found = _read(args.words, settings) if args.what == READ else _unpack(args.words, settings)
    except LoupeError as error:
        parts = {"happened": error.happened, "expected": error.expected, "fix": error.fix}
        return Answer(None, _line(REFUSED, {**parts, "repairs": [asdict(each) for each in error.repairs]}))
    except Exception:
        log.exception("what was read apart")  # where the page server writes; the cache may be one that is thrown away
        raise
    return Answer(None, _line(DONE, found))


def _limit() -> None:
    """Leave no file of its memory where it crashes, and take no more of that than leaves the others some."""
    if sys.platform == "win32":
        return
    import resource

    import psutil

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = int(psutil.virtual_memory().total * SHARE_OF_MEMORY)
    kept = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if kept == resource.RLIM_INFINITY or kept > most:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _read(words: Sequence[str], settings: Settings) -> list[str]:
    from vae_core.data import originals, versions

    name, fitting = words
    versions.refit(name, settings, originals.fitting(json.loads(fitting)), Telling())
    return []


def _unpack(words: Sequence[str], settings: Settings) -> list[str]:
    (owner,) = words
    from vae_core.runs import transfer

    return [run.id for run in transfer.unpack(settings, sys.stdin.buffer, owner)]


class Telling:
    """A progress that is drawn elsewhere."""

    def __init__(self) -> None:
        self._doing, self._told = "", 0.0

    def __call__(self, doing: str, done: int, total: int) -> None:
        now = time.monotonic()
        if doing != self._doing or done == total or now - self._told > TOLD_EVERY:
            self._doing, self._told = doing, now
            _say(_line(PROGRESS, {"doing": doing, "done": done, "total": total}))

    def shows(self, pixels: Array, told: str) -> None:
        packed = base64.b64encode(pixels.tobytes()).decode()
        _say(_line(SHOWN, {"told": told, "shape": list(pixels.shape), "pixels": packed}))


def _line(about: str, told: object) -> str:
    return json.dumps([about, told])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
