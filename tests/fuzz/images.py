"""Files of images, sound ones and what is made of them: every kind that `Data` takes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from fuzz.wounds import CELLS, harmed, sometimes
from heic_picture import HEIC
from PIL import Image

COUNT = 12  # the fewest that are divided, and two more
ENDINGS = ("png", "jpg", "gif", "bmp", "tif", "webp", "ppm")
OTHERS = ("avif", "heic", "tga", "pcx", "jp2", "ico")  # the last four are never read
DTYPES = (
    "|u1",
    "|i1",
    "<i8",
    ">u2",
    "<f2",
    "<f8",
    "<f4",
    "<c8",
    "|b1",
    "<U3",
    ">U2",
    "|S4",
    "|S0",
    "<U0",
    "|V3",
    "|O",
    "<M8[s]",
    "<U99999",
    "[('a', '<i4')]",
    "nonsense",
    "<f3",
    "<g",
)
SHAPES = (
    "(12, 8, 8)",
    "(12, 64)",
    "(12,)",
    "()",
    "(12, 0, 8)",
    "(0, 8, 8)",
    "(12, 8, 8, 3)",
    "(12, -8, 8)",
    "(True, 8, 8)",
    "(9999999999, 8, 8)",
    "(12, 8, 8, 1, 1)",
    "(2, 1, 99999)",
    "8",
    "(4.0, 8)",
)
WORDS = ("x", "y", "images", "labels", "data", "target", "train_images", "x_test", "arr_0", "arr_1", "class_names")
KINDS = ("u1", "i8", "f4", "U3", "bool", "c8")
Rows = list[list[str]]


# What is sound.


@cache
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (COUNT, 9, 10), np.uint8)


def npz(arrays: dict[str, np.ndarray], save: Callable = np.savez) -> bytes:
    target = io.BytesIO()
    save(target, **arrays)
    return target.getvalue()


def arrays() -> dict[str, np.ndarray]:
    words = np.array(["cat", "dog"] * (COUNT // 2))
    return {"x_train": pixels(), "y_train": words, "x_test": pixels()[::-1], "y_test": words}


def picture(values: np.ndarray, ending: str, **how: object) -> bytes:
    target = io.BytesIO()
    kind = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}.get(ending, ending)
    Image.fromarray(values).save(target, kind, **how)
    return target.getvalue()


@cache
def pictures() -> dict[str, bytes]:
    endings = [ENDINGS[number % len(ENDINGS)] for number in range(COUNT)]
    named = [f"{'cat' if number % 2 else 'dog'}/{number}.{ending}" for number, ending in enumerate(endings)]
    return {name: picture(values, end) for name, values, end in zip(named, pixels(), endings, strict=True)}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@cache
def sound_zip(method: int) -> bytes:
    return zipped(pictures(), method)


@cache
def sound_tar(packed: bool) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in pictures().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(target.getvalue(), mtime=0) if packed else target.getvalue()


@cache
def sound_parquet(compression: str) -> bytes:
    target = io.BytesIO()
    images = [{"bytes": content, "path": name} for name, content in pictures().items()]
    rows = pa.table({"image": images, "label": [name.split("/")[0] for name in pictures()]})
    pq.write_table(rows, target, row_group_size=5, compression=compression)
    return target.getvalue()


def idx_file(values: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def table(rows: Rows, delimiter: str = ",") -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter).writerows(rows)
    return target.getvalue().encode("utf-8", "surrogatepass")


def pixel_rows() -> Rows:
    head = ["label", *(f"p{place}" for place in range(64))]
    return [head, *([str(number % 3), *map(str, values.ravel()[:64])] for number, values in enumerate(pixels()))]


def listed_rows() -> Rows:
    rows = [
        [name, name.split("/")[0], ("train", "test")[place % 2], str(place // 4)]
        for place, name in enumerate(pictures())
    ]
    return [["path", "label", "split", "angle"], *rows]


# What is made of it.


def header(chance: random.Random) -> bytes:
    """Of an array, out of parts that do not go together."""
    descr = chance.choice(DTYPES)
    descr = descr if descr.startswith("[") else repr(descr)
    text = f"{{'descr': {descr}, 'fortran_order': {chance.choice((True, False, 3))}, 'shape': {chance.choice(SHAPES)}}}"
    text = chance.choice(
        (text, text, text, text, "[" * 9000, "(" * 200 + ")" * 200, text[: chance.randrange(len(text))])
    )
    text = chance.choice((text, text, text.replace("'", '"'), text + "L", "-" * 3000 + text)) + "\n"
    return b"\x93NUMPY" + bytes((chance.choice((1, 1, 2, 3, 9)), 0)) + len(text).to_bytes(2, "little") + text.encode()


def an_npz(chance: random.Random) -> bytes:
    return chance.choice((_harmed_npz, _headers, _named))(chance)


def _harmed_npz(chance: random.Random) -> bytes:
    return sometimes(npz(arrays(), chance.choice((np.savez, np.savez_compressed))), chance)


def _headers(chance: random.Random) -> bytes:
    """A sound archive of arrays that are none."""
    with zipfile.ZipFile(io.BytesIO(npz(arrays()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([*members, "x.npy", "y.npy"])
    length = chance.choice((0, 40, 768, 6144, len(members.get(name, b""))))
    members[name] = chance.choice((header(chance) + bytes(length), harmed(members.get(name, b"x"), chance)))
    return zipped(members, chance.choice((0, 8)))


def _named(chance: random.Random) -> bytes:
    """Sound arrays, of which nobody knows what they are."""
    shapes = ((12, 9, 10), (12, 1, 9, 10), (12, 9, 10, 3), (12, 3, 9, 3), (12, 64), (12, 1), (12,), (2,), (), (0, 8, 8))
    chosen = chance.sample(WORDS, chance.choice((1, 2, 3, 5)))
    return npz({name: np.ones(chance.choice(shapes), chance.choice(KINDS)) for name in chosen})


def an_npy(chance: random.Random) -> bytes:
    target = io.BytesIO()
    np.save(target, pixels())
    whole = header(chance) + bytes(chance.choice((0, 40, 768, 6144)))
    return chance.choice((whole, harmed(target.getvalue(), chance)))


def a_zip(chance: random.Random) -> bytes:
    return chance.choice((_harmed_zip, _harmed_zip, _odd_names, _listed_inside))(chance)


def _harmed_zip(chance: random.Random) -> bytes:
    return harmed(sound_zip(chance.choice((0, 8, 8, 12, 14))), chance)


def _odd_names(chance: random.Random) -> bytes:
    """A sound archive of pictures that are none, under odd names."""
    members = dict(pictures())
    for name in chance.sample(list(members), 3):
        members[name] = harmed(members[name], chance)
    odd = chance.choice(("train", "x" * 60_000, "\x1b[31m", "a" + "/a" * 3000, "..", "C:", "", "cat", "9" * 4999))
    renamed = chance.sample(list(members), chance.choice((0, 0, 1, COUNT)))
    return zipped({f"{odd}/{name}" if name in renamed else name: data for name, data in members.items()})


def _listed_inside(chance: random.Random) -> bytes:
    """A list among its pictures."""
    name = chance.choice(("metadata.csv", "labels.tsv", "train.csv", "cat/labels.csv", "other.csv", "metadata.jsonl"))
    listed = lines(chance) if name.endswith("l") else _changed(listed_rows(), chance)
    return zipped({**pictures(), name: listed})


def _changed(rows: Rows, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 3, 30))):
        row = chance.choice(rows[chance.choice((0, 1)) :])
        row[chance.randrange(len(row))] = chance.choice(CELLS)
    if chance.random() < 0.2:
        chance.choice(rows).append("1")
    return sometimes(table(rows, chance.choice(",,;\t")), chance)


def a_csv(chance: random.Random) -> bytes:
    """Of pixels, or of names."""
    return _changed(chance.choice((pixel_rows, listed_rows))()[chance.choice((0, 0, 1)) :], chance)


def lines(chance: random.Random) -> bytes:
    """The same as JSON lines."""
    head, *rows = listed_rows()
    values: tuple[object, ...] = (*CELLS, None, True, 7, -1e400, 10**30, [], {"a": [1]}, "\udc80\ud800")
    objects: list[dict[str, object]] = [dict(zip(head, row, strict=True)) for row in rows]
    for _ in range(chance.choice((0, 1, 1, 3, 30))):
        objects[chance.randrange(len(objects))][chance.choice((*head, *CELLS))] = chance.choice(values)
    odd = chance.choice(("", "\n", "[" * 9000, '{"a":' * 3000, "null", '{"path": 1, "path": 2}', "9" * 5000, "\ufeff"))
    content = "\n".join([*map(json.dumps, objects), *([odd] if chance.random() < 0.3 else [])]).encode()
    return sometimes(content, chance)


def a_tar(chance: random.Random) -> bytes:
    return sometimes(sound_tar(chance.choice((True, False))), chance)


def an_idx(chance: random.Random) -> bytes:
    """One file, or a zip of two, packed or not."""
    files = {"train-images": idx_file(pixels()), "train-labels": idx_file(np.arange(COUNT, dtype=np.uint8) % 2)}
    for name in files:
        files[name] = chance.choice((files[name], gzip.compress(files[name], mtime=0)))
    harm = chance.choice(list(files))
    files[harm] = harmed(files[harm], chance)
    return chance.choice((files["train-images"], zipped(files)))


def a_parquet(chance: random.Random) -> bytes:
    return sometimes(sound_parquet(chance.choice(("none", "snappy", "zstd"))), chance)


def a_picture(chance: random.Random) -> bytes:
    """Its first byte says how it is called, and whether each of its frames is a picture."""
    ending = chance.choice((*ENDINGS, *OTHERS))
    values = chance.choice((pixels()[0], np.dstack([pixels()[0]] * 3)))
    moves = ending in ("gif", "tif", "webp", "png") and chance.random() < 0.4
    others = {"save_all": True, "append_images": [*map(Image.fromarray, pixels()[1:4])]} if moves else {}
    content = HEIC if ending == "heic" else picture(values, ending, **others)
    return bytes([chance.randrange(256)]) + harmed(content, chance)
