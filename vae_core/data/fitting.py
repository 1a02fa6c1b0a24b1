"""Pictures of different sizes come to one size, by a rule that is told and never changes proportions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vae_core.data.dataset import Array
from vae_core.errors import LoupeError
from vae_core.settings import Settings

FITS = ("pad", "crop", "scale")
KEPT_SIDE = 128  # pictures keep their size up to here
SIDES = (8, 256)  # what the models are made for
Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Fitting:
    """How pictures come to one size. Proportions are never changed.

    "pad": the size of the largest picture, black around smaller ones. "crop": the size of the smallest, the middle of
    larger ones. "scale": larger pictures are shrunk until they fit, then padded. Without a `size` no side is over 128.
    """

    fit: str = "pad"
    size: Size | None = None

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise LoupeError(f"fit is '{self.fit}'", f"One of {', '.join(FITS)} was expected")
        if self.size and not all(type(side) is int and SIDES[0] <= side <= SIDES[1] for side in self.size):
            raise LoupeError(
                f"The size is {self.size}", f"A height and a width from {SIDES[0]} to {SIDES[1]} were expected"
            )

    @property
    def box(self) -> Size:
        return self.size or (KEPT_SIDE, KEPT_SIDE)

    def common(self, sizes: Iterable[Size]) -> Size:
        heights, widths = zip(*sizes, strict=True)
        pick = min if self.fit == "crop" else max
        return self.size or (pick(heights), pick(widths))


def fit_array(pixels: Array, fitting: Fitting, settings: Settings) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """The same rule for images that came as one array; nothing is copied where nothing has to change."""
    height, width = pixels.shape[1:3]
    target = fitting.size or (min(height, KEPT_SIDE), min(width, KEPT_SIDE))
    if target == (height, width):
        _check_sides(target)
        return pixels, (), ()
    boxed = [into_box(image, fitting) for image in pixels]
    return to_one_size(boxed, [(height, width)] * len(pixels), fitting, settings)


def into_box(pixels: Array, fitting: Fitting) -> Array:
    """No larger than the box: shrunk with its proportions kept if that was chosen, else the middle of it."""
    height, width = fitting.box
    if pixels.shape[0] <= height and pixels.shape[1] <= width:
        return pixels
    if fitting.fit != "scale":
        return np.ascontiguousarray(_middle(pixels, height, width))  # a copy, so that the large picture is let go
    import PIL.Image

    image = PIL.Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    image.thumbnail((width, height), PIL.Image.Resampling.LANCZOS)
    shrunk = np.asarray(image)
    return shrunk[..., None] if shrunk.ndim == 2 else shrunk


def to_one_size(
    pictures: Sequence[Array], sizes: Sequence[Size], fitting: Fitting, settings: Settings
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Pictures that fit the box, as one array; `sizes` are those before anything was done."""
    height, width = fitting.common(picture.shape[:2] for picture in pictures)
    _check_sides((height, width))
    channels = max(picture.shape[2] for picture in pictures)
    check_bytes(len(pictures) * height * width * channels, settings)
    result = np.zeros((len(pictures), height, width, channels), np.uint8)
    for target, picture in zip(result, pictures, strict=True):
        inner = _middle(picture, height, width)
        _middle(target, *inner.shape[:2])[...] = inner
    grey = sum(picture.shape[2] < channels for picture in pictures)
    notes = _size_notes(sizes, (height, width), fitting)
    if grey:
        notes.append(f"{grey} of {len(pictures)} images are grey among coloured ones: converted to RGB")
    return result, tuple(notes), _size_warnings(sizes, (height, width), fitting)


def _middle(pixels: Array, height: int, width: int) -> Array:
    """A view of the middle; all of it along a side that is no longer than asked for."""
    top, left = max(0, (pixels.shape[0] - height) // 2), max(0, (pixels.shape[1] - width) // 2)
    return pixels[top : top + height, left : left + width]


def _check_sides(size: Size) -> None:
    if min(size) < SIDES[0]:
        raise LoupeError(
            f"The images are {size[0]}x{size[1]} pixels", f"At least {SIDES[0]} pixels a side were expected"
        )


def _size_notes(sizes: Sequence[Size], target: Size, fitting: Fitting) -> list[str]:
    larger = sum(height > target[0] or width > target[1] for height, width in sizes)
    smaller = sum(height < target[0] or width < target[1] for height, width in sizes)
    shape, total = f"{target[0]}x{target[1]} pixels", len(sizes)
    notes = []
    if larger and fitting.fit == "scale":
        notes.append(f"{larger} of {total} images were shrunk to fit {shape}, proportions kept, and padded with black")
    elif larger:
        notes.append(f"{larger} of {total} images were cropped to their middle {shape}")
    if smaller:
        notes.append(f"{smaller} of {total} images were padded with black to {shape}")
    return notes


def _size_warnings(sizes: Sequence[Size], target: Size, fitting: Fitting) -> tuple[str, ...]:
    """Cropping to the bound of 128 pixels was nobody's choice, so it is said aloud."""
    lost = [size for size in sizes if size[0] > fitting.box[0] or size[1] > fitting.box[1]]
    if not lost or fitting.size or fitting.fit == "scale":
        return ()
    height, width = max(lost)
    return (
        f"{len(lost)} images are larger than {KEPT_SIDE} pixels a side, up to {height}x{width}: only their middle "
        f"{target[0]}x{target[1]} is kept. Choose a size, or 'scale' to shrink them with their proportions kept",
    )


def check_bytes(size: int, settings: Settings) -> None:
    if size > settings.max_bytes:
        raise LoupeError(
            f"The images take more than {settings.max_bytes:,} bytes of memory",
            "Less was expected",
            "Bring fewer or smaller images, or raise the setting max_bytes",
        )
