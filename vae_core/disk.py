"""What survives a power cut, and what a dead process left: syncs, and a lock on whatever is not whole yet."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STALE_SECONDS = 3600.0  # a temporary file or folder this old belongs to nobody
FRESH_SECONDS = 2.0  # and one this old is held by who makes it, if that lives


def sync(path: Path) -> None:
    """Have what was written to a file, or renamed in a folder, on the disk. Windows cannot open folders and needs no
    such call."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(folder: Path) -> None:
    """The folder and all that lies in it, before it gets the name under which it counts."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def sweep(folder: Path, prefix: str, age: float) -> None:
    """Remove files and folders of that kind which nobody has touched for `age` seconds; best effort."""
    _remove(folder, prefix, lambda entry: _untouched(entry) >= age)


def sweep_left(folder: Path, prefix: str) -> None:
    """Remove files and folders of that kind that a dead process was making; best effort."""
    _remove(folder, prefix, _is_left)


def _remove(folder: Path, prefix: str, goes: Callable[[os.DirEntry[str]], bool]) -> None:
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.name.startswith(prefix) and goes(entry):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    os.unlink(entry)


def _untouched(entry: os.DirEntry[str]) -> float:
    """A clock that was set back since leaves files of the future: these are as old."""
    return abs(time.time() - entry.stat(follow_symlinks=False).st_mtime)


def _is_left(entry: os.DirEntry[str]) -> bool:
    untouched = _untouched(entry)
    held = is_held(entry.path) if untouched >= FRESH_SECONDS else True
    return not held and (held is False or untouched >= STALE_SECONDS)


# So what a dead one left is known from what somebody is at, however long that takes.

if sys.platform == "win32":

    @contextmanager
    def making(path: Path) -> Iterator[None]:
        """Nothing: a file that is held could not be renamed there. What is left goes when it is old."""
        yield

    def is_held(path: str) -> bool | None:
        return None

else:
    import fcntl

    @contextmanager
    def making(path: Path) -> Iterator[None]:
        """Hold a folder, or a file, which is made for that, until it is whole or its maker is dead."""
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with suppress(OSError):  # some file systems know no locks: then it goes when it is old
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)

    def is_held(path: str) -> bool | None:
        """Whether somebody makes it; None where that cannot be known."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        except OSError:
            return None
        finally:
            os.close(handle)
