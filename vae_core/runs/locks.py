"""Locks that the operating system drops when their process dies, and whether a process still lives."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vae_core.errors import LoupeError
from vae_core.runs.files import gone, told

if TYPE_CHECKING:
    from filelock import BaseFileLock

# filelock and psutil are imported inside the functions: a list of finished runs needs neither.
POLL_SECONDS = 0.01
CLOCK_SLACK = 2.0  # start times of one process may differ by this much after the clock was set


def take(path: Path, seconds: float) -> BaseFileLock | None:
    """Take the lock, trying for that long; None where another process keeps it."""
    from filelock import FileLock, Timeout

    if not path.parent.exists():  # filelock would make it anew
        raise gone(path.parent)
    lock = FileLock(path, thread_local=False, fallback_to_soft=False)
    try:
        with told(path):
            lock.acquire(timeout=seconds, poll_interval=POLL_SECONDS)
    except Timeout:
        return None
    return lock


@contextmanager
def exclusive(path: Path, seconds: float = 10.0) -> Iterator[None]:
    """Hold a lock for a short change that two processes must not make at once."""
    lock = take(path, seconds)
    if lock is None:
        raise LoupeError(f"Another process is changing {path.parent.name}", fix="Try again in a moment")
    try:
        yield
    finally:
        lock.release()


def held(path: Path) -> bool:
    """Whether a living process has taken the lock. Looking disturbs nobody for longer than microseconds."""
    if not path.exists():
        return False
    return _held(path)


if sys.platform == "win32":

    def _held(path: Path) -> bool:
        """There is no shared lock here, so one who looks could take another for the holder: look again."""
        for _ in range(3):
            lock = take(path, 0)
            if lock is not None:
                lock.release()
                return False
            time.sleep(POLL_SECONDS)
        return True

else:
    import fcntl

    def _held(path: Path) -> bool:
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look do not see each other
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(handle)


def started(pid: int) -> float | None:
    """When the process began; with its number, that names it even after the number was given out again."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def alive(pid: int | None, began: float | None) -> bool:
    if pid is None or began is None:
        return False
    now = started(pid)
    return now is not None and abs(now - began) < CLOCK_SLACK
