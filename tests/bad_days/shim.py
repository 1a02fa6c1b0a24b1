"""A process between which and its disk stands shim.c: made with the compiler of this machine, once a machine."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vae_core.settings import PROJECT

HERE = Path(__file__).parent
LIBRARY = "LD_PRELOAD"


def build(folder: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("clang")
    if sys.platform != "linux" or not compiler:
        pytest.skip("only on Linux, with a C compiler, can something stand between a process and its disk")
    command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]
    subprocess.run([*command, str(folder / "shim.so"), str(HERE / "shim.c")], check=True)


def behind(library: Path, script: str, *words: object, **places: str) -> subprocess.CompletedProcess[str]:
    """What a script of this folder prints, every change of the disk by which goes through the shim."""
    paths = os.pathsep.join(map(str, (PROJECT, HERE.parent, HERE)))
    here = {**os.environ, **places, LIBRARY: str(library), "PYTHONPATH": paths}
    command = [sys.executable, str(HERE / script), *map(str, words)]
    return subprocess.run(command, cwd=PROJECT, env=here, capture_output=True, text=True, timeout=280)


class Shim:
    """For the process that it stands before."""

    def __init__(self, below: Path) -> None:
        self._shim: Any = ctypes.CDLL(None)
        self._shim.disk_watch(os.fsencode(below))

    def fail(self, at: int, count: int, number: int) -> None:
        self._shim.disk_fail(at, count, number)

    def heal(self) -> int:
        """How many changes there were since it was told to let one fail."""
        return int(self._shim.disk_fail(0, 0, 0))

    def mark(self, word: str) -> None:
        self._shim.disk_mark(word.encode())

    @contextmanager
    def slow(self, milliseconds: int) -> Iterator[None]:
        self._shim.disk_slow(milliseconds)
        yield
        self._shim.disk_slow(0)

    @contextmanager
    def recorded(self, path: Path) -> Iterator[None]:
        self._shim.disk_record(os.fsencode(path))
        yield
        self._shim.disk_record(b"")

    def move_clock(self, seconds: int) -> None:
        self._shim.clock_move(ctypes.c_longlong(seconds))


def clock(seconds: int) -> Mapping[str, str]:
    """The environment of a process whose clock is so much ahead."""
    return {"SHIM_CLOCK": str(seconds)}
