"""Damaged and crafted files of every kind that is taken: an answer or a LoupeError, soon, and in little memory."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from heic_picture import HEIC
from PIL import Image

from vae_core.data import catalog
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError
from vae_core.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # what Pillow thinks of damaged pictures
SHORT, LONG = 350, 20_000  # cases a kind
FEWER = {
    "inside": 40,
    "lines": 60,
    "idx": 150,
    "tar": 120,
    "parquet": 120,
    "heic": 60,
}  # of those that are mostly read to the end
CPU_SECONDS, MOST_MEMORY = 2, 300 * 2**20
BOUNDS = {"max_files": 500, "max_bytes": 20_000_000, "max_image_pixels": 1_000_000}
NUMBERS = [(1 << bits) + more for bits in (0, 7, 8, 15, 16, 31, 32, 62, 63) for more in (-1, 0)]
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
    "(40, 8, 8)",
    "(40, 64)",
    "(40,)",
    "()",
    "(10, 0, 8)",
    "(0, 8, 8)",
    "(40, 8, 8, 3)",
    "(40, -8, 8)",
    "(True, 8, 8)",
    "(9999999999, 8, 8)",
    "(40, 8, 8, 1, 1)",
    "(2, 1, 99999)",
    "8",
    "(4.0, 8)",
)
CELLS = (
    "",
    "nan",
    "inf",
    "-1",
    "1e400",
    "0.5",
    "255",
    "256",
    "9" * 400,
    "9" * 5000,
    "a",
    "=1+1",
    '"',
    "\0",
    "é",
    "\t",
    ";",
    ",",
    "\n",
    "\r",
    "../a.png",
    "/etc/passwd",
    "a\0.png",
    "x" * 300,
    "x" * 2000,
    "train",
    "True",
    "\ud800",
)
ENDINGS = ("png", "jpg", "gif", "bmp", "tif", "webp", "ppm")


@dataclass(frozen=True)
class Case:
    """A file, and what lies beside it."""

    name: str
    content: bytes
    beside: bytes | None = None  # the zip of a list
    fitting: Fitting = Fitting()


# What is sound.


@cache
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 9, 10), np.uint8)


def npz(arrays: dict[str, np.ndarray], save: Callable = np.savez) -> bytes:
    target = io.BytesIO()
    save(target, **arrays)
    return target.getvalue()


def arrays() -> dict[str, np.ndarray]:
    words = np.array(["cat", "dog"] * 20)
    return {"x_train": pixels(), "y_train": words, "x_test": pixels()[::-1], "y_test": words}


@cache
def pictures() -> dict[str, bytes]:
    found = {}
    for number, values in enumerate(pixels()):
        ending, target = ENDINGS[number % len(ENDINGS)], io.BytesIO()
        Image.fromarray(values).save(target, {"jpg": "JPEG", "tif": "TIFF"}.get(ending, ending))
        found[f"{'cat' if number % 2 else 'dog'}/{number}.{ending}"] = target.getvalue()
    return found


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
def sound_tar(mode: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name, content in pictures().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


@cache
def sound_parquet(compression: str) -> bytes:
    target = io.BytesIO()
    images = [{"bytes": content, "path": name} for name, content in pictures().items()]
    rows = pa.table({"image": images, "label": [name.split("/")[0] for name in pictures()]})
    pq.write_table(rows, target, row_group_size=15, compression=compression)
    return target.getvalue()


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


def table(rows: list[list[str]], delimiter: str = ",") -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter).writerows(rows)
    return target.getvalue().encode("utf-8", "surrogatepass")


def pixel_rows() -> list[list[str]]:
    head = ["label", *(f"p{place}" for place in range(64))]
    return [head, *([str(number % 3), *map(str, values.ravel()[:64])] for number, values in enumerate(pixels()))]


def listed_rows() -> list[list[str]]:
    rows = [
        [name, name.split("/")[0], ("train", "test")[place % 2], str(place // 4)]
        for place, name in enumerate(pictures())
    ]
    return [["path", "label", "split", "angle"], *rows]


# What is done to it.


def harmed(content: bytes, chance: random.Random) -> bytes:
    """One to four wounds anywhere."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        place, length = chance.randrange(len(content) + 1), chance.choice((1, 2, 4, 30, 500))
        before, cut, after = content[:place], content[place : place + length], content[place + length :]
        number = chance.choice(NUMBERS) & 0xFFFFFFFFFFFFFFFF
        content = chance.choice(
            (
                before,
                after,
                before + after,
                before + cut + cut + after,
                before + bytes(len(cut)) + after,
                before + chance.randbytes(len(cut)) + after,
                before + chance.randbytes(length) + cut + after,
                before + number.to_bytes(8, chance.choice(("little", "big")))[: len(cut)] + after,
                before + bytes(byte ^ 1 << chance.randrange(8) for byte in cut[:1]) + cut[1:] + after,
            )
        )
    return content


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


