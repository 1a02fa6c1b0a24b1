"""Normalised data sets on disk: one folder with the arrays (data.npz) and what is known about them (meta.json)."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from vae_core.data.arrays import read_header
from vae_core.data.dataset import Array, Dataset, Part, Summary
from vae_core.errors import LoupeError

VERSION = 1


def write(dataset: Dataset, folder: Path) -> None:
    """All or nothing: the folder appears complete under its name, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        np.savez(
            partial / "data.npz", allow_pickle=False, **_arrays(dataset)
        )  # not compressed, so that it can be mapped
        (partial / "meta.json").write_text(json.dumps(_meta(dataset), indent=1), encoding="utf-8")
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def read(folder: Path) -> Dataset:
    meta = _read_meta(folder)
    try:
        return _build(meta, _mapped(folder / "data.npz"))
    except (OSError, ValueError, KeyError, EOFError, struct.error, zipfile.BadZipFile) as error:
        raise _damaged(folder, error) from None


def summary(folder: Path) -> Summary:
    meta = _read_meta(folder)
    try:
        values = {**meta["summary"], "ready": True}
        lists = {name: tuple(values[name]) for name in ("image", "classes", "notes", "warnings")}
        return Summary(**{**values, **lists})
    except (KeyError, TypeError) as error:
        raise _damaged(folder, error) from None


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
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
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


def _build(meta: dict[str, Any], arrays: dict[str, Array]) -> Dataset:
    parts = {}
    for half in ("train", "test"):
        columns = {name: arrays[f"column{place}_{half}"] for place, name in enumerate(meta["columns"])}
        parts[half] = Part(arrays[f"x_{half}"], arrays.get(f"y_{half}"), columns)
    known = meta["summary"]
    return Dataset(
        known["name"],
        known["title"],
        parts["train"],
        parts["test"],
        tuple(known["classes"]),
        arrays.get("validation"),
        arrays.get("groups"),
        tuple(known["notes"]),
        tuple(known["warnings"]),
        meta["fingerprint"],
        known["source"],
    )


def _read_meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        version = meta["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from None
    if version != VERSION:
        raise LoupeError(
            f"The data set in {folder} has version {version!r}",
            f"This program reads version {VERSION}",
            "Remove it and add it again",
        )
    return dict(meta)


def _damaged(folder: Path, error: Exception) -> LoupeError:
    return LoupeError(f"The data set in {folder} is damaged ({error})", fix="Remove it and add it again")
