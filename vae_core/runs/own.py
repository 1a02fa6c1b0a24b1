"""Files in folders of ours, and only there: no link is followed out of them, and nobody else may change them."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from typing import IO

from vae_core.errors import LoupeError

NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # Windows has none


def refuse_others() -> None:
    """Let this process and those that it starts write nothing that everybody may change, however it was started."""
    was = os.umask(0o022)
    os.umask(was | 0o002 if was else 0o022)


def refuse_links(folder: Path) -> None:
    """A folder of ours holds none: what is read through one, or written, lies elsewhere and is not ours."""
    try:
        with os.scandir(folder) as entries:
            found = [each.name for each in entries if each.is_symlink()]
    except OSError:  # who reads it says what is wrong with it
        return
    if found or os.path.islink(folder):
        told = f"'{(found or ['it'])[0]}' of {folder.name} is a link, which may lead anywhere"
        raise LoupeError(told, "A file or folder of its own was expected", "Put a copy in its place, or remove it")


def opened(path: Path, mode: str, buffering: int = -1) -> IO[bytes]:
    """A file in a folder of ours, and nothing that a link in its place leads to."""
    return open(path, mode, buffering, opener=_itself)


def _itself(path: str, flags: int) -> int:
    return os.open(path, flags | NO_LINK, 0o666)


def read(path: Path, most: int | None = None) -> bytes:
    """All of it; a ValueError where that is more than so many bytes."""
    with FileIO(path, opener=_itself) as file:
        if most is not None and os.fstat(file.fileno()).st_size > most:
            raise ValueError(f"it has more than {most:,} bytes")
        return file.readall()
