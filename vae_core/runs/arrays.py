"""Arrays of a run, read only after their headers have said that they are what they should be. Nothing is unpickled.

Each is a member of a zip with a checksum, so that a bit that has changed is told and never shown as data.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_core.checked import Numbers
from vae_core.data.archives import DAMAGED, METHODS
from vae_core.errors import LoupeError
from vae_core.runs import own

if TYPE_CHECKING:
    import numpy as np

    from vae_core.data.arrays import Header

SMALL = 2**27  # bytes that a file may always unpack to, and ...
MOST_TIMES = 20  # ... how many times its own size: codes and weights hardly pack
SPOILED = (*DAMAGED, KeyError)
Form = Mapping[str, Numbers]
Sizes = Mapping[str, int]
Arrays = dict[str, "np.ndarray"]


def read(path: Path, form: Form, sizes: Sizes, others: bool = False) -> dict[str, np.ndarray]:
    """The arrays of the form, and with `others` all that are there. FileNotFoundError where there is no file."""

    def found(archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> dict[str, np.ndarray]:
        wanted = infos if others else {name: info for name, info in infos.items() if name in form}
        return {name: _values(archive, info) for name, info in wanted.items()}

    arrays = _checked(path, form, sizes, found)
    _refuse_what_is_no_number(path, form, arrays)
    return arrays


def check(path: Path, form: Form, sizes: Sizes) -> None:
    """Check a file of arrays by the headers alone."""
    _checked(path, form, sizes, lambda archive, infos: None)


def _checked(path: Path, form: Form, sizes: Sizes, then: Callable[..., Any]) -> Any:
    try:
        with own.opened(path, "rb") as file, zipfile.ZipFile(file) as archive:
            infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            headers = {name: _header(archive, info) for name, info in infos.items()}
            _refuse_too_much(os.fstat(file.fileno()).st_size, headers)
            _refuse_other_forms(form, headers, dict(sizes))
            return then(archive, infos)
    except FileNotFoundError:
        raise
    except SPOILED as error:
        raise _damaged(path, str(error)) from None


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Header:
    from vae_core.data.arrays import read_header

    if info.compress_type not in METHODS:
        raise ValueError(f"{info.filename} is packed in an unusual way")
    with archive.open(info) as file:
        header = read_header(file)
        if header.dtype.hasobject:
            raise ValueError(f"{info.filename} holds pickled objects, which can run code when they are opened")
        if file.tell() + header.size != info.file_size:
            raise ValueError(f"{info.filename} has another size than it says")
    return header


def _values(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """All of the member, whose checksum is looked at behind its last byte."""
    import numpy as np

    with archive.open(info) as file:
        values = np.lib.format.read_array(file, allow_pickle=False)
        file.read(1)
    return np.asarray(values)


def _refuse_too_much(held: int, headers: Mapping[str, Header]) -> None:
    size = sum(header.size for header in headers.values())
    if size > max(SMALL, MOST_TIMES * held):
        raise ValueError(f"it has {held:,} bytes and unpacks to {size:,}")


def _refuse_other_forms(form: Form, headers: Mapping[str, Header], sizes: dict[str, int]) -> None:
    for name, wanted in form.items():
        header = headers.get(name)
        if header is None:
            if not wanted.optional:
                raise ValueError(f"it has no '{name}'")
        elif header.dtype.kind not in wanted.kind or not _fits(header.shape, wanted.shape, sizes):
            raise ValueError(
                f"'{name}' is {header.dtype} of the shape {header.shape}, where {wanted.told()} was expected"
            )


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...], sizes: dict[str, int]) -> bool:
    return len(shape) == len(wanted) and all(
        size == (sizes.setdefault(each, size) if isinstance(each, str) else each) for size, each in zip(shape, wanted)
    )


def _refuse_what_is_no_number(path: Path, form: Form, arrays: Mapping[str, np.ndarray]) -> None:
    import numpy as np

    for name, wanted in form.items():
        if wanted.finite and name in arrays and not np.isfinite(arrays[name]).all():
            raise _damaged(path, f"'{name}' holds values that are no numbers")


def _damaged(path: Path, why: str) -> LoupeError:
    told = f"{path.parent.name}/{path.name} is damaged: {why}"
    return LoupeError(told, fix="Put it back from a copy, or train the run again")
