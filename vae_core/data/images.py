"""Image files to arrays: any common kind of picture becomes 8-bit grey or RGB, all of one size, and it is said how."""

from __future__ import annotations

import io
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import numpy as np

from vae_core.data import frames, heic, large
from vae_core.data.dataset import Array, Warned
from vae_core.data.download import Progress
from vae_core.data.fitting import (
    FAR,
    KEPT_SIDE,
    LEVELS,
    Account,
    Fitted,
    Fitting,
    Plan,
    Size,
    check_bytes,
    check_sides,
    place,
)
from vae_core.data.fitting import told as sized
from vae_core.errors import LoupeError
from vae_core.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

BATCH = 16  # pictures that one thread takes at a time
BLOCK = 256  # pictures that are held at a time
LOOKED = 1000  # pictures whose sizes decide where a size is chosen
SHOWN = 192  # pictures that are shown before the others are read
LAID = 100  # transparent pictures that decide what all are laid on
HALF = 128  # grey level: what is darker is laid on white
ORIENTATION = 0x0112  # the EXIF tag
TURNED = (5, 6, 7, 8)  # its values for pictures that lie on their side
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".ppm", ".pgm", ".pnm")
SHADES = {"white": "light", "black": "dark"}
Found = TypeVar("Found")
Read = Callable[[str], bytes]


@dataclass(frozen=True)
class Decoded:
    fitted: Fitted
    told: tuple[str, ...]  # what was converted
    left: int = 0  # further frames


@runtime_checkable
class Showing(Protocol):
    """A progress that wants some of the pictures before all of them are read."""

    def __call__(self, doing: str, done: int, total: int) -> None: ...

    def shows(self, pixels: Array, told: str) -> None: ...


