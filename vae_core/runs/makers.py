"""Who makes a file or a folder that is not whole yet: a lock on it, which goes when its maker is killed.

So what a dead one left is known from what somebody is at, however long that takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":

    @contextmanager
    def making(path: Path) -> Iterator[None]:
        """Nothing: a file that is held could not be renamed there. What is left goes when it is old."""
        yield

    def is_forsaken(path: str) -> bool:
        return False

else:
    import fcntl

    @contextmanager
    def making(path: Path) -> Iterator[None]:
        """Hold a folder, or a file, which is made for that."""
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with suppress(OSError):  # some file systems know no locks: then it goes when it is old
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)

    def is_forsaken(path: str) -> bool:
        """Whether nobody holds it, where that can be known."""
        try:
            handle = os.open(path, os.O_RDWR if os.path.isfile(path) else os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False
        finally:
            os.close(handle)
