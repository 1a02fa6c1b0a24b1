"""A file that leaves the house: complete, or not there at all. What stood in its place stays until then.

Several that belong together lie in a folder that is theirs alone, and a list there says which they are."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from uuid import uuid4

from vae_core import disk
from vae_core.checked import Unfit, listed, record, text
from vae_core.errors import LoupeError
from vae_core.runs import files

LIST = "latent-loupe.json"  # of the files in such a folder


def make(folder: Path) -> None:
    """A folder that may be there already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LoupeError(f"{folder} could not be made: {error.strerror}", "A folder was expected") from None


def write_folder(folder: Path, contents: Callable[[], Mapping[str, bytes]]) -> list[Path]:
    """Files by their names, which may lie one folder deeper; those of before that are no longer among them go.

    Only what this wrote itself is replaced, and it is looked at before the contents are made. Broken off at any point,
    it leaves a folder that the next one takes up."""
    before = _listed(folder)
    wanted = contents()
    for name in wanted:
        if name not in before and (folder / name).exists():
            raise LoupeError(
                f"{folder / name} was not made here", "It would be lost", "Move it, or name another folder"
            )
    make(folder)
    _list(folder, [*before, *(name for name in wanted if name not in before)])
    for name, content in wanted.items():
        make((folder / name).parent)
        write(folder / name, content)
    for name in before:
        if name not in wanted:
            _remove(folder / name)
    _list(folder, list(wanted))
    return [folder / name for name in wanted]


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise LoupeError(f"{path} could not be removed: {error.strerror}", "It is no longer among the pages") from None


def _list(folder: Path, names: Sequence[str]) -> None:
    write(folder / LIST, json.dumps({"files": names}, indent=1).encode())


def _listed(folder: Path) -> list[str]:
    """What an earlier one wrote there."""
    if (folder / LIST).is_file():
        return list(files.read_json(folder / LIST, record(files=listed(_inside)))["files"])
    try:
        here = folder.iterdir() if folder.exists() else ()
        is_free = all(path.name.startswith(files.TEMPORARY) for path in here)  # the list, killed as it was begun
    except OSError as error:
        raise LoupeError(f"{folder} cannot be read: {error.strerror}", "A folder was expected") from None
    if not is_free:
        raise LoupeError(
            f"{folder} is not empty, and was not made here",
            "An empty folder was expected, or one that was written here before",
            "Name another folder",
        )
    return []


def _inside(value: object) -> str:
    """The list may come from anybody, and what it names may be removed."""
    path = PurePosixPath(text(value))
    if path.is_absolute() or ".." in path.parts or "\\" in str(path) or str(path) in (".", LIST):
        raise Unfit("the name of a file in that folder")
    return str(path)


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
    ours = f"{files.TEMPORARY}{hashlib.sha256(target.name.encode()).hexdigest()[:8]}-"
    disk.sweep_left(target.parent, ours)  # what a killed one left of the same file
    aside = target.with_name(f"{ours}{uuid4().hex[:8]}")
    try:
        with disk.making(aside), aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(target, aside)  # whoever might read what was there may read this
        files.patiently(lambda: os.replace(aside, target))
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
