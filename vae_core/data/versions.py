"""The same images in another size: each way in which an added data set was read is a version of it.

The newest one has the name. The others lie beside it as `name@fingerprint`, for the runs that were trained on them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from vae_core.data import catalog, keeping, originals
from vae_core.data.dataset import Dataset
from vae_core.data.download import Progress
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError
from vae_core.settings import Settings


def refit(name: str, settings: Settings, fitting: Fitting, progress: Progress | None = None) -> Dataset:
    """Read an added data set again from its originals, in another way. What it was stays for the runs that know it."""
    original = originals.find(name, settings)
    if original is None or (name in catalog.names(settings) and not original.is_there):
        where = f"They lay at {original.path}" if original else "They were removed, or an earlier version added it"
        raise LoupeError(f"The originals of '{name}' are not here", where, "Add it again, under another name")
    original = replace(original, fitting=fitting)
    dataset = catalog.read(name, original, settings, progress)
    with catalog.told(name, settings):
        folder = catalog.added_folder(settings) / f"{name}@{dataset.fingerprint}"
        if not folder.is_dir():
            keeping.write(dataset, folder)
        _put_forward(name, folder, settings)
        originals.remember(name, original, settings)
    return dataset


def adopt(name: str, elsewhere: Settings, settings: Settings) -> None:
    """Keep what lies under this name in another cache folder, as a new data set or as the newest version of it."""
    read, original = catalog.added_folder(elsewhere) / name, originals.find(name, elsewhere)
    known = originals.find(name, settings) if name in catalog.names(settings) else None
    with catalog.told(name, settings):
        target = catalog.added_folder(settings) / f"{name}@{keeping.fingerprint(read)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_dir():
            read.rename(target)
        _put_forward(name, target, settings)
        if known and original:
            originals.remember(name, replace(known, fitting=original.fitting), settings)
        elif original:
            originals.remove(name, settings)
            originals.folder(name, settings).parent.mkdir(exist_ok=True)
            originals.folder(name, elsewhere).rename(originals.folder(name, settings))


def _put_forward(name: str, folder: Path, settings: Settings) -> None:
    """Make one version the data set itself, and what that was a version."""
    newest = catalog.added_folder(settings) / name
    if newest.is_dir():
        known = newest.with_name(f"{name}@{keeping.fingerprint(newest)}")
        if known == folder:
            return shutil.rmtree(folder)
        newest.rename(known)
    folder.rename(newest)


def version(name: str, fingerprint: str | None, settings: Settings) -> str:
    """What to load for whoever knows images by their fingerprint: an older version if that is kept, or the newest."""
    found = f"{name}@{fingerprint}"
    return found if catalog.VERSIONED.fullmatch(found) and (catalog.added_folder(settings) / found).is_dir() else name


@dataclass(frozen=True)
class Sizes:
    """What an added data set takes on disk, in bytes."""

    newest: int
    older: int
    originals: int
    versions: int  # how many older ones there are


def sizes(name: str, settings: Settings) -> Sizes:
    here = catalog.added_folder(settings)
    older = list(here.glob(f"{name}@*"))
    counts = [sum(file.stat().st_size for file in place.iterdir()) for place in (here / name, *older)]
    return Sizes(counts[0], sum(counts[1:]), originals.kept_bytes(name, settings), len(older))
