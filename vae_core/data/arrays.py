"""Arrays that people bring: NumPy archives, shapes and value ranges. Nothing is ever unpickled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np

from vae_core.data import archives
from vae_core.data.archives import Archive
from vae_core.data.dataset import Array
from vae_core.data.raw import LONGEST, Raw
from vae_core.errors import LoupeError
from vae_core.settings import Settings

LAYOUT = "x_train, y_train, x_test, y_test, or just x (and y)"
LARGEST = 2**53  # a label: beyond it not every whole number has a float of its own
SLACK = 1e-3  # resampled floats overshoot their range a little


class Named(NamedTuple):
    name: str
    values: Array


@dataclass(frozen=True)
class Half:
    """The images of one part, or of all where there are no parts, and their labels if they have any."""

    part: str
    images: Named
    labels: Named | None


def joined(halves: Sequence[Half], source: str) -> Raw:
    """All parts one after the other."""
    names = [half.images.name for half in halves]
    images = [as_images(half.images.values, half.images.name) for half in halves]
    _check_same_size(names, images)
    labels = _labels(halves, images, source)
    pixels, notes = to_uint8(images)
    turned = [name for half, name in zip(halves, names, strict=True) if is_channels_first(half.images.values)]
    told = (f"{', '.join(turned)}: channels came first and were brought to the end",) if turned else ()
    parts = np.repeat([half.part for half in halves], [len(x) for x in images]) if halves[0].part else None
    return Raw(pixels, labels, parts, notes=(*told, *notes))


def _labels(halves: Sequence[Half], images: Sequence[Array], source: str) -> Array | None:
    """Those of all parts; None where no part has any."""
    if not any(half.labels for half in halves):
        return None
    known = []
    for half, pixels in zip(halves, images, strict=True):
        if half.labels is None:
            told = f"{source} has labels for some parts, but no {half.images.name.replace('x', 'y', 1)}"
            raise LoupeError(told, "Labels for all parts or for none")
        known.append(as_labels(half.labels.values, half.labels.name, len(pixels)))
    if len({y.dtype.kind for y in known}) > 1:
        raise LoupeError("Some labels are numbers and some are words", "Labels of one kind were expected")
    return np.concatenate(known)


def with_names(labels: Array, names: Array) -> Array:
    """Words in the place of numbers, where a list says what each number means."""
    is_list = names.ndim == 1 and names.dtype.kind in "SU" and labels.dtype.kind == "i"
    if not is_list or labels.min() < 0 or labels.max() >= len(names):
        return labels
    return _as_words(names, "The names of the classes")[labels]


def read_npy(path: Path, settings: Settings) -> Raw:
    """One array of images."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            values = _read_array(file, path.name, size, settings)
    except ValueError as error:
        raise LoupeError(
            f"{path.name} is damaged: {error}", "A file written by numpy.save was expected", "Make it anew"
        ) from None
    return joined([Half("", Named(path.name, values), None)], path.name)


def load(path: Path, settings: Settings) -> dict[str, Array]:
    expected = f"A file written by numpy.savez was expected, with {LAYOUT}"
    with archives.opened(path, settings, "NumPy archive", expected) as archive:
        members = [name for name in archive.sizes if name.endswith(".npy")]
        arrays = {name[:-4].lower(): _read_member(archive, name, settings) for name in members}
    if len(arrays) < len(members):
        raise LoupeError(f"{path.name} holds two arrays of one name", "Each name once was expected")
    return arrays


def _read_member(archive: Archive, name: str, settings: Settings) -> Array:
    with archive.open(name) as file:
        return _read_array(file, name, archive.sizes[name], settings)


def _read_array(file: IO[bytes], name: str, size: int, settings: Settings) -> Array:
    """A header can promise anything, so it is read before memory is taken for it."""
    header = read_header(file)
    _check_header(name, header, settings)
    if header.size != size - file.tell():
        raise ValueError(f"its header tells of {header.size:,} bytes")
    file.seek(0)
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
    """(n, h, w), (n, h, w, 1 or 3), (n, 1 or 3, h, w), or flat rows of square grey or RGB images, as (n, h, w, c)."""
    if values.ndim == 4 and values.shape[1] in (1, 3) and values.shape[3] in (1, 3) and values.shape[2] not in (1, 3):
        raise LoupeError(
            f"{name} has the shape {values.shape}: its channels may come first or last",
            "Images of at least 8 pixels a side were expected",
            "Save it as (n, height, width, channels)",
        )
    if is_channels_first(values):
        values = np.moveaxis(values, 1, -1)
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


def is_channels_first(values: Array) -> bool:
    return values.ndim == 4 and values.shape[1] in (1, 3) and values.shape[3] not in (1, 3)


def square(count: int) -> tuple[int, int, int] | None:
    """The shape of a square image of so many values, grey or in colour."""
    for channels in (1, 3):
        side = round((count / channels) ** 0.5)
        if side and side * side * channels == count:
            return side, side, channels
    return None


def _from_rows(rows: Array, name: str) -> Array:
    if shape := square(rows.shape[1]):
        return rows.reshape(len(rows), *shape)
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


def as_labels(values: Array, name: str, count: int) -> Array:
    """One whole number or word an image, as int64 or str; in rows of a single 1 it stands where the 1 does."""
    if _is_one_hot(values, count):
        values = values.argmax(axis=1)
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


def _is_one_hot(values: Array, count: int) -> bool:
    if values.ndim != 2 or len(values) != count or values.shape[1] < 2 or values.dtype.kind not in "biuf":
        return False
    return bool(((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all())


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
