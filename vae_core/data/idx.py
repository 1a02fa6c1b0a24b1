"""IDX files, the form of the first MNIST: known by how they begin, and paired by their names."""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vae_core.data.archives import check_bounds
from vae_core.data.arrays import Half, Named, joined
from vae_core.data.dataset import Array
from vae_core.data.raw import PART_WORDS, Raw
from vae_core.data.sources import Folder, Source
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.words import some

TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte
SIDES = 4  # at most, of an array
START = 4 + 4 * SIDES
PACKED_START = 4096  # bytes from which those of START can be unpacked
GZIPPED = b"\x1f\x8b"
MOST = 64  # files that are looked into
PARTS = {**PART_WORDS, "t10k": "test"}
ROLES = {"images", "image", "labels", "label", "idx", "idx1", "idx3", "gz"}


@dataclass(frozen=True)
class Header:
    kind: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape) * np.dtype(self.kind).itemsize


@dataclass(frozen=True)
class File:
    name: str
    header: Header

    @property
    def part(self) -> str:
        return next((PARTS[word] for word in _words(self.name) if word in PARTS), "")

    @property
    def is_labels(self) -> bool:
        return len(self.header.shape) == 1

    @property
    def family(self) -> str:
        return family(self.name)

    @property
    def kin(self) -> tuple[str, str, Header]:
        return self.family, self.part, self.header


def _words(name: str) -> list[str]:
    return re.split(r"[^a-z0-9]+", name.rpartition("/")[2].lower())


def family(name: str) -> str:
    """What the name of a file has in common with those of the same data set."""
    return " ".join(word for word in _words(name) if word not in ROLES and word not in PARTS)


def header(start: bytes) -> Header | None:
    """What a file says of itself by its first bytes, packed or not; None where it is no IDX file."""
    if start.startswith(GZIPPED):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, START)
        except zlib.error:
            return None
    if len(start) < 8 or start[:2] != b"\0\0" or start[2] not in TYPES or not 1 <= start[3] <= SIDES:
        return None
    sides = np.frombuffer(start[4 : min(len(start) // 4 * 4, 4 + 4 * start[3])], ">u4")
    return Header(TYPES[start[2]], tuple(map(int, sides))) if len(sides) == start[3] else None


def begins(path: Path) -> bool:
    with path.open("rb") as file:
        return header(file.read(PACKED_START)) is not None


def files(source: Source, names: Iterable[str]) -> list[File]:
    """Those among them that are IDX files."""
    plain = [name for name in list(names)[:MOST] if source.size(name) is not None]  # a pipe would be waited for
    found = ((name, header(source.start(name, PACKED_START))) for name in plain)
    return [File(name, told) for name, told in found if told]


def read_beside(path: Path, settings: Settings) -> Raw:
    """A file, with those beside it that make up the same data set."""
    source = Folder(path.parent, settings)
    names = sorted(place.name for place in path.parent.iterdir() if family(place.name) == family(path.name))
    names = [name for name in names if not (path.parent / name).is_symlink()]
    return read(source, files(source, names), path.name, settings)


def read(source: Source, found: Sequence[File], place: str, settings: Settings) -> Raw:
    """The data set that these files make up."""
    found = _without_copies(source, found, settings)
    images = [file for file in found if not file.is_labels]
    if not images:
        raise LoupeError(f"{place} holds labels without images", "The file of the images beside it was expected")
    _check_parts(images, place)
    halves = []
    for file in images:
        labels = _labels_of(file, [each for each in found if each.is_labels], alone=len(images) == 1)
        named = [Named(each.name, _read(source, each, settings)) for each in (file, labels) if each]
        halves.append(Half(file.part if len(images) > 1 else "", named[0], named[1] if labels else None))
    return joined(halves, place)


def _without_copies(source: Source, found: Sequence[File], settings: Settings) -> list[File]:
    """Often a file lies there packed and unpacked."""
    kept: list[File] = []
    for file in found:
        twin = next((each for each in kept if each.kin == file.kin), None)
        if not twin or not np.array_equal(_read(source, twin, settings), _read(source, file, settings)):
            kept.append(file)
    return kept


def _check_parts(images: Sequence[File], place: str) -> None:
    """Which files belong together, and which of them trains, is not guessed."""
    parts, names = [file.part for file in images], [file.name for file in images]
    if len({file.family for file in images}) > 1 or len(set(parts)) < len(parts):
        raise LoupeError(
            f"{place} holds several files of images: {some(names, 4)}",
            "Those of one data set were expected, one a part",
            "Put the files of one data set into a folder of their own",
        )
    if len(images) > 1 and not all(parts):
        raise LoupeError(
            f"{names[parts.index('')]} does not say of which part its images are",
            "A name with train or test in it was expected",
            "Rename it",
        )


def _labels_of(images: File, labels: Sequence[File], alone: bool) -> File | None:
    fitting = [file for file in labels if (file.family, file.part) == (images.family, images.part)]
    if not fitting and alone and len(labels) == 1:
        fitting = list(labels)
    if len(fitting) > 1:
        raise LoupeError(
            f"{images.name} has several files of labels: {some([file.name for file in fitting], 4)}",
            "One was expected",
            "Remove the others",
        )
    return fitting[0] if fitting else None


def _read(source: Source, file: File, settings: Settings) -> Array:
    """Its values. A header can promise anything, so it is held to the bounds before memory is taken for it."""
    wanted = file.header.size
    check_bounds(file.name, 1, wanted, settings)
    content = source.read(file.name)
    if content.startswith(GZIPPED):
        content = _unpacked(content, wanted, file.name)
    if len(content) != wanted:
        raise LoupeError(
            f"{file.name} is damaged: it holds {len(content):,} bytes, but its header tells of {wanted:,}",
            "A sound IDX file was expected",
            "Fetch it anew",
        )
    return np.frombuffer(content, file.header.kind, offset=4 + 4 * len(file.header.shape)).reshape(file.header.shape)


def _unpacked(content: bytes, wanted: int, name: str) -> bytes:
    """One byte more than wanted tells a file that is too long."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            return packed.read(wanted + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise LoupeError(f"{name} is damaged: it cannot be unpacked ({error})", fix="Fetch it anew") from None
