"""Files in folders of ours, and only there: no link is followed out of them, and nobody else may change them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from vae_core.errors import LoupeError


def refuse_others() -> None:
    """Let this process and those that it starts write nothing that everybody may change, however it was started."""
    was = os.umask(0o022)
    os.umask(was | 0o002 if was else 0o022)


def refuse_links(folder: Path) -> None:
    """A folder of ours holds none: what is read through one, or written, lies elsewhere and is not ours."""
    with suppress(OSError), os.scandir(folder) as entries:
        found = [folder.name] if folder.is_symlink() else [each.name for each in entries if each.is_symlink()]
        if found:
            told = f"'{found[0]}' of {folder.name} is a link, which may lead anywhere"
            raise LoupeError(told, "A file or folder of its own was expected", "Put a copy in its place, or remove it")


def opened(path: Path, mode: str, buffering: int = -1) -> IO[bytes]:
    """A file in a folder of ours, and nothing that a link in its place leads to."""
    return open(path, mode, buffering, opener=_itself)


def _itself(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def read(path: Path) -> bytes:
    with opened(path, "rb") as file:
        return file.read()
