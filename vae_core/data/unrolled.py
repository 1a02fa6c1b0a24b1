"""Frames of animated pictures and pages of TIFF files, each as an image of its own."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import IO, TYPE_CHECKING

import numpy as np

from vae_core.data import frames, images
from vae_core.data.archives import check_bounds
from vae_core.data.download import Progress
from vae_core.data.fitting import check_bytes
from vae_core.data.listings import Listing, Reader
from vae_core.data.raw import FEWEST, as_words
from vae_core.errors import LoupeError
from vae_core.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile


@contextmanager
def opened(
    listing: Listing, read: Reader, settings: Settings, progress: Progress | None
) -> Iterator[tuple[Listing, Reader]]:
    """The same pictures, those of several frames as one each: `a.gif#3`. They lie in a file while they are read."""
    settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.cache) as file:
        unrolled = _Unrolled(file, read, settings)
        names: list[str] = []
        places: list[int] = []
        for place, name in enumerate(listing.names):
            found = unrolled.take(name) or [name]
            names += found
            places += [place] * len(found)
            check_bounds(name, len(names), unrolled.size, settings)
            if progress:
                progress("Looking for frames", place + 1, len(listing.names))
        yield _spread(listing, names, places), unrolled.read


def _spread(listing: Listing, names: list[str], places: list[int]) -> Listing:
    """Frames of one file are much the same: they stay on one side of a split, where there are files enough for that."""
    files = len(listing.names)
    moving = int((np.bincount(places, minlength=files) > 1).sum())
    if not moving:
        return listing
    told = f"{moving:,} of {files:,} files have {frames.SEVERAL}: each of them is an image, {len(names):,} in all"
    groups = listing.groups
    if groups is None and files >= FEWEST:
        groups = as_words([name[-200:] for name in listing.names], "name")
    spread = replace(listing, groups=groups).take(places)
    return replace(spread, names=names, notes=(*listing.notes, told))


@dataclass
class _Unrolled:
    """Frames as plain TIFFs one after the other, and all other pictures where they were. Several threads may read."""

    file: IO[bytes]
    others: Reader
    settings: Settings
    size: int = 0
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def take(self, name: str) -> list[str]:
        """The names of its frames; none where it is a plain picture."""
        content = self.others(name)
        with images.opened(content, name, self.settings) as image:
            total = frames.count(image, content)
            if total == 1:
                return []
            if total > frames.MOST:
                raise LoupeError(
                    f"{name} has more than {frames.MOST:,} frames",
                    "Fewer were expected of one file",
                    "Cut it, or take only the first frame of each",
                )
            check_bytes(total * image.width * image.height, self.settings)
            return [self._keep(f"{name}#{number + 1}", image, number) for number in range(total)]

    def _keep(self, name: str, image: ImageFile, number: int) -> str:
        image.seek(number)
        images.check_pixels(image, name, self.settings)
        packed = io.BytesIO()
        _plain(image).save(packed, "TIFF")
        self.places[name] = self.size, packed.tell()
        self.size += self.file.write(packed.getvalue())
        check_bounds(name, 0, self.size, self.settings)
        return name

    def read(self, name: str) -> bytes:
        """Of a frame its TIFF, of anything else what is there."""
        if name not in self.places:
            return self.others(name)
        place, size = self.places[name]
        with self.lock:
            self.file.seek(place)
            return self.file.read(size)


def _plain(image: ImageFile) -> Image:
    """A frame in a form that a TIFF can have. Pillow gives those of a GIF as colours, even where they are grey."""
    clear = "transparency" in image.info or image.mode == "RGBA"
    if image.format != "GIF" and "transparency" not in image.info:
        return image.copy()
    frame = image.convert("RGBA" if clear else "RGB")
    if not images.is_grey(np.asarray(frame)[..., :3]):
        return frame
    return frame.convert("LA" if clear else "L")
