"""Pictures as a film that every browser plays, with nothing but Pillow.

A lossy WebP is a key frame of VP8 in a small wrapping, and a WebM holds frames of VP8 in another one. So each picture
is unwrapped and put there. Other writers send only what changes from picture to picture, which makes smaller files.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITIES = (55, 40, 25, 10)  # of pictures, the best first
EFFORT = 4  # of the search for the smallest form
CLUSTER = 5000  # milliseconds that are told together: what a player may jump to
HEAD, FRAME = "1A45DFA3", "A3"
TRACK, KEY = 0x81, 0x80  # the first track; a frame that needs no other
NAMED = slice(12, 16)  # where a WebP names what it holds; how many bytes that are comes next


@dataclass(frozen=True)
class Shot:
    picture: bytes  # VP8
    milliseconds: int


def shot(picture: Image, milliseconds: int, quality: int = QUALITIES[0]) -> Shot:
    file = io.BytesIO()
    picture.convert("RGB").save(file, "WEBP", quality=quality, method=EFFORT)
    data = file.getvalue()
    assert data[NAMED] == b"VP8 "
    (size,) = struct.unpack_from("<I", data, NAMED.stop)
    return Shot(data[NAMED.stop + 4 : NAMED.stop + 4 + size], milliseconds)


def quality(picture: Image, largest: int) -> int:
    """The best of which such a picture takes no more bytes than that, or the least."""
    small = (each for each in QUALITIES if len(shot(picture, 0, each).picture) <= largest)
    return next(small, QUALITIES[-1])


def write(shots: Sequence[Shot], size: tuple[int, int], writer: str) -> bytes:
    begins = [sum(each.milliseconds for each in shots[:place]) for place in range(len(shots))]
    total = sum(each.milliseconds for each in shots)
    told = list(zip(begins, shots))
    clusters = {
        CLUSTER * number: _cluster(CLUSTER * number, list(each))
        for number, each in groupby(told, lambda pair: pair[0] // CLUSTER)
    }
    return _header() + _element("18538067", *_segment(clusters, total, size, writer))


def _header() -> bytes:
    """Its name comes first: who guesses what a file is reads the first 38 bytes."""
    versions = ("4286", 1), ("42F7", 1), ("42F2", 4), ("42F3", 8), ("4287", 2), ("4285", 2)
    return _element(HEAD, _element("4282", b"webm"), *(_number(*each) for each in versions))


def _segment(clusters: dict[int, bytes], total: int, size: tuple[int, int], writer: str) -> Iterator[bytes]:
    about = _about(total, writer) + _track(size)
    within = len(about) + len(_cues(dict.fromkeys(clusters, 0)))
    places = {}
    for time, cluster in clusters.items():
        places[time] = within
        within += len(cluster)
    yield from (about, _cues(places), *clusters.values())


def _about(total: int, writer: str) -> bytes:
    names = (_element(name, writer.encode()) for name in ("4D80", "5741"))
    return _element("1549A966", _number("2AD7B1", 1_000_000), _element("4489", struct.pack(">d", total)), *names)


def _track(size: tuple[int, int]) -> bytes:
    picture = _element("E0", _number("B0", size[0]), _number("BA", size[1]))
    numbers = (_number(*each) for each in (("D7", 1), ("73C5", 1), ("83", 1), ("9C", 0)))
    return _element("1654AE6B", _element("AE", *numbers, _element("86", b"V_VP8"), picture))


def _cues(places: dict[int, int]) -> bytes:
    """Where a player finds what comes at a time. Their length does not depend on the places."""
    found = (
        _element("BB", _number("B3", time), _element("B7", _number("F7", 1), _number("F1", place)))
        for time, place in places.items()
    )
    return _element("1C53BB6B", *found)


def _cluster(begin: int, shots: Sequence[tuple[int, Shot]]) -> bytes:
    frames = (_element(FRAME, struct.pack(">BhB", TRACK, time - begin, KEY), each.picture) for time, each in shots)
    return _element("1F43B675", _number("E7", begin), *frames)


def _number(name: str, value: int) -> bytes:
    return _element(name, value.to_bytes(8, "big"))


def _element(name: str, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return bytes.fromhex(name) + (1 << 56 | len(data)).to_bytes(8, "big") + data
