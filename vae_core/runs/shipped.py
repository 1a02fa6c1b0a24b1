"""The runs that come with the program: exported runs in a folder beside it, unpacked into the cache to be looked at.

They are taken in by the same door as runs of strangers. What is computed of them later lies with the copies, so the
folder that they came in never changes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from vae_core.errors import LoupeError
from vae_core.runs import files, locks, store
from vae_core.runs.store import Summary
from vae_core.settings import Settings

# What unpacks them is imported inside the functions that need it: listing does not.

STAMP, NONE = ".stamp", "none"  # what the copies were made of
log = logging.getLogger(__name__)


def every(settings: Settings) -> list[Summary]:
    """All that nobody hid. Without a cache that can be written there are none."""
    try:
        ready(settings)
        return store.list_shipped(settings)
    except (LoupeError, OSError) as error:
        log.warning("The runs that come along are not shown: %s", error)
        return []


def ready(settings: Settings) -> None:
    """See that the copies are there, and are those of this version."""
    stamp = _stamp(settings.shipped)
    if stamp == _made(settings):
        return
    settings.cache.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(settings.cache / "shipped.lock", seconds=60):
        if stamp != _made(settings):  # else another process was quicker
            _unpack(settings, stamp)


def _stamp(folder: Path) -> str:
    """Of what the zips hold, from the sums in their lists: nothing is unpacked for it."""
    told = [(path.name, _sums(path)) for path in sorted(folder.glob("*.zip"))]
    return hashlib.sha256(repr(told).encode()).hexdigest() if told else NONE


def _sums(path: Path) -> list[int]:
    from vae_core.data.archives import DAMAGED

    try:
        with zipfile.ZipFile(path) as archive:
            return [info.CRC for info in archive.infolist()]
    except DAMAGED:
        return [path.stat().st_size]


def _made(settings: Settings) -> str:
    try:
        return (settings.copies / STAMP).read_text("ascii")
    except FileNotFoundError:
        return NONE


def _unpack(settings: Settings, stamp: str) -> None:
    from vae_core.runs import transfer

    with files.aside(settings.cache) as hidden:
        for path in sorted(settings.shipped.glob("*.zip")):
            try:
                transfer.unpack(replace(settings, checkpoints=hidden), path)
            except LoupeError as error:
                log.warning("%s is left out: %s", path.name, error)
        for mark in settings.copies.glob(f"{store.HIDDEN}*"):
            shutil.copy(mark, hidden)
        (hidden / STAMP).write_text(stamp, "ascii")
        old = hidden.with_name(f"{hidden.name}-old")
        if settings.copies.exists():
            os.replace(settings.copies, old)
        os.replace(hidden, settings.copies)
        shutil.rmtree(old, ignore_errors=True)
