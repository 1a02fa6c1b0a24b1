"""Every form that images may come in: a row of docs/formats.md each, read the same; and the bounds of each."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from picture_files import add, pack
from PIL import Image

from vae_core.settings import PROJECT

TRAIN, TEST = 30, 10
WORDS = np.array(["cat", "dog"] * (TRAIN + TEST))
NUMBERS = np.arange(TRAIN + TEST) % 2
PIXELS = np.random.default_rng(0).integers(0, 256, (TRAIN + TEST, 12, 12), np.uint8)


def png(number: int, format: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.fromarray(PIXELS[number]).save(target, format)
    return target.getvalue()


def pictures(place: Callable[[int], str], folder: Path) -> Path:
    for number in range(len(PIXELS)):
        path = folder / place(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
    return folder


def by_class(folder: Path) -> Path:
    return pictures(lambda number: f"{WORDS[number]}/{number:02}.png", folder / "pets")


def by_part(folder: Path) -> Path:
    return pictures(lambda number: f"{part(number)}/{WORDS[number]}/{number:02}.png", folder / "pets")


def part(number: int) -> str:
    return "train" if number < TRAIN else "test"


def zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "pets.zip", "w") as archive:
        for number in range(len(PIXELS)):
            archive.writestr(f"pets\\{WORDS[number]}\\{number:02}.png", png(number))
    return folder / "pets.zip"


def tarred(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content) if isinstance(content, bytes) else info.size
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return path


def sound() -> dict[str, Any]:
    return {f"./{WORDS[number]}/{number:02}.png": png(number) for number in range(len(PIXELS))}


def listed(path: Path, header: str, cells: Callable[[int], tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerow(header.split(","))
        writer.writerows(cells(number) for number in range(len(PIXELS)))


def list_inside(folder: Path) -> Path:
    pets = pictures(lambda number: f"images/{number:02}.png", folder / "pets")
    listed(pets / "labels.tsv", "id,class,split", lambda number: (f"{number:02}", WORDS[number], part(number)))
    return pets


def list_beside(folder: Path) -> Path:
    pack(pictures("{:02}.png".format, folder / "other"), folder / "pets.zip")
    listed(folder / "pets.csv", "filename,label", lambda number: (f"{number:02}.png", WORDS[number]))
    return folder / "pets.zip"


def list_of_lines(folder: Path) -> Path:
    pets = by_part(folder)
    for half in ("train", "test"):
        names = [path.relative_to(pets / half).as_posix() for path in sorted((pets / half).rglob("*.png"))]
        lines = [json.dumps({"file_name": name, "label": name.split("/")[0]}) for name in names]
        (pets / half / "metadata.jsonl").write_text("\n".join(lines))
    return pack(pets, folder / "pets.zip")


def table(folder: Path) -> Path:
    header = ",".join(["label", "split", *(f"p{place}" for place in range(144))])
    listed(folder / "pets.tsv", header, lambda number: (WORDS[number], part(number), *PIXELS[number].ravel()))
    return folder / "pets.tsv"


def npz_of_parts(folder: Path) -> Path:
    first, last = slice(0, TRAIN), slice(TRAIN, None)
    images = {"train_images": PIXELS[first, None], "test_images": PIXELS[last, None]}
    np.savez(folder / "a.npz", **images, train_labels=NUMBERS[first, None], test_labels=NUMBERS[last, None])
    return folder / "a.npz"


def npz_of_one(folder: Path) -> Path:
    np.savez(folder / "a.npz", PIXELS / 255, np.eye(2)[NUMBERS].argmax(axis=1))
    return folder / "a.npz"


def npy(folder: Path) -> Path:
    np.save(folder / "a.npy", PIXELS)
    return folder / "a.npy"


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


def idx_files() -> dict[str, bytes]:
    first, last = slice(0, TRAIN), slice(TRAIN, None)
    return {
        "train-images-idx3-ubyte": idx(PIXELS[first]),
        "train-labels-idx1-ubyte": idx(NUMBERS[first]),
        "t10k-images-idx3-ubyte": idx(PIXELS[last]),
        "t10k-labels-idx1-ubyte": idx(NUMBERS[last]),
    }


def idx_plain(folder: Path) -> Path:
    for name, content in idx_files().items():
        (folder / name).write_bytes(content)
    (folder / "other-images-idx3-ubyte").write_bytes(idx(PIXELS))
    return folder / "train-images-idx3-ubyte"


def idx_packed(folder: Path) -> Path:
    for name, content in idx_files().items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    return folder / "train-images-idx3-ubyte.gz"


def idx_in_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "mnist.zip", "w") as archive:
        for name, content in idx_files().items():
            archive.writestr(f"raw/{name}.gz", gzip.compress(content))
        archive.writestr("raw/README", "hello")
    return folder / "mnist.zip"


def parquet_of(path: Path, numbers: range, **more: Any) -> Path:
    images = [{"bytes": png(number), "path": f"{number}.png"} for number in numbers]
    names = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    rows = pa.table({"image": images, "label": [number % 2 for number in numbers], **more})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows.replace_schema_metadata({"huggingface": str(names).replace("'", '"')}), path, row_group_size=7)
    return path


def parquets(folder: Path) -> Path:
    parquet_of(folder / "pets/data/test-00000-of-00001.parquet", range(TRAIN, TRAIN + TEST))
    parquet_of(folder / "pets/data/train-00000-of-00001.parquet", range(TRAIN))
    return folder / "pets"


CLASSES, DIGITS = ("cat", "dog"), ("0", "1")
FORMS: dict[str, tuple[Callable[[Path], Path], tuple[str, ...], bool]] = {  # what makes it, its classes, has it parts
    "folder of classes": (by_class, CLASSES, False),
    "folders of parts": (by_part, CLASSES, True),
    "zip": (zipped, CLASSES, False),
    "tar": (lambda folder: tarred(folder / "pets.tar.gz", sound()), CLASSES, False),
    "list inside": (list_inside, CLASSES, True),
    "list beside": (list_beside, CLASSES, False),
    "list of lines": (list_of_lines, CLASSES, True),
    "table of pixels": (table, CLASSES, True),
    "npz of parts": (npz_of_parts, DIGITS, True),
    "npz of one part": (npz_of_one, DIGITS, False),
    "npy": (npy, (), False),
    "idx": (idx_plain, DIGITS, True),
    "idx packed": (idx_packed, DIGITS, True),
    "idx in an archive": (idx_in_zip, DIGITS, True),
    "parquet": (lambda folder: parquet_of(folder / "a.parquet", range(TRAIN + TEST)), CLASSES, False),
    "folder of parquets": (parquets, CLASSES, True),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_read(tmp_path, settings, form):
    make, classes, has_parts = FORMS[form]
    found = add(make(tmp_path), settings)
    assert found.classes == classes and found.image == (12, 12, 1)
    assert len(found.test) == (TEST if has_parts else 4) and len(found.train) + len(found.test) == TRAIN + TEST
    places = {image.tobytes(): number for number, image in enumerate(PIXELS)}
    for half in (found.train, found.test):
        numbers = [places[image.tobytes()] for image in half.pixels]
        assert half.labels is None if not classes else [number % 2 for number in numbers] == list(half.labels)
        assert not has_parts or {part(number) for number in numbers} == {"train" if half is found.train else "test"}


def test_the_table_in_the_docs_names_what_is_tested():
    text = (PROJECT / "docs" / "formats.md").read_text("utf-8")
    assert re.findall(r"^\| ([\w ]+) \|", text, re.MULTILINE)[1:] == list(FORMS)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM"])
def test_pictures_of_every_format(tmp_path, settings, format):
    (tmp_path / "pets").mkdir()
    for number in range(TRAIN):
        (tmp_path / f"pets/{number}.{format.lower()}").write_bytes(png(number, format))
    assert len(add(tmp_path / "pets", settings).train) == 27
