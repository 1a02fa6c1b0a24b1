"""Arrays that people bring: NumPy archives, shapes and value ranges. Nothing is ever unpickled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np

from vae_core.data import archives
from vae_core.data.archives import Archive
from vae_core.data.dataset import Array
from vae_core.data.raw import LONGEST, PART_WORDS, Raw
from vae_core.errors import LoupeError
from vae_core.settings import Settings

LAYOUT = "x_train, y_train, x_test, y_test, or just x (and y)"
LARGEST = 2**53  # a label: beyond it not every whole number has a float of its own
SLACK = 1e-3  # resampled floats overshoot their range a little


def read_npz(path: Path, settings: Settings) -> Raw:
    """The images of an archive with x_train, y_train, x_test, y_test (and x_validation, y_validation), or x and y."""
    arrays = _load(path, settings)
    endings = {f"_{word}": part for word, part in PART_WORDS.items()}
    if not any(f"x{ending}" in arrays for ending in endings):
        endings = {"": "train"}
    found = {ending: part for ending, part in endings.items() if f"x{ending}" in arrays}
    if not found:
        raise LoupeError(f"{path.name} holds {', '.join(arrays) or 'nothing'}", f"Arrays called {LAYOUT} were expected")
    images = [as_images(arrays[f"x{ending}"], f"x{ending}") for ending in found]
    _check_same_size([f"x{ending}" for ending in found], images)
    labels = _labels(arrays, found, images, path.name)
    pixels, notes = to_uint8(images)
    parts = np.repeat(list(found.values()), [len(x) for x in images])
    left_out = sorted(set(arrays) - {f"{letter}{ending}" for letter in "xy" for ending in found})
    if left_out:
        notes = (*notes, f"Left out of {path.name}: {', '.join(left_out)}")
    return Raw(pixels, labels, None if "" in found else parts, notes=notes)


def _labels(arrays: Mapping[str, Array], endings: Iterable[str], images: Sequence[Array], source: str) -> Array | None:
    """Those of all parts; None where no part has any."""
    names = [f"y{ending}" for ending in endings]
    found = {name: as_labels(arrays.get(name), name, len(x)) for name, x in zip(names, images, strict=True)}
    known = [y for y in found.values() if y is not None]
    if not known:
        return None
    if missing := [name for name, y in found.items() if y is None]:
        raise LoupeError(f"{source} has labels for some parts, but no {missing[0]}", "Labels for all parts or for none")
    if len({y.dtype.kind for y in known}) > 1:
        raise LoupeError("Some labels are numbers and some are words", "Labels of one kind were expected")
    return np.concatenate(known)


def _load(path: Path, settings: Settings) -> dict[str, Array]:
    expected = f"A file written by numpy.savez was expected, with {LAYOUT}"
    with archives.opened(path, settings, "NumPy archive", expected) as archive:
        members = [name for name in archive.sizes if name.endswith(".npy")]
        arrays = {name[:-4].lower(): _read_member(archive, name, settings) for name in members}
    if len(arrays) < len(members):
        raise LoupeError(f"{path.name} holds two arrays of one name", "Each name once was expected")
    return arrays


def _read_member(archive: Archive, name: str, settings: Settings) -> Array:
    """A header can promise anything, so it is read before memory is taken for it."""
    with archive.open(name) as file:
        header = read_header(file)
        _check_header(name, header, settings)
        if header.size != archive.sizes[name] - file.tell():
            raise ValueError(f"its header tells of {header.size:,} bytes")
    with archive.open(name) as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _check_header(name: str, header: Header, settings: Settings) -> None:
    if header.dtype.hasobject:
        raise LoupeError(
            f"{name} holds pickled Python objects, which can run code when they are opened",
            "Plain numbers were expected",
            "Save it again as an array of numbers, for example np.stack(images)",
        )
    if header.size > settings.max_bytes:
        raise LoupeError(
            f"{name} says it holds {header.shape} values of {header.dtype}",
            f"At most {settings.max_bytes:,} bytes were expected",
        )


class Header(NamedTuple):
    """What an array in a file says of itself before its values come."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes]) -> Header:
    """A ValueError where it is none: it is text in the form of Python, and may be any text."""
    is_first = np.lib.format.read_magic(file) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if is_first else np.lib.format.read_array_header_2_0
    try:
        header = Header(*read(file))
    except (ValueError, SyntaxError, TokenError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError(f"its header makes no sense: {str(error)[:80]}") from None
    if any(type(side) is not int or side < 0 for side in header.shape):
        raise ValueError(f"its header tells of a shape {str(header.shape)[:80]}")
    return header


def as_images(values: Array, name: str) -> Array:
    """(n, h, w), (n, h, w, 1 or 3), or flat rows of square grey or RGB images, as (n, h, w, c)."""
    if values.ndim == 4 and values.shape[1] in (1, 3) and values.shape[3] not in (1, 3):
        raise LoupeError(
            f"{name} has the shape {values.shape}, channels first",
            "Channels last was expected",
            f"Save np.moveaxis({name}, 1, -1) instead",
        )
    if values.ndim == 3:
        values = values[..., None]
    elif values.ndim == 2:
        values = _from_rows(values, name)
    if values.ndim != 4 or values.shape[3] not in (1, 3):
        raise LoupeError(
            f"{name} has the shape {values.shape}",
            "Images (n, height, width) in grey, or (n, height, width, 3) in colour were expected",
        )
    if 0 in values.shape:
        raise LoupeError(f"{name} is empty: it has the shape {values.shape}", "At least one image was expected")
    return values


def _from_rows(rows: Array, name: str) -> Array:
    for channels in (1, 3):
        side = round((rows.shape[1] / channels) ** 0.5)
        if side and side * side * channels == rows.shape[1]:
            return rows.reshape(len(rows), side, side, channels)
    raise LoupeError(
        f"{name} has rows of {rows.shape[1]} values",
        "Rows of a square image were expected, such as 28 x 28 = 784",
        "Bring images that are not square as (n, height, width)",
    )


def _check_same_size(names: Sequence[str], images: Sequence[Array]) -> None:
    for name, values in zip(names, images, strict=True):
        if values.shape[1:] != images[0].shape[1:]:
            sizes = [f"{values.shape[1]}x{values.shape[2]}x{values.shape[3]}" for values in (images[0], values)]
            raise LoupeError(f"{names[0]} has images of {sizes[0]}, but {name} has {sizes[1]}", "One size was expected")


def as_labels(values: Array | None, name: str, count: int) -> Array | None:
    """One whole number or word an image, as int64 or str."""
    if values is None:
        return None
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (count,):
        raise LoupeError(
            f"{name} has the shape {values.shape}", f"One label for each of the {count} images was expected"
        )
    kind = values.dtype.kind
    if kind in "SU":
        return _as_words(values, name)
    if kind not in "biuf" or (kind in "uf" and not ((values == np.rint(values)) & (np.abs(values) < LARGEST)).all()):
        raise LoupeError(
            f"{name} holds values of type {values.dtype}", "Whole numbers or words were expected as labels"
        )
    return values.astype(np.int64)


def _as_words(values: Array, name: str) -> Array:
    """A file may hold numbers in the place of letters that are none."""
    letters = values.dtype.itemsize // (4 if values.dtype.kind == "U" else 1)
    if letters > LONGEST:
        raise LoupeError(f"{name} holds words of {letters:,} letters", f"At most {LONGEST:,} were expected")
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    codes = np.ascontiguousarray(values, values.dtype.newbyteorder("=")).view(np.uint32)
    if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
        raise LoupeError(f"{name} holds letters that are none", "Words in Unicode were expected")
    return values


def to_uint8(images: Sequence[Array]) -> tuple[Array, tuple[str, ...]]:
    """All images in one uint8 array, and what was done to the values.

    The range is judged once, over all images together, by the smallest and the largest value:
    8-bit numbers above 16 stay as they are; whole numbers from 0 to 1 or 0 to 16, whatever their type, are stretched to
    0..255; 16-bit numbers are divided by 257; floats from 0 to 1 are multiplied by 255; floats from -1 to 1 become
    (x + 1) * 127.5; floats from 0 to 255 with a value above 16 are rounded. Anything else is refused.
    """
    kinds = {values.dtype.kind for values in images}
    if not kinds <= set("biuf"):
        raise LoupeError(f"The images hold values of type {images[0].dtype}", "Numbers were expected")
    low, high = _bounds(images)
    whole = "f" not in kinds or all((values == np.rint(values)).all() for values in images)
    scale, shift, note = _range_rule(low, high, whole, "f" in kinds)
    if scale == 1 and kinds <= set("u") and all(values.dtype == np.uint8 for values in images):
        return (images[0] if len(images) == 1 else np.concatenate(images)), ()
    result = np.concatenate([_rescale(values, scale, shift) for values in images])
    return result, (note,) if note else ()


def _bounds(images: Sequence[Array]) -> tuple[float, float]:
    low, high = min(float(values.min()) for values in images), max(float(values.max()) for values in images)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise LoupeError(
            "The images hold values that are no numbers (NaN or infinite)",
            "Finite values were expected",
            "Replace them, for example with np.nan_to_num, or leave these images out",
        )
    return low, high


def _range_rule(low: float, high: float, whole: bool, floats: bool) -> tuple[float, float, str]:
    """Scale, shift and the sentence that tells it."""
    told = f"Values {low:g} to {high:g} were read as"
    if low >= -SLACK and high <= 1 + SLACK and (floats or high > 0.5):
        return 255.0, 0.0, f"{told} 0 to 1 and multiplied by 255"
    if low >= -1 - SLACK and high <= 1 + SLACK and floats:
        return 127.5, 127.5, f"{told} -1 to 1 and brought to 0 to 255"
    if low >= 0 and 1 < high <= 16 and whole:
        return 255 / 16, 0.0, f"{told} 0 to 16 and brought to 0 to 255"
    if low >= 0 and high <= 255 and (not floats or high > 16):
        return 1.0, 0.0, "" if whole else f"{told} 0 to 255 and rounded"
    if low >= 0 and high <= 65535 and not floats:
        return 1 / 257, 0.0, f"{told} 16-bit numbers and divided by 257"
    raise LoupeError(
        f"The pixel values go from {low:g} to {high:g}",
        "A range of 0 to 1, -1 to 1, 0 to 16 (whole numbers) or 0 to 255 was expected",
        "Bring the values to one of these ranges",
    )


def _rescale(values: Array, scale: float, shift: float) -> Array:
    """A few thousand images at a time, so that no second copy in floats is held."""
    result = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), 2048):
        block = values[start : start + 2048].astype(np.float64) * scale + shift
        result[start : start + 2048] = np.clip(np.rint(block), 0, 255)
    return result
