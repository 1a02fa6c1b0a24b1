"""Image files to arrays: any common kind of picture becomes 8-bit grey or RGB, all of one size, and it is said how."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vae_core.data.dataset import Array
from vae_core.data.download import Progress
from vae_core.data.fitting import Fitting, Size, check_bytes, into_box, to_one_size
from vae_core.errors import LoupeError
from vae_core.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

BATCH = 16  # pictures that one thread takes at a time
ORIENTATION = 0x0112  # the EXIF tag
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".ppm", ".pgm", ".pnm")


@dataclass(frozen=True)
class Decoded:
    pixels: Array  # (height, width, 1 or 3), no larger than the fitting's box
    size: Size  # as it was in the file
    told: tuple[str, ...]  # what was converted


def read_all(
    names: Sequence[str], read: Callable[[str], bytes], settings: Settings, fitting: Fitting, progress: Progress | None
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """All pictures as one array, with notes and warnings; decoded by a few threads, in the order of `names`."""
    import PIL.Image  # noqa: F401  once here, before the threads would all import it

    def work(batch: Sequence[str]) -> list[Decoded]:
        return [decode(read(name), name, settings, fitting) for name in batch]

    batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    with ThreadPoolExecutor(min(8, 4 * (os.cpu_count() or 1))) as pool:  # Pillow lets others run while it unpacks
        decoded = list(_bounded(pool.map(work, batches), len(names), settings, progress))
    if progress:
        progress("Bringing images to one size", 0, 0)
    pictures, sizes = [one.pixels for one in decoded], [one.size for one in decoded]
    pixels, notes, warnings = to_one_size(pictures, sizes, fitting, settings)
    counts = Counter(told for one in decoded for told in one.told)
    return pixels, (*(f"{count} of {len(names)} images {told}" for told, count in counts.items()), *notes), warnings


def _bounded(
    batches: Iterable[list[Decoded]], total: int, settings: Settings, progress: Progress | None
) -> Iterator[Decoded]:
    """One by one, stopped where they become too many bytes."""
    size = done = 0
    for batch in batches:
        done += len(batch)
        size += sum(one.pixels.nbytes for one in batch)
        check_bytes(size, settings)
        if progress:
            progress("Decoding images", done, total)
        yield from batch


def decode(content: bytes, name: str, settings: Settings, fitting: Fitting) -> Decoded:
    """One picture. Its size is judged before its pixels are unpacked."""
    import PIL.Image

    with _told(name, settings), PIL.Image.open(io.BytesIO(content), formats=FORMATS) as image:
        _check_pixels(image, name, settings)
        converted, told = _convert(image, name)
        pixels = np.asarray(converted)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return Decoded(into_box(pixels, fitting), pixels.shape[:2], tuple(told))


@contextmanager
def _told(name: str, settings: Settings) -> Iterator[None]:
    """Turn whatever Pillow raises into a sentence: for damaged files that is nearly anything."""
    import PIL.Image

    try:
        yield
    except LoupeError:
        raise
    except PIL.Image.DecompressionBombError:
        most = f"At most {settings.max_image_pixels:,} were expected"
        raise LoupeError(f"{name} unpacks to far too many pixels", most) from None
    except Exception as error:
        raise LoupeError(
            f"{name} cannot be read as a picture ({_short(error)})",
            f"One of these was expected: {', '.join(FORMATS)}",
            "Remove or replace this file",
        ) from None


def _short(error: Exception) -> str:
    return "its content is no picture" if "cannot identify" in str(error) else str(error) or type(error).__name__


def _check_pixels(image: Image, name: str, settings: Settings) -> None:
    if image.width * image.height > settings.max_image_pixels:
        raise LoupeError(
            f"{name} has {image.width} x {image.height} pixels",
            f"At most {settings.max_image_pixels:,} were expected",
            "Shrink it, or raise the setting max_image_pixels",
        )


def _convert(image: ImageFile, name: str) -> tuple[Image, list[str]]:
    """The picture as 8-bit grey (L) or RGB, turned as its camera says, and what had to be done for it."""
    from PIL import ImageOps

    told = []
    if getattr(image, "is_animated", False):
        told.append("have several frames: the first was taken")
    if image.mode == "F":
        raise LoupeError(
            f"{name} holds floating point pixels",
            "8-bit or 16-bit pictures were expected",
            "Save it as 8-bit, or bring the values as an .npz array",
        )
    if "16" in _stored_as(image) or image.mode.startswith("I"):
        told.append("are 16-bit: brought to 8 bits")
    turned = "exif" in image.info and image.getexif().get(ORIENTATION, 1) != 1
    if turned:
        told.append("were turned upright as their camera noted")
    upright = ImageOps.exif_transpose(image) if turned else image
    if upright.mode in ("L", "RGB") and "transparency" not in upright.info:
        return upright, told
    return _to_grey_or_rgb(upright, name, told), told


def _stored_as(image: ImageFile) -> str:
    """How the file packs its pixels; `mode` no longer tells 16-bit colours, which come as the upper 8 bits."""
    return str(image.tile[0][3]) if image.tile else ""


def _to_grey_or_rgb(image: Image, name: str, told: list[str]) -> Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image, name)
    if image.mode == "1":
        told.append("are black and white: converted to grey")
        return image.convert("L")
    palette = image.mode in ("P", "PA")
    if palette:
        told.append("have a palette: converted to plain values")
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        told.append(f"are {image.mode}: converted to RGB")
    if "transparency" in image.info or image.mode[-1] in "Aa":
        told.append("are transparent: laid on white")
        image = _on_white(image)
    if image.mode != "L":
        image = image.convert("RGB")
    return image.convert("L") if palette and _is_grey(image) else image


def _from_16_bit(image: Image, name: str) -> Image:
    import PIL.Image

    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise LoupeError(
            f"{name} holds values from {values.min()} to {values.max()}", "8-bit or 16-bit pictures were expected"
        )
    return PIL.Image.fromarray(np.rint(values / 257).astype(np.uint8))


def _on_white(image: Image) -> Image:
    import PIL.Image

    grey = image.mode in ("L", "LA", "La")
    layer = image.convert("RGBA")
    white = PIL.Image.new("RGBA", layer.size, (255, 255, 255, 255))
    return PIL.Image.alpha_composite(white, layer).convert("L" if grey else "RGB")


def _is_grey(image: Image) -> bool:
    pixels = np.asarray(image)
    return bool((pixels == pixels[..., :1]).all())
