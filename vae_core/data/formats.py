"""Every form in which images of your own may come, told apart by what a path is: arrays, or pictures to be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vae_core.data import arrays, layouts, listings, manifests, sources, tables
from vae_core.data.listings import Listing, Reader
from vae_core.data.raw import Raw
from vae_core.errors import LoupeError
from vae_core.settings import Settings

KINDS = "An .npz file, a folder or .zip of images by class, or a .csv"


@contextmanager
def opened(path: Path, pictures: Path | None, settings: Settings) -> Iterator[Raw | tuple[Listing, Reader]]:
    """`pictures` is the folder or archive that a list speaks of."""
    in_source = path.is_dir() or sources.suffix(path) in sources.ARCHIVES
    manifest = manifests.beside(path) if in_source else path if manifests.is_manifest(path) else None
    if manifest:
        with manifests.opened(manifest, pictures or (path if in_source else None), settings) as found:
            yield found
    elif pictures:
        raise LoupeError(f"{path.name} is no list of pictures", "A .csv with a column 'path' was expected")
    elif in_source:
        with sources.open_source(path, settings) as source:
            names = source.names()
            listing = manifests.inside(source, names, path.name, settings)
            yield listing or listings.by_folders(names, path.name), source.read
    else:
        yield _array(path, settings)


def _array(path: Path, settings: Settings) -> Raw:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return layouts.read_npz(path, settings)
    if suffix == ".npy":
        return arrays.read_npy(path, settings)
    if suffix in manifests.SUFFIXES:
        return tables.read_pixels(path, settings)
    raise LoupeError(f"{path.name} is of a kind that cannot be read", f"{KINDS} was expected")
