"""Every form in which images of your own may come, told apart by what a path is: arrays, or pictures to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vae_core.data import arrays, idx, images, layouts, listings, manifests, parquet, sheets, sources, tables
from vae_core.data.listings import Listing, Reader
from vae_core.data.raw import Raw
from vae_core.data.sources import Source
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.words import some

KINDS = "A folder, .zip or .tar of images, an .npz, .npy, .csv, .tsv, .jsonl or .parquet, or an IDX file"


@contextmanager
def opened(path: Path, pictures: Path | None, settings: Settings) -> Iterator[Raw | tuple[Listing, Reader]]:
    """`pictures` is the folder or archive that a list speaks of."""
    in_source = path.is_dir() or sources.suffix(path) in sources.ARCHIVES
    manifest = manifests.beside(path) if in_source else path if manifests.is_manifest(path) else None
    if manifest:
        with manifests.opened(manifest, pictures or (path if in_source else None), settings) as found:
            yield found
    elif pictures:
        raise LoupeError(
            f"{path.name} is no list of pictures", "A .csv, .tsv or .jsonl with a column 'path' was expected"
        )
    elif in_source:
        with sources.open_source(path, settings) as source, _inside(source, path, settings) as found:
            yield found
    elif sources.suffix(path) == parquet.SUFFIX:
        with parquet.opened([path], path.name, settings) as found:
            yield found
    else:
        yield _array(path, settings)


@contextmanager
def _inside(source: Source, path: Path, settings: Settings) -> Iterator[Raw | tuple[Listing, Reader]]:
    """Pictures, or where there are none the tables of Hugging Face or the files of the first MNIST."""
    names = source.names()
    known = images.suffixes()
    has_pictures = any(name.lower().endswith(known) for name in names)
    tables = [path / name for name in names if name.lower().endswith(parquet.SUFFIX)] if path.is_dir() else []
    if not has_pictures and tables:
        with parquet.opened(tables, path.name, settings) as found:
            yield found
    elif not has_pictures and (files := idx.files(source, names)):
        yield _of_files(source, names, files, path.name, settings)
    else:
        listing = manifests.inside(source, names, path.name, settings)
        yield listing or listings.by_folders(names, path.name), source.read


def _of_files(source: Source, names: Sequence[str], files: Sequence[idx.File], place: str, settings: Settings) -> Raw:
    others = sorted(set(names) - {file.name for file in files})
    raw = idx.read(source, files, place, settings)
    return replace(raw, notes=(*raw.notes, f"Left out: {some(others, 3)}")) if others else raw


def _array(path: Path, settings: Settings) -> Raw:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return layouts.read_npz(path, settings)
    if suffix == ".npy":
        return arrays.read_npy(path, settings)
    if suffix in sheets.TABLES:
        return tables.read_pixels(path, settings)
    if suffix == sheets.LINES:
        raise LoupeError(f"{path.name} names no pictures", "A key such as file_name in each of its lines was expected")
    if idx.begins(path):
        return idx.read_beside(path, settings)
    raise LoupeError(f"{path.name} is of a kind that cannot be read", f"{KINDS} was expected")
