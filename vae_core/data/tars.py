"""Tar archives, packed by gzip or not: what they state is checked first, and no more than that is ever unpacked."""

from __future__ import annotations

import gzip
import posixpath
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO

from vae_core.data import archives
from vae_core.errors import LoupeError
from vae_core.settings import Settings

SUFFIXES = (".tar", ".tar.gz", ".tgz")
# What Python raises of a tar whose bytes are not what they say.
DAMAGED = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError, RecursionError)
GZIPPED = b"\x1f\x8b"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Member:
    start: int
    size: int


class Tar:
    """The members of one that was found in order, by their names. Several threads may read."""

    def __init__(self, file: IO[bytes], members: dict[str, Member], name: str) -> None:
        self._file, self._members, self._name = file, members, name
        self._lock = Lock()
        self.sizes = {name: member.size for name, member in members.items()}

    def read(self, name: str, most: int) -> bytes:
        member = self._members[name]
        with self._lock:
            self._file.seek(member.start)
            content = self._file.read(min(member.size, most))
        if len(content) < min(member.size, most):
            raise _damaged(self._name, f"{name} ends too early")
        return content


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Tar]:
    with path.open("rb") as file, tempfile.TemporaryFile() as plain:
        is_packed = file.read(2) == GZIPPED
        file.seek(0)
        if is_packed:  # only what is unpacked can be read from any place
            _unpack(file, plain, path.name, settings)
        source: IO[bytes] = plain if is_packed else file
        yield Tar(source, _members(source, path.name, settings), path.name)


def _unpack(packed: IO[bytes], target: IO[bytes], name: str, settings: Settings) -> None:
    """Block by block, so that a bomb is stopped while it unpacks."""
    size = 0
    try:
        with gzip.GzipFile(fileobj=packed) as file:
            while block := file.read(BLOCK):
                size += len(block)
                archives.check_bounds(name, 0, size, settings)
                target.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(name, error) from None
    target.flush()


class _Sparing:
    """The file for a reader of headers: those of one member may take a block in all, whatever they claim."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, BLOCK
        self.seek, self.tell = file.seek, file.tell

    def refill(self) -> None:
        self._left = BLOCK

    def read(self, size: int) -> bytes:
        self._left -= size
        if size < 0 or self._left < 0:
            raise ValueError("what it says of a file takes more than 1 MiB")
        return self._file.read(size)


def _members(file: IO[bytes], source: str, settings: Settings) -> dict[str, Member]:
    found: dict[str, Member] = {}
    total, end = 0, file.seek(0, 2)
    file.seek(0)
    for count, info in enumerate(_listed(file, source), 1):
        total += info.size
        archives.check_bounds(source, count, total, settings)
        if not info.isdir():
            _check(info, source, end)
            found[posixpath.normpath(info.name)] = Member(info.offset_data, info.size)
    return found


def _listed(file: IO[bytes], source: str) -> Iterator[tarfile.TarInfo]:
    """One after the other. Python takes damage for the end, and goes round for ever where a size is negative."""
    sparing = _Sparing(file)
    try:
        with tarfile.TarFile(fileobj=sparing, errors="replace") as archive:  # type: ignore[arg-type]
            while (info := archive.next()) is not None:
                if info.size < 0:
                    raise ValueError("a size is negative")
                yield info
                sparing.refill()
            file.seek(archive.offset)
            if any(file.read(tarfile.BLOCKSIZE)):
                raise ValueError("a header makes no sense")
    except DAMAGED as error:
        raise _damaged(source, error) from None


def _check(info: tarfile.TarInfo, source: str, end: int) -> None:
    archives.check_name(info.name, source)
    if info.issym() or info.islnk():
        raise archives.link(source, info.name)
    if not info.isreg() or info.issparse():
        raise LoupeError(f"{source} holds '{info.name}', which is no plain file", "Plain files were expected")
    if info.offset_data + info.size > end:
        raise _damaged(source, f"{info.name} ends too early")


def _damaged(source: str, error: Exception | str) -> LoupeError:
    return LoupeError(f"{source} is damaged: {error}", "A sound tar archive was expected", "Make it anew")
