"""Keeps what compiled libraries write to standard error, past Python's logging, out of a person's terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def chatter_to(path: Path | str) -> Iterator[None]:
    """Append it to this file; what Python writes still goes to where it went before."""
    sys.stderr.flush()
    before: TextIO = sys.stderr
    terminal = os.dup(2)
    target = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    if before is sys.__stderr__:
        sys.stderr = os.fdopen(os.dup(terminal), "w", buffering=1, errors="backslashreplace")
    os.dup2(target, 2)
    os.close(target)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        if sys.stderr is not before:
            sys.stderr.close()
            sys.stderr = before


@contextmanager
def silence() -> Iterator[None]:
    with chatter_to(os.devnull):
        yield
