"""Who holds a folder that several machines see: on some file systems one does not see the lock of the other.

A holder makes a file of the next number, and touches it while it lives. One that was paused, taken for dead and then
goes on finds a higher number there, and writes no more."""

from __future__ import annotations

import errno
import json
import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from vae_core.errors import LoupeError
from vae_core.runs.files import told

BEAT_SECONDS, LOST_SECONDS = 10.0, 60.0  # clocks of machines that share a folder differ by less
log = logging.getLogger(__name__)


class Lost(LoupeError):
    """Somebody else has the folder now."""


class Lease:
    """Held from its making until it is released."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self._ended = threading.Event()
        threading.Thread(target=self._beat, name=f"lease-{number}", daemon=True).start()

    def check(self) -> None:
        if not self._is_there() or _newest(self._folder) != self._number:
            raise Lost(f"{self._folder.parent.name} is held by another machine now", "This process writes no more")

    def _is_there(self) -> bool:
        """Whoever takes the folder over removes this file. To open it asks the server, on NFS, too, where a list of
        names may be a minute old."""
        try:
            with _path(self._folder, self._number).open("rb"):
                return True
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ESTALE):
                return False
            raise

    def release(self) -> None:
        self._ended.set()
        with suppress(OSError):
            os.utime(_path(self._folder, self._number), (0, 0))

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self.check()
                os.utime(_path(self._folder, self._number))
            except (Lost, FileNotFoundError):
                log.error("%s was taken over by another machine: this process ends", self._folder.parent.name)
                os._exit(1)  # whatever it was about to write would be written over the other's
            except OSError as error:  # the storage is gone for a while: others wait for it, too
                log.warning("%s", error)


def claim(folder: Path) -> Lease:
    """Take the folder, whoever has it: for the process that is its job. An earlier life of it may only seem dead."""
    import socket

    with told(folder):
        folder.mkdir(exist_ok=True)
        last = _newest(folder)
        try:
            with _path(folder, last + 1).open("x") as file:  # of two that want the same number one gets it
                json.dump({"host": socket.gethostname(), "pid": os.getpid()}, file)
        except FileExistsError:
            raise LoupeError(f"{folder.parent.name} was just taken by another machine") from None
        for number in _numbers(folder):
            if number <= last:
                _path(folder, number).unlink(missing_ok=True)
    return Lease(folder, last + 1)


def is_held(folder: Path) -> bool:
    """Whether its holder has been heard of lately."""
    with suppress(FileNotFoundError):
        return abs(time.time() - _path(folder, _newest(folder)).stat().st_mtime) < LOST_SECONDS
    return False


def _newest(folder: Path) -> int:
    return max(_numbers(folder), default=0)


def _numbers(folder: Path) -> list[int]:
    """Read anew at each call."""
    with suppress(FileNotFoundError):
        return [int(name) for name in os.listdir(folder) if name.isdigit()]
    return []


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}"