def _npz(chance: random.Random) -> Case:
    return Case("a.npz", harmed(npz(arrays(), chance.choice((np.savez, np.savez_compressed))), chance))


def _headers(chance: random.Random) -> Case:
    """Sound archives of arrays that are none."""
    with zipfile.ZipFile(io.BytesIO(npz(arrays()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([*members, "x.npy", "y.npy"])
    length = chance.choice((0, 40, 2560, 20480, len(members.get(name, b""))))
    members[name] = chance.choice((header(chance) + bytes(length), harmed(members.get(name, b"x"), chance)))
    return Case("a.npz", zipped(members, chance.choice((0, 8))))


def _zip(chance: random.Random) -> Case:
    return Case("a.zip", harmed(sound_zip(chance.choice((0, 8, 8, 12, 14))), chance))


def _pictures(chance: random.Random) -> Case:
    """Sound archives of pictures that are none, under odd names."""
    members = dict(pictures())
    for name in chance.sample(list(members), 3):
        members[name] = harmed(members[name], chance)
    odd = chance.choice(("train", "x" * 60_000, "\x1b[31m", "a" + "/a" * 3000, "..", "C:", "", "cat", "9" * 4999))
    renamed = chance.sample(list(members), chance.choice((0, 0, 1, 40)))
    return Case("a.zip", zipped({f"{odd}/{name}" if name in renamed else name: data for name, data in members.items()}))


def _changed(rows: list[list[str]], chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 3, 30))):
        row = chance.choice(rows[chance.choice((0, 1)) :])
        row[chance.randrange(len(row))] = chance.choice(CELLS)
    if chance.random() < 0.2:
        chance.choice(rows).append("1")
    content = table(rows, chance.choice(",,;\t"))
    return harmed(content, chance) if chance.random() < 0.4 else content


def _table(chance: random.Random) -> Case:
    return Case("a.csv", _changed(pixel_rows()[chance.choice((0, 1)) :], chance))


def _list(chance: random.Random) -> Case:
    return Case("a.csv", _changed(listed_rows(), chance), sound_zip(8))


def _inside(chance: random.Random) -> Case:
    """A list among its pictures."""
    name = chance.choice(("metadata.csv", "labels.tsv", "train.csv", "cat/labels.csv", "other.csv"))
    return Case("a.zip", zipped({**pictures(), name: _changed(listed_rows(), chance)}))


def _lines(chance: random.Random) -> Case:
    """The same as JSON lines."""
    head, *rows = listed_rows()
    values: tuple[object, ...] = (*CELLS, None, True, 7, -1e400, 10**30, [], {"a": [1]}, "\udc80\ud800")
    objects = [dict(zip(head, row, strict=True)) for row in rows]
    for _ in range(chance.choice((0, 1, 1, 3, 30))):
        objects[chance.randrange(len(objects))][chance.choice((*head, *CELLS))] = chance.choice(values)
    odd = chance.choice(("", "\n", "[" * 9000, '{"a":' * 3000, "null", '{"path": 1, "path": 2}', "9" * 5000, "\ufeff"))
    content = "\n".join([*map(json.dumps, objects), *([odd] if chance.random() < 0.3 else [])]).encode()
    content = harmed(content, chance) if chance.random() < 0.4 else content
    if chance.random() < 0.5:
        return Case("a.jsonl", content, sound_zip(8))
    return Case("a.zip", zipped({**pictures(), chance.choice(("metadata.jsonl", "cat/train.jsonl")): content}))


def _tar(chance: random.Random) -> Case:
    return Case(chance.choice(("a.tar", "a.tar.gz")), harmed(sound_tar(chance.choice(("w", "w:gz"))), chance))


def _npy(chance: random.Random) -> Case:
    target = io.BytesIO()
    np.save(target, pixels())
    whole = header(chance) + bytes(chance.choice((0, 40, 2560, 20480)))
    return Case("a.npy", chance.choice((whole, harmed(target.getvalue(), chance))))


def _named(chance: random.Random) -> Case:
    """Sound arrays, of which nobody knows what they are."""
    words = ("x", "y", "images", "labels", "data", "target", "train_images", "x_test", "arr_0", "arr_1", "class_names")
    shapes = ((40, 9, 10), (40, 1, 9, 10), (40, 9, 10, 3), (40, 3, 9, 3), (40, 64), (40, 1), (40,), (2,), (), (0, 8, 8))
    kinds = ("u1", "i8", "f4", "U3", "bool", "c8")
    chosen = chance.sample(words, chance.choice((1, 2, 3, 5)))
    values = {name: np.ones(chance.choice(shapes), chance.choice(kinds)) for name in chosen}
    return Case("a.npz", npz(values))


def _idx(chance: random.Random) -> Case:
    """One file, or a zip of two, packed or not."""
    files = {"train-images": idx(pixels()), "train-labels": idx(np.arange(40, dtype=np.uint8) % 2)}
    for name in files:
        files[name] = chance.choice((files[name], gzip.compress(files[name])))
    harm = chance.choice(list(files))
    files[harm] = harmed(files[harm], chance)
    return chance.choice((Case("a", files["train-images"]), Case("a.zip", zipped(files))))


def _parquet(chance: random.Random) -> Case:
    return Case("a.parquet", harmed(sound_parquet(chance.choice(("none", "snappy", "zstd"))), chance))


def _heic(chance: random.Random) -> Case:
    """One among sound pictures: it would be left out alone."""
    return Case("a.zip", zipped({**pictures(), "cat/x.heic": harmed(HEIC, chance)}))


def _frames(chance: random.Random) -> Case:
    ending, target = chance.choice(("gif", "tif", "webp", "png")), io.BytesIO()
    first, *others = map(Image.fromarray, pixels()[:6])
    first.save(target, {"tif": "TIFF"}.get(ending, ending), save_all=True, append_images=others)
    members = {**pictures(), f"cat/x.{ending}": harmed(target.getvalue(), chance)}
    return Case("a.zip", zipped(members), fitting=Fitting(frames=True))


KINDS = {
    "npz": _npz,
    "headers": _headers,
    "zip": _zip,
    "pictures": _pictures,
    "table": _table,
    "list": _list,
    "inside": _inside,
    "lines": _lines,
    "tar": _tar,
    "npy": _npy,
    "named": _named,
    "idx": _idx,
    "parquet": _parquet,
    "heic": _heic,
    "frames": _frames,
}


# What must come of it.


@pytest.fixture
def strict(settings: Settings) -> Settings:
    return replace(settings, **BOUNDS)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Linux alone can forget an earlier peak."""
    kept = Path("/proc/self/clear_refs")
    if kept.exists():
        kept.write_text("5")
    before = _peak()
    yield
    assert _peak() - before < MOST_MEMORY


def _peak() -> int:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def read(case: Case, folder: Path, settings: Settings) -> None:
    path = folder / case.name
    path.write_bytes(case.content)
    if case.beside is not None:
        (folder / "a.zip").write_bytes(case.beside)
    catalog.add(path, "mine", settings, case.fitting)
    catalog.load("mine", settings)
    catalog.remove("mine", settings)


def all_are_told(kind: str, count: int, folder: Path, settings: Settings) -> None:
    if kind == "heic":
        pytest.importorskip("pi_heif")
    told = 0
    for number in range(count):
        case = KINDS[kind](random.Random(f"{kind} {number}"))
        began = time.process_time()
        try:
            read(case, folder, settings)
        except LoupeError as error:
            told += 1
            str(error).encode()  # a page can show it
        except BaseException as error:
            raise AssertionError(f"case {number} of {kind}") from error
        assert time.process_time() - began < CPU_SECONDS, f"case {number} of {kind}"
    assert told > count / 20


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_told(kind, tmp_path, strict, little_memory):
    all_are_told(kind, FEWER.get(kind, SHORT), tmp_path, strict)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_very_many_damaged_files_are_told(kind, tmp_path, strict, little_memory):
    all_are_told(kind, LONG, tmp_path, strict)
