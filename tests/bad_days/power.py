"""What a disk holds after the power has gone: of what was recorded (see shim.c), in each of four ways.

A system writes later than it is told to, unless it is told to sync. So after each change there are several disks that
could be found: everything was written; the names were, and of contents only what was synced; half of the rest of those;
neither names nor contents, but what was synced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

ALL, NAMES, TORN, SYNCED = "all", "names", "torn", "synced"
WAYS = (ALL, NAMES, TORN, SYNCED)


class Step(NamedTuple):
    what: str
    path: str
    other: str
    at: int
    data: bytes


@dataclass
class File:
    now: bytearray = field(default_factory=bytearray)
    synced: bytes = b""

    def found(self, way: str) -> bytes:
        if way == ALL:
            return bytes(self.now)
        if way == TORN:
            rest = self.now[len(self.synced) :]
            return self.synced + bytes(rest[: len(rest) // 2])
        return self.synced


@dataclass
class Folder:
    now: dict[str, Entry] = field(default_factory=dict)
    synced: dict[str, Entry] = field(default_factory=dict)


Entry: TypeAlias = File | Folder


class Disk:
    """The folder `root`, empty at first."""

    def __init__(self, root: str) -> None:
        self.root, self.top = root, Folder()

    def take(self, step: Step) -> None:
        place, name = self._place(step.path)
        here = place.now.get(name)
        if step.what == "mkdir":
            place.now.update({name: Folder()} if name else {})
        elif step.what in ("opened", "truncated"):
            file = place.now.setdefault(name, File())
            if step.what == "truncated" and isinstance(file, File):
                file.now.clear()
        elif step.what == "unlink":
            place.now.pop(name, None)
        elif step.what == "rename":
            target, new = self._place(step.other)
            target.now[new] = place.now.pop(name)
        elif isinstance(here, File):
            _change(here, step)
        elif step.what == "sync":
            folder = here if isinstance(here, Folder) else self.top
            folder.synced = dict(folder.now)

    def _place(self, path: str) -> tuple[Folder, str]:
        """The folder that holds it, and its name there."""
        *parts, name = path.removeprefix(self.root).strip("/").split("/")
        folder = self.top
        for part in parts:
            inner = folder.now[part]
            assert isinstance(inner, Folder)
            folder = inner
        return folder, name

    def found(self, way: str, target: Path) -> None:
        """Lay down what would be found."""
        _lay(self.top, way, target)


def _change(file: File, step: Step) -> None:
    if step.what == "write":
        end = step.at + len(step.data)
        file.now.extend(bytes(max(0, end - len(file.now))))
        file.now[step.at : end] = step.data
    elif step.what == "cut":
        del file.now[step.at :]
        file.now.extend(bytes(step.at - len(file.now)))
    elif step.what == "sync":
        file.synced = bytes(file.now)


def _lay(folder: Folder, way: str, target: Path) -> None:
    target.mkdir()
    for name, entry in (folder.synced if way == SYNCED else folder.now).items():
        if isinstance(entry, Folder):
            _lay(entry, way, target / name)
        else:
            (target / name).write_bytes(entry.found(way))


def steps(log: bytes) -> Iterator[Step]:
    place = 0
    while place < len(log):
        end = log.index(b"\n", place)
        what, path, other, at, size = log[place:end].decode().split("\t")
        place = end + 1 + int(size)
        yield Step(what, path, other, int(at), log[end + 1 : place])
