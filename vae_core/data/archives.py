"""Zip archives, the only way into them: what they state is checked first, and no more than that is ever unpacked."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vae_core.errors import LoupeError
from vae_core.settings import Settings

# What Python raises of a zip whose bytes are not what they say, a password and an unknown method included.
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)
LONGEST = 1024  # letters of a name with its folders
# The other methods, bzip2 and LZMA, unpack 4 kB to gigabytes in one go, whatever size the archive states.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """One that was found in order. Its members are known by their names, in which a backslash divides folders, too."""

    def __init__(self, archive: zipfile.ZipFile, settings: Settings) -> None:
        self._archive = archive
        self.name = Path(archive.filename or "the archive").name
        _check(archive.infolist(), self.name, settings)
        found = {info.filename.replace("\\", "/"): info for info in archive.infolist()}
        self._members = {name: info for name, info in found.items() if not name.endswith("/")}
        self.sizes = {name: info.file_size for name, info in self._members.items()}

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A member's bytes, never more than its size; what is wrong with them, or made of them here, is told."""
        try:
            with self._archive.open(self._members[name]) as file:
                yield file
        except DAMAGED as error:
            raise LoupeError(
                f"{name} in {self.name} is damaged: it cannot be unpacked ({error})",
                "A sound archive was expected",
                "Make it anew",
            ) from None

    def read(self, name: str, most: int) -> bytes:
        with self.open(name) as file:
            return file.read(most)


@contextmanager
def opened(path: Path, settings: Settings, kind: str, expected: str) -> Iterator[Archive]:
    """`kind` is what the archive is called where it is none."""
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED as error:
        raise LoupeError(f"{path.name} cannot be opened as a {kind} ({error})", expected) from None
    with archive:
        yield Archive(archive, settings)


def _check(infos: list[zipfile.ZipInfo], source: str, settings: Settings) -> None:
    """Nothing is unpacked to disk, but an archive that tries to leave its folder is not to be trusted with anything."""
    check_bounds(source, len(infos), sum(info.file_size for info in infos), settings)
    for info in infos:
        name = info.filename
        check_name(name, source)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise link(source, name)
        if info.flag_bits & 1:
            raise LoupeError(f"{source} is encrypted", "An archive without a password was expected")
        if info.compress_type not in METHODS:
            told = "An archive that is packed in the usual way, by Deflate or not at all, was expected"
            raise LoupeError(f"{name} in {source} is packed by method {info.compress_type}", told, "Make it anew")


def check_name(name: str, source: str) -> None:
    if is_outside(name):
        raise LoupeError(
            f"{source} holds '{name}', which would lie outside its folder",
            "Paths inside the archive were expected",
            "Do not trust this archive; make one of your own",
        )
    if len(name) > LONGEST:
        raise LoupeError(f"{source} holds a name of {len(name):,} letters", f"At most {LONGEST:,} were expected")


def is_outside(name: str) -> bool:
    """Absolute, a Windows drive, upwards, or what no file can be called."""
    steps = name.replace("\\", "/").split("/")
    return not steps[0] or steps[0][1:2] == ":" or ".." in steps or "\0" in name


def link(source: str, name: str) -> LoupeError:
    return LoupeError(
        f"{source} holds a link, '{name}', which may lead anywhere",
        "Plain files were expected",
        "Put a copy of the file in its place",
    )


def check_bounds(source: str, files: int, size: int, settings: Settings) -> None:
    if files > settings.max_files:
        raise LoupeError(
            f"{source} holds more than {settings.max_files:,} files",
            "Fewer files were expected",
            "Raise the setting max_files if this is meant",
        )
    if size > settings.max_bytes:
        raise LoupeError(
            f"{source} unpacks to more than {settings.max_bytes:,} bytes",
            "Smaller data was expected",
            "Raise the setting max_bytes if this is meant",
        )
