"""A file that leaves the house: complete, or not there at all. What stood in its place stays until then."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from vae_core.errors import LoupeError
from vae_core.runs import files


def write(path: Path, content: bytes) -> None:
    """A link goes on pointing to the file; what is no file, as /dev/stdout, is written to as it is."""
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as error:
        raise LoupeError(
            f"{path} could not be written: {error.strerror}", "What was there before is unharmed"
        ) from None


def _replace(target: Path, content: bytes) -> None:
    aside = target.with_name(f"{files.TEMPORARY}{uuid4().hex}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(target, aside)  # whoever might read what was there may read this
        files.patiently(lambda: os.replace(aside, target))
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
