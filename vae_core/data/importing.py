"""Your own data, whatever form it comes in: told apart by what the path is, read under the bounds of the settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from vae_core.data import arrays, fitting, images, sources, tables
from vae_core.data.download import Progress
from vae_core.data.fitting import Fitting
from vae_core.data.raw import Raw, as_words
from vae_core.errors import LoupeError
from vae_core.settings import Settings

KINDS = "An .npz file, a folder or .zip of images by class, or a .csv"


def read(
    path: Path, settings: Settings, rule: Fitting, *, pictures: Path | None = None, progress: Progress | None = None
) -> Raw:
    """`pictures` is the folder or zip that a manifest speaks of, where it does not lie beside it."""
    try:
        for place in (path, pictures):
            if place and not place.exists():
                raise LoupeError(f"{place} does not exist", f"{KINDS} was expected")
            if place and not (place.is_file() or place.is_dir()):  # a pipe would be waited for without end
                raise LoupeError(f"{place} is neither a file nor a folder", f"{KINDS} was expected")
        return _read(path, settings, rule, pictures, progress)
    except OSError as error:
        raise LoupeError(f"{path} cannot be read ({error})", "Files that this program may open were expected") from None
    except MemoryError:
        raise LoupeError(f"{path.name} takes more memory than there is", fix="Bring fewer or smaller images") from None


def located(path: Path | str) -> Path:
    """The place that a path means in the end: `~` and links are followed."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # nobody's home, links in a circle, a letter that is none
        raise LoupeError(f"{path} is no path ({error})", f"{KINDS} was expected") from None


def _read(path: Path, settings: Settings, rule: Fitting, pictures: Path | None, progress: Progress | None) -> Raw:
    manifest = _manifest(path)
    if manifest:
        beside = None if path == manifest else path
        return tables.read_manifest(manifest, pictures or beside, settings, rule, progress)
    if pictures:
        raise LoupeError(f"{path.name} is no list of pictures", "A .csv with a column 'path' was expected")
    if path.is_dir() or path.suffix.lower() == ".zip":
        return _read_pictures(path, settings, rule, progress)
    if path.suffix.lower() == ".npz":
        raw = arrays.read_npz(path, settings)
    elif path.suffix.lower() == ".csv":
        raw = tables.read_pixels(path, settings)
    else:
        raise LoupeError(f"{path.name} is of a kind that cannot be read", f"{KINDS} was expected")
    pixels, notes, warnings = fitting.fit_array(raw.pixels, rule, settings)
    return replace(raw, pixels=pixels, notes=(*raw.notes, *notes), warnings=warnings)


def manifest_beside(path: Path) -> Path | None:
    """The manifest of a folder or zip: the .csv of the same name beside it."""
    beside = path.parent / f"{path.name if path.is_dir() else path.stem}.csv"
    return beside if tables.is_manifest(beside) else None


def _manifest(path: Path) -> Path | None:
    if path.is_dir() or path.suffix.lower() == ".zip":
        return manifest_beside(path)
    return path if tables.is_manifest(path) else None


def _read_pictures(path: Path, settings: Settings, rule: Fitting, progress: Progress | None) -> Raw:
    with sources.open_source(path, settings) as source:
        found, told = sources.entries(source.names(), path.name)
        names = [entry.name for entry in found]
        pixels, notes, warnings = images.read_all(names, source.read, settings, rule, progress)
    labels = as_words([entry.label for entry in found], "class") if found[0].label else None
    parts = np.array([entry.part for entry in found]) if found[0].part else None
    return Raw(pixels, labels, parts, notes=(*told, *notes), warnings=warnings)
