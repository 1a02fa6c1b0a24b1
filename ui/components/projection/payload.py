"""What a map of a projection gets: points as `plane/payload.py` packs them, and how places stand for codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ui.components.parcel import Parcel
from ui.components.plane import payload
from ui.components.plane.payload import Flat, Header, Marked, Model
from vae_core.look import pictures

MOST_WALKED = 100_000  # points whose codes the browser gets, to walk by ...
MOST_NUMBERS = 4_000_000  # ... and numbers of these codes
SCALE = (0.01, 0.99)  # quantiles of a column that its colours go from and to
NONE = 65535
MOST_KINDS = 50  # values of a column of words that get a colour of their own
SHEET_SIDE = 4096  # pixels of the largest sheet of thumbnails
CELL = 8  # pixels: thumbnails are multiples of that, so that packing does not mix neighbours
LARGEST_CELL = 64
QUALITY = 88  # of the sheet as JPEG
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Column:
    """Something that is known of every image, as numbers or as words, to colour the map by."""

    name: str
    values: Array  # (n,)
    help: str = ""


@dataclass(frozen=True)
class Points:
    """The images of all maps of a run. Images are known by number: the test images, then the training images."""

    ids: Array  # (n,)
    codes: Array  # (n, d)
    tests: int  # test images that the data set has
    total: int  # images that it has in all
    labels: Array | None = None
    classes: Sequence[str] = ()
    columns: Sequence[Column] = ()


@dataclass(frozen=True)
class Spots:
    """A map whose places are its own, as those of t-SNE are; one walks by the codes of the images around."""

    places: Array  # (n, 2)
    names: tuple[str, str] = ("", "")
    note: str = ""
    pictures: Array | None = None  # (3, h * w * channels) of pixel PCA: its mean picture, what each axis adds; 0..1


@dataclass(frozen=True)
class Settings:
    """What is the same for all maps of a run."""

    model: Model
    group: str  # maps of one group follow each other
    beside: bool = False  # with other maps, so in little room ...
    leads: bool = True  # ... and the one that has the tools for all


def data(key: str, title: str, points: Points, lies: Flat | Spots, settings: Settings) -> bytes:
    """Everything of one map. Points without a place or with a code that is not a number are left out."""
    known = payload.finite(points.codes)
    kept = known & payload.finite(lies.places) if isinstance(lies, Spots) else known
    which = payload.marked(kept)
    codes, labels = points.codes[which], None if points.labels is None else points.labels[which]
    parcel, model = Parcel(), settings.model
    return parcel.sealed(
        {
            "group": settings.group,
            "title": title,
            "size": codes.shape[1],
            "tests": points.tests,
            "total": points.total,
            "left": len(kept) - len(codes),
            "beside": settings.beside,
            "leads": settings.leads,
            **_laid(parcel, codes, lies, which, model.has_prior),
            **payload.coloured(parcel, codes, labels, points.classes, wide=True),
            **payload.ranges(codes, model.has_prior),
            **payload.numbered(parcel, points.ids[which]),
            "columns": [_column(parcel, column, which) for column in points.columns],
            **payload.described(parcel, key, model),
        }
    )


def sheet(group: str, ids: Array, images: Array) -> bytes:
    """Thumbnails for all maps of a group, as many as one sheet holds: of `ids`, whose `images` are (n, h, w, c)."""
    cell = cell_side(len(ids), max(images.shape[1:3]))
    across = SHEET_SIDE // cell
    chosen = np.linspace(0, len(ids) - 1, min(len(ids), across * across)).round().astype(int)
    columns = min(across, int(np.ceil(np.sqrt(len(chosen)))) or 1)
    parcel = Parcel()
    header = {
        "group": group,
        "sheet": parcel.add(_thumbnails(images[chosen], cell, columns)),
        "cell": cell,
        "across": columns,
        "ids": parcel.add(ids[chosen].astype("<u4").tobytes()),
    }
    return parcel.sealed(header)


def _thumbnails(images: Array, cell: int, columns: int) -> bytes:
    blank = np.zeros((int(not len(images)), cell, cell, images.shape[-1]), np.uint8)  # a picture needs something
    small = np.concatenate([shrunk(images, cell), blank])
    return pictures.encoded(pictures.sheet(small, columns, gap=0), format="JPEG", quality=QUALITY, subsampling=0)


def cell_side(count: int, side: int) -> int:
    """Pixels of a thumbnail: as large as the images are, as long as all of them fit on the sheet."""
    own = min(LARGEST_CELL, -(-side // CELL) * CELL)
    room = SHEET_SIDE // int(np.ceil(np.sqrt(max(count, 1)))) // CELL * CELL
    return max(CELL if own == CELL else 2 * CELL, min(own, room))


def shrunk(images: Array, cell: int) -> Array:
    """(n, cell, cell, c): means over blocks of pixels where they are larger, a frame of their edge where smaller."""
    height, width = images.shape[1:3]
    factor = -(-max(height, width) // cell)
    if factor > 1:
        high, wide = height // factor * factor, width // factor * factor
        blocks = images[:, :high, :wide].reshape(len(images), high // factor, factor, wide // factor, factor, -1)
        images = np.concatenate(  # a piece at a time: sums take four times the room
            [part.mean(axis=(2, 4)).astype(np.uint8) for part in np.array_split(blocks, max(1, len(blocks) // 2000))]
        )
    spare = [(cell - size) / 2 for size in images.shape[1:3]]
    edges = [(int(np.floor(size)), int(np.ceil(size))) for size in spare]
    return np.pad(images, ((0, 0), *edges, (0, 0)), mode="edge")


def _laid(parcel: Parcel, codes: Array, lies: Flat | Spots, which: Marked, has_prior: bool) -> Header:
    if isinstance(lies, Flat):
        return payload.laid_flat(parcel, codes, lies, has_prior)
    header: Header = {
        "names": lies.names,
        "note": lies.note,
        "rings": False,
        "near": _walked(parcel, codes),
        **payload.placed(parcel, lies.places[which].astype(np.float64), np.zeros((0, 2))),
    }
    if lies.pictures is not None:
        header["pictures"] = parcel.add(lies.pictures.astype("<f4").tobytes())
    return header


def _walked(parcel: Parcel, codes: Array) -> Header:
    """The codes of all points, or of every second, third ... one."""
    most = max(1, min(MOST_WALKED, MOST_NUMBERS // max(codes.shape[1], 1)))
    every = max(1, -(-len(codes) // most))
    return {"every": every, **payload.coded(parcel, codes[::every])}


def _column(parcel: Parcel, column: Column, which: Marked) -> Header:
    told = {"name": column.name, "help": column.help}
    if column.values.dtype.kind in "fiu":
        return told | _numbers(parcel, column.values[which].astype(np.float64))
    return told | _words(parcel, column.values.astype(str), which)


def _numbers(parcel: Parcel, values: Array) -> Header:
    """Two bytes each; the largest number stands for none."""
    which = payload.marked(np.isfinite(values))
    known = values[which]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    step = (high - low) / (NONE - 1) or 1.0
    small = np.full(len(values), NONE, "<u2")
    small[which] = np.rint((known - low) / step)
    scale = np.quantile(payload.some(known), SCALE).tolist() if len(known) else [0.0, 0.0]
    return {"low": float(low), "step": float(step), "scale": scale, "part": parcel.add(small.tobytes())}


def _words(parcel: Parcel, values: Array, which: Marked) -> Header:
    """The most common words, each with a number; the others, and no word, count as none."""
    words, counts = np.unique(values[values != ""], return_counts=True)
    common = np.sort(words[np.argsort(-counts, kind="stable")][:MOST_KINDS])
    place = np.searchsorted(common, values)
    small = np.where(np.isin(values, common), place, NONE).astype("<u2")
    return {"words": common.tolist(), "part": parcel.add(small[which].tobytes())}
