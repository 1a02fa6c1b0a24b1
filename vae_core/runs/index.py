"""What was read of runs before, so that a list of thousands opens none of them again. It may be thrown away.

The folders are the truth: a line counts only while the files that it was read from are the same ones, by their numbers,
sizes and times. It lies in the cache: the folder of the runs may be read-only, or others may write there, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TypeAlias

from vae_core.errors import LoupeError
from vae_core.runs import files
from vae_core.runs.run import CARD_FILE, CONFIG_FILE
from vae_core.runs.summary import Summary
from vae_core.runs.work import STATUS_FILE
from vae_core.settings import Settings

VERSION = 1  # raised where a line says something else of the same files
FOLDER = "lists"
READ_FROM = (CONFIG_FILE, CARD_FILE, STATUS_FILE)
NAMES = [field.name for field in fields(Summary)]
FEWEST = 64  # lines that have to be new before all are written again: so many are read in no time
SETTLED = 2.0  # seconds: what was written just now may be written once more without looking any different
Stamp: TypeAlias = list[int]
Look = Callable[[str], tuple[Summary | None, bool]]


class Index:
    """The lines of the runs in a folder, by name, each with what its files looked like before it was read."""

    def __init__(self, settings: Settings) -> None:
        self._folder = str(settings.checkpoints)
        self._path = settings.cache / FOLDER / f"{hashlib.sha256(self._folder.encode()).hexdigest()[:16]}.json"
        self._kept = _read(self._path)

    def lines(self, names: Iterable[str], look: Look) -> list[Summary]:
        """Of these runs; `look` reads one, and says whether that stays true."""
        found, kept, new = [], {}, 0
        for name in names:
            stamp = _stamp(f"{self._folder}/{name}")
            line, stays = self._known(name, stamp), True
            if line is None:
                line, stays = look(name)
                stays &= _settled(stamp)
                new += stays
            if line is not None:
                found.append(line)
                if stays:
                    kept[name] = (stamp, line)
        self._kept = kept
        if new >= FEWEST:
            _write(self._path, kept)
        return found

    def _known(self, name: str, stamp: Stamp) -> Summary | None:
        before, line = self._kept.get(name, ([], None))
        return line if stamp and before == stamp else None


def _stamp(folder: str) -> Stamp:
    """Of the files that a line is read from; empty where one is missing."""
    stamp: Stamp = []
    try:
        for name in READ_FROM:
            seen = os.stat(f"{folder}/{name}")
            stamp += (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
    except OSError:
        return []
    return stamp


def _settled(stamp: Stamp) -> bool:
    times = [moment for place in (2, 3) for moment in stamp[place::4]]
    return bool(stamp) and all(abs(time.time_ns() - moment) > SETTLED * 1e9 for moment in times)


def _read(path: Path) -> dict[str, tuple[Stamp, Summary]]:
    """Nothing where it is damaged, or of another version: then all is read anew."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        head, _, body = path.read_bytes().partition(b"\n")
        if head == _head(body):
            lines = ((stamp, dict(zip(NAMES, values, strict=True))) for stamp, values in json.loads(body))
            return {line["id"]: (stamp, Summary(**{**line, "image": tuple(line["image"])})) for stamp, line in lines}
    return {}


def _write(path: Path, lines: dict[str, tuple[Stamp, Summary]]) -> None:
    """Whoever writes last is right as well. Without a cache that can be written there is no index."""
    body = json.dumps([[stamp, [getattr(line, name) for name in NAMES]] for stamp, line in lines.values()]).encode()
    with suppress(LoupeError, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, _head(body) + b"\n" + body, durable=False)


def _head(body: bytes) -> bytes:
    return f"{VERSION} {zlib.crc32(body)} {' '.join(NAMES)}".encode()
