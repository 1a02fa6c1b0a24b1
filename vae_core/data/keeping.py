"""Normalised data sets on disk: one folder with the arrays (data.npz) and what is known about them (meta.json)."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal
from uuid import uuid4

import numpy as np

from vae_core import disk
from vae_core.data.archives import DAMAGED
from vae_core.data.arrays import read_header
from vae_core.data.dataset import Array, Dataset, Part, Summary, Warned
from vae_core.errors import LoupeError

VERSION = 1


def write(dataset: Dataset, folder: Path) -> None:
    """All or nothing: the folder appears complete under its name, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    disk.sweep_left(folder.parent, f".{folder.name}.")  # what a process that was killed left of the same
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with disk.making(partial):
            _fill(partial, dataset)
            partial.rename(folder)
        disk.sync(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def remove(folder: Path) -> None:
    """At once under its name, then its files one by one."""
    hidden = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}")
    folder.rename(hidden)
    shutil.rmtree(hidden)


def _fill(partial: Path, dataset: Dataset) -> None:
    # Not compressed, so that it can be mapped.
    np.savez(partial / "data.npz", allow_pickle=False, **_arrays(dataset))
    (partial / "meta.json").write_text(json.dumps(_meta(dataset), indent=1), encoding="utf-8")
    disk.sync_all(partial)


@dataclass(frozen=True)
class Meta:
    """What is known about a kept data set beside its arrays."""

    summary: Summary
    columns: tuple[str, ...]
    fingerprint: str


def read(folder: Path) -> Dataset:
    """Each array is checked by its sum, once: it is mapped from the file, where a changed bit would pass for data."""
    meta, path = _read_meta(folder), folder / "data.npz"
    try:
        return _build(meta, _mapped(path))
    except (*DAMAGED, KeyError, TypeError) as error:
        raise _damaged(path, error) from None


def summary(folder: Path) -> Summary:
    return _read_meta(folder).summary


def fingerprint(folder: Path) -> str:
    return _read_meta(folder).fingerprint


def summarise(dataset: Dataset, origin: str) -> Summary:
    validation = 0 if dataset.validation is None else len(dataset.validation)
    return Summary(
        dataset.name,
        dataset.title,
        dataset.image,
        len(dataset.train),
        validation,
        len(dataset.test),
        dataset.classes,
        origin,
        True,
        dataset.source,
        dataset.notes,
        dataset.warnings,
    )


def _meta(dataset: Dataset) -> dict[str, Any]:
    columns = list(dataset.train.columns)
    return {
        "version": VERSION,
        "summary": asdict(summarise(dataset, "added")),
        "columns": columns,
        "fingerprint": dataset.fingerprint,
        "repairs": {told: told.repair for told in dataset.warnings if isinstance(told, Warned) and told.repair},
    }


def _arrays(dataset: Dataset) -> dict[str, Array]:
    values: dict[str, Array | None] = {"validation": dataset.validation, "groups": dataset.groups}
    for half, part in (("train", dataset.train), ("test", dataset.test)):
        values[f"x_{half}"], values[f"y_{half}"] = part.pixels, part.labels
        for place, column in enumerate(part.columns.values()):  # a column's own name may be no file name
            values[f"column{place}_{half}"] = column
    return {name: array for name, array in values.items() if array is not None}


def _mapped(path: Path) -> dict[str, Array]:
    """The arrays as the file holds them: only what is looked at is read, and it takes no memory of our own."""
    if os.name == "nt":  # a file that is mapped cannot be removed there
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:  # what was checked is what is mapped
        damaged = archive.testzip()
        if damaged:
            raise ValueError(f"the sum of {damaged} is wrong")
        return {info.filename.removesuffix(".npy"): _member(file, info) for info in archive.infolist()}


def _member(file: BinaryIO, info: zipfile.ZipInfo) -> Array:
    """It follows the archive's own words about it: 30 bytes, a name and further fields."""
    file.seek(info.header_offset + 26)
    file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
    began = file.tell()
    header = read_header(file)
    is_whole = file.tell() + header.size == began + info.file_size
    if info.compress_type != zipfile.ZIP_STORED or header.dtype.hasobject or not is_whole:
        raise ValueError(f"{info.filename} is no plain array")
    if not header.size:
        return np.empty(header.shape, header.dtype)
    order: Literal["F", "C"] = "F" if header.is_fortran else "C"
    return np.asarray(np.memmap(file, header.dtype, "r", file.tell(), header.shape, order))


def _build(meta: Meta, arrays: dict[str, Array]) -> Dataset:
    parts = {half: _part(half, meta, arrays) for half in ("train", "test")}
    known = meta.summary
    if any(part.pixels.dtype != np.uint8 or part.pixels.shape[1:] != known.image for part in parts.values()):
        raise ValueError("its images are of another kind than meta.json says")
    return Dataset(
        known.name,
        known.title,
        parts["train"],
        parts["test"],
        known.classes,
        arrays.get("validation"),
        arrays.get("groups"),
        known.notes,
        known.warnings,
        meta.fingerprint,
        known.source,
    )


def _part(half: str, meta: Meta, arrays: dict[str, Array]) -> Part:
    columns = {name: arrays[f"column{place}_{half}"] for place, name in enumerate(meta.columns)}
    return Part(arrays[f"x_{half}"], arrays.get(f"y_{half}"), columns)


def _read_meta(folder: Path) -> Meta:
    path = folder / "meta.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["version"] != VERSION:
            raise LoupeError(
                f"The data set in {folder} has version {found['version']!r}",
                f"This program reads version {VERSION}",
                "Remove it and add it again",
            )
        values = {**found["summary"], "ready": True}
        lists = {name: tuple(values[name]) for name in ("image", "classes", "notes", "warnings")}
        lists["warnings"] = _warnings(lists["warnings"], found.get("repairs", {}))  # earlier versions kept none
        meta = Meta(Summary(**{**values, **lists}), tuple(found["columns"]), found["fingerprint"])
        _check_types(meta)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from None
    return meta


def _warnings(told: tuple[Any, ...], repairs: Any) -> tuple[Any, ...]:
    if type(repairs) is not dict or not all(type(repair) is dict for repair in repairs.values()):
        raise ValueError("the repairs are none")
    return tuple(Warned(text, repairs[text]) if text in repairs else text for text in told)


def _check_types(meta: Meta) -> None:
    known = meta.summary
    words = (known.name, known.title, known.origin, known.source, meta.fingerprint, *known.classes, *known.notes)
    numbers = (*known.image, known.train, known.validation, known.test)
    if not all(isinstance(word, str) for word in (*words, *known.warnings, *meta.columns)):
        raise ValueError("a number stands in the place of a word")
    if len(known.image) != 3 or not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError("a number is none")


def _damaged(path: Path, error: Exception) -> LoupeError:
    return LoupeError(
        f"The data set '{path.parent.name}' is damaged: {path} ({error})", fix="Remove it and add it again"
    )