def read_all(
    names: Sequence[str], read: Read, settings: Settings, fitting: Fitting, progress: Progress | None
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """All pictures as one array, with notes and warnings; decoded by a few threads, in the order of `names`.

    What the fitting leaves open is decided by their headers, so that each picture needs to be held but once."""
    import PIL.Image  # noqa: F401  once here, before the threads would all import it

    heic.register()
    reader = _Reader(read, settings)
    plan, warnings = reader.plan(names, fitting, progress)
    check_sides(plan.size)
    if isinstance(progress, Showing) and len(names) > 2 * SHOWN:
        told = f"Some of the images, as all will be: {sized(plan.size)} pixels, while the others are read"
        progress.shows(reader.sample(names, plan), told)
    pile = _Pile((len(names), *plan.size), settings)
    account, counts, left, most = Account(plan), Counter[str](), 0, 0
    for done, decoded in reader.blocks(names, plan):
        pile.add([one.fitted.pixels for one in decoded])
        for one in decoded:
            account.add(one.fitted)
            counts.update(one.told)
            left, most = left + one.left, max(most, one.left)
        if progress:
            progress("Decoding images", done, len(names))
    notes = [f"{count:,} of {len(names):,} images {what}" for what, count in counts.items()]
    notes += [f"{left:,} further frames{' or more' * (most >= frames.MOST)} were left"] if left else []
    return pile.pixels, (*notes, *account.notes(), *pile.notes()), (*account.warnings(), *warnings)


def glance(names: Sequence[str], read: Read, settings: Settings, fitting: Fitting) -> Array:
    """A few pictures in one size: which size all get is not known before all are found."""
    import PIL.Image  # noqa: F401

    heic.register()
    reader = _Reader(read, settings)
    plan, _ = reader.plan(names, fitting, None)
    return reader.sample(names, plan)


class _Pile:
    """Pictures of one size, one after the other. They become coloured with the first that is."""

    def __init__(self, shape: tuple[int, int, int], settings: Settings) -> None:
        self.settings = settings
        self.shape = shape
        self.count = self.grey = 0
        self.pixels = self._empty(1)

    def _empty(self, channels: int) -> Array:
        shape = (*self.shape, channels)
        check_bytes(math.prod(shape), self.settings)
        return large.empty(shape, self.settings.cache)

    def add(self, pictures: Sequence[Array]) -> None:
        channels = max(picture.shape[2] for picture in pictures)
        if channels > self.pixels.shape[3]:
            grey, self.pixels = self.pixels, self._empty(channels)
            for rows in large.blocks(grey[: self.count]):
                self.pixels[rows] = grey[rows]
                large.let_go(self.pixels)
        for picture in pictures:
            self.pixels[self.count] = picture
            self.count += 1
            self.grey += picture.shape[2] == 1
        large.let_go(self.pixels)

    def notes(self) -> list[str]:
        if self.pixels.shape[3] == 1 or not self.grey:
            return []
        return [f"{self.grey:,} of {self.count:,} images are grey among coloured ones: converted to RGB"]


@dataclass(frozen=True)
class _Header:
    size: Size
    is_transparent: bool


@dataclass(frozen=True)
class _Reader:
    """Pictures by their names, read a few at a time by a few threads: Pillow lets others run while it unpacks."""

    read: Read
    settings: Settings

    def plan(self, names: Sequence[str], fitting: Fitting, progress: Progress | None) -> tuple[Plan, list[Warned]]:
        """What is decided by the headers: of all, where the largest or smallest picture counts, else of some."""
        every = fitting.fit != "fit" and not fitting.size
        some = spread(names, len(names) if every else LOOKED)
        headers: list[_Header] = []
        for start in range(0, len(some), BLOCK):
            headers += self._each(self.header, some[start : start + BLOCK])
            if progress:
                progress("Looking at sizes", len(headers), len(some))
        clear = [name for name, header in zip(some, headers, strict=True) if header.is_transparent]
        background, warnings = self._background(spread(clear, LAID), fitting)
        return Plan(fitting, fitting.common([header.size for header in headers], len(names)), background), warnings

    def _background(self, clear: Sequence[str], fitting: Fitting) -> tuple[str, list[Warned]]:
        """For all the same one, so that nothing in the pictures tells how they were stored."""
        weights, sums = zip((0.0, 0.0), *self._each(self.opaque, clear), strict=True)
        drawn = sum(sums) / sum(weights) if sum(weights) else 0.0
        better = "white" if drawn < HALF else "black"
        if fitting.background == "auto" or fitting.background == better or not clear:
            return better if fitting.background == "auto" else fitting.background, []
        if abs(drawn - LEVELS[fitting.background]) >= FAR:
            return fitting.background, []
        told = (
            f"What is drawn in the transparent images is nearly as {SHADES[fitting.background]} as what it is laid on"
        )
        return fitting.background, [Warned(told, {"background": better}, 0.9)]

    def sample(self, names: Sequence[str], plan: Plan) -> Array:
        some = spread(names, SHOWN)
        pile = _Pile((len(some), *plan.size), self.settings)
        for _, decoded in self.blocks(some, plan):
            pile.add([one.fitted.pixels for one in decoded])
        return pile.pixels

    def blocks(self, names: Sequence[str], plan: Plan) -> Iterator[tuple[int, list[Decoded]]]:
        """Some pictures at a time, and how many there were until now."""
        for start in range(0, len(names), BLOCK):
            some = names[start : start + BLOCK]
            yield start + len(some), self._each(lambda name: decode(self.read(name), name, self.settings, plan), some)

    def _each(self, work: Callable[[str], Found], names: Sequence[str]) -> list[Found]:
        batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
        with ThreadPoolExecutor(min(8, 4 * (os.cpu_count() or 1))) as pool:
            return [one for batch in pool.map(lambda batch: [work(name) for name in batch], batches) for one in batch]

    def header(self, name: str) -> _Header:
        with opened(self.read(name), name, self.settings) as image:
            return _Header(_upright(image), _is_transparent(image))

    def opaque(self, name: str) -> tuple[float, float]:
        """How much of a picture is not transparent, and how light that is: a weight, and grey levels times it."""
        with opened(self.read(name), name, self.settings) as image:
            image.thumbnail((KEPT_SIDE, KEPT_SIDE))
            grey, alpha = (np.asarray(band, float) for band in image.convert("RGBA").convert("LA").split())
        weight = alpha.mean() / 255
        return weight, float((grey * alpha).mean() / 255)


def suffixes() -> tuple[str, ...]:
    """Of the pictures that can be read here."""
    return (*SUFFIXES, *heic.SUFFIXES) if heic.is_here() else SUFFIXES


def spread(names: Sequence[str], most: int) -> list[str]:
    """All over the list, which is mostly sorted by class."""
    places = np.linspace(0, len(names) - 1, min(len(names), most)).round().astype(int)
    return [names[place] for place in places]


def decode(content: bytes, name: str, settings: Settings, plan: Plan) -> Decoded:
    """One picture. Its size is judged before its pixels are unpacked."""
    with opened(content, name, settings) as image:
        size, left = _upright(image), frames.count(image, content) - 1
        if plan.rule.fit == "fit":
            image.draft(image.mode, (2 * max(plan.size),) * 2)  # a large JPEG is unpacked in a size that is enough
        converted, told = _convert(image, name, plan.background)
        pixels = np.asarray(converted)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return Decoded(replace(place(pixels, plan), size=size), tuple(told), left)


@contextmanager
def opened(content: bytes, name: str, settings: Settings) -> Iterator[ImageFile]:
    """A picture whose size was judged, and whose pixels are not unpacked yet."""
    import PIL.Image

    is_known = heic.FORMAT in PIL.Image.OPEN
    if heic.begins(content) and not is_known:
        raise heic.refused(f"{name} is a HEIC picture")
    formats = (*FORMATS, heic.FORMAT) if is_known else FORMATS
    with _told(name, settings), PIL.Image.open(io.BytesIO(content), formats=formats) as image:
        check_pixels(image, name, settings)
        yield image


def _orientation(image: ImageFile) -> int:
    return int(image.getexif().get(ORIENTATION, 1)) if "exif" in image.info else 1


def _upright(image: ImageFile) -> Size:
    width, height = image.size
    return (width, height) if _orientation(image) in TURNED else (height, width)


def _is_transparent(image: Image) -> bool:
    return "transparency" in image.info or image.mode[-1] in "Aa"


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


def check_pixels(image: Image, name: str, settings: Settings) -> None:
    if image.width * image.height > settings.max_image_pixels:
        raise LoupeError(
            f"{name} has {image.width} x {image.height} pixels",
            f"At most {settings.max_image_pixels:,} were expected",
            "Shrink it, or raise the setting max_image_pixels",
        )


def _convert(image: ImageFile, name: str, background: str) -> tuple[Image, list[str]]:
    """The picture as 8-bit grey (L) or RGB, turned as its camera says, and what had to be done for it."""
    from PIL import ImageOps

    told = []
    if getattr(image, "is_animated", False):
        told.append(f"have {frames.SEVERAL}: the first was taken")
    if image.mode == "F":
        raise LoupeError(
            f"{name} holds floating point pixels",
            "8-bit or 16-bit pictures were expected",
            "Save it as 8-bit, or bring the values as an .npz array",
        )
    if "16" in _stored_as(image) or image.mode.startswith("I"):
        told.append("are 16-bit: brought to 8 bits")
    turned = _orientation(image) != 1
    if turned:
        told.append("were turned upright as their camera noted")
    upright = ImageOps.exif_transpose(image) if turned else image
    if upright.mode in ("L", "RGB") and "transparency" not in upright.info:
        return upright, told
    return _to_grey_or_rgb(upright, name, background, told), told


def _stored_as(image: ImageFile) -> str:
    """How the file packs its pixels; `mode` no longer tells 16-bit colours, which come as the upper 8 bits."""
    return str(image.tile[0][3]) if image.tile else ""


def _to_grey_or_rgb(image: Image, name: str, background: str, told: list[str]) -> Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image, name)
    if image.mode == "1":
        told.append("are black and white: converted to grey")
        return image.convert("L")
    palette = image.mode in ("P", "PA")
    if palette:
        told.append("have a palette: their colours are kept")
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        told.append(f"are {image.mode}: converted to RGB")
    if _is_transparent(image):
        told.append(f"are transparent: laid on {background}")
        image = _laid(image, LEVELS[background])
    if image.mode != "L":
        image = image.convert("RGB")
    return image.convert("L") if palette and is_grey(np.asarray(image)) else image


def _from_16_bit(image: Image, name: str) -> Image:
    import PIL.Image

    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise LoupeError(
            f"{name} holds values from {values.min()} to {values.max()}", "8-bit or 16-bit pictures were expected"
        )
    return PIL.Image.fromarray(np.rint(values / 257).astype(np.uint8))


def _laid(image: Image, level: int) -> Image:
    import PIL.Image

    grey = image.mode in ("L", "LA", "La")
    layer = image.convert("RGBA")
    ground = PIL.Image.new("RGBA", layer.size, (level, level, level, 255))
    return PIL.Image.alpha_composite(ground, layer).convert("L" if grey else "RGB")


def is_grey(pixels: Array) -> bool:
    return bool((pixels == pixels[..., :1]).all())
