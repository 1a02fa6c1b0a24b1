"""The local data folder: data sets that lie there as `<name>.npz`, `<name>.zip`, `<name>.tar.gz` or `<name>/`."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from vae_core.checked import NO_DEVICE
from vae_core.data import manifests, sources

NAME = re.compile(NO_DEVICE + r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
SUFFIXES = (".npz", *sources.ARCHIVES, ".parquet")


def canonical(name: str) -> str:
    """fashion_mnist, Fashion-MNIST and fashion-mnist are one name."""
    return name.lower().replace("_", "-")


def paths(folder: Path | None) -> dict[str, Path]:
    """What lies there, by name; an .npz before an archive before a folder of the same name."""
    if folder is None or not folder.is_dir():
        return {}
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=_rank):
        name = sources.stem(path)
        if NAME.fullmatch(name) and (path.is_dir() or sources.suffix(path) in SUFFIXES):
            found.setdefault(name, path)
    return found


def _rank(path: Path) -> tuple[int, str]:
    suffix = sources.suffix(path)
    return SUFFIXES.index(suffix) if suffix in SUFFIXES else len(SUFFIXES), path.name


def stamp(path: Path) -> str:
    """Changes whenever a file changes: sizes and times are compared, as contents would take too long."""
    digest = hashlib.sha256()
    for file in (path, manifests.beside(path)):
        for place in _files(file) if file else ():
            state = os.lstat(place)
            digest.update(f"{place}|{state.st_size}|{state.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:12]


def _files(path: Path) -> list[str]:
    if not path.is_dir():
        return [str(path)]
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
