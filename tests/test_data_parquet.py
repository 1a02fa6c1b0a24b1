"""Parquet files: which columns are meant, rows as they come, and what is refused."""

import io
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from picture_files import add, refused
from PIL import Image

from vae_core.data import catalog

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 9, 10), np.uint8)


def png(number):
    target = io.BytesIO()
    Image.fromarray(PIXELS[number]).save(target, "PNG")
    return target.getvalue()


def cells(count=40):
    return [{"bytes": png(number), "path": None} for number in range(count)]


def written(path, columns, features=None, **options):
    table = pa.table(columns)
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, **{"row_group_size": 7, **options})
    return path


CLASSES = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
NUMBERS = [number % 2 for number in range(40)]


def test_rows_keep_their_order_and_classes_their_names(tmp_path, settings):
    columns = {"image": cells(), "label": NUMBERS, "split": ["train"] * 30 + ["test"] * 10, "note": ["x"] * 40}
    found = add(written(tmp_path / "a.parquet", columns, CLASSES), settings)
    assert np.array_equal(found.train.pixels[..., 0], PIXELS[:30]) and found.classes == ("cat", "dog")
    assert list(found.test.labels) == NUMBERS[30:] and "Left out: the columns note" in found.notes


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        ({"img": [png(n) for n in range(40)], "label": NUMBERS}, ("0", "1")),
        ({"image": cells(), "class": ["dog", "cat"] * 20}, ("cat", "dog")),
        ({"image": cells(), "class": pa.array(["dog", "cat"] * 20).dictionary_encode()}, ("cat", "dog")),
        ({"image": cells(), "label": [-1] * 40}, ()),
        ({"image": cells(), "mask": cells()}, ()),
        ({"image": cells(), "label": [True, False] * 20}, ("0", "1")),
    ],
)
def test_columns_of_many_kinds(tmp_path, settings, columns, classes):
    assert add(written(tmp_path / "a.parquet", columns), settings).classes == classes


def test_one_in_the_data_folder(tmp_path, settings):
    (tmp_path / "data").mkdir()
    written(tmp_path / "data" / "pets.parquet", {"image": cells(), "label": NUMBERS})
    assert len(catalog.load("pets", replace(settings, data=tmp_path / "data")).train) == 36


def test_files_that_make_up_one(tmp_path, settings):
    (tmp_path / "a").mkdir()
    for name in ("train-00000-of-00002", "train-00001-of-00002", "validation-00000-of-00001"):
        written(tmp_path / "a" / f"{name}.parquet", {"image": cells(20), "label": NUMBERS[:20]}, CLASSES)
    found = add(tmp_path / "a", settings)
    assert len(found.train) + len(found.test) == 60 and len(found.validation) == 20


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"label": NUMBERS}, "no column of pictures: its columns are label"),
        ({"one": cells(), "two": cells()}, "several columns of pictures"),
        ({"image": [*cells(39), {"bytes": None, "path": "a.png"}]}, "row 40 of a.parquet holds no picture"),
        ({"image": [*cells(39), {"bytes": b"hello", "path": "a.png"}]}, "row 40 cannot be read as a picture"),
        ({"image": cells(), "label": [*NUMBERS[:39], None]}, "Row 40 of a.parquet has no label"),
        ({"image": cells(), "label": [0.5] * 40}, "Whole numbers or words"),
        ({"image": cells(), "label": [[1, 2]] * 40}, "One label for each"),
        ({"image": cells(), "label": ["x" * 2000] * 40}, "A label has 2,000 letters"),
        ({"image": cells(), "split": ["tset"] * 40}, "split 'tset'"),
        ({"image": pa.array([], pa.binary())}, "is empty"),
    ],
)
def test_wrong_columns(tmp_path, settings, columns, words):
    refused(written(tmp_path / "a.parquet", columns), settings, words)


@pytest.mark.parametrize("names", ["cat", [1, 2], ["cat"], {"a": 1}, None])
def test_names_of_classes_that_make_no_sense(tmp_path, settings, names):
    path = written(tmp_path / "a.parquet", {"image": cells(), "label": NUMBERS}, {"label": {"names": names}})
    assert add(path, settings).classes == ("0", "1")


def test_files_that_are_none(tmp_path, settings):
    for content in (b"", b"PAR1", b"hello" * 99, b"PAR1" + b"\xff" * 99 + b"PAR1"):
        (tmp_path / "a.parquet").write_bytes(content)
        refused(tmp_path / "a.parquet", settings, "cannot be read as a Parquet file")


def test_bounds(tmp_path, settings):
    path = written(tmp_path / "a.parquet", {"image": cells()})
    refused(path, replace(settings, max_files=39), "more than 39 files")
    refused(path, replace(settings, max_bytes=500), "more than 500 bytes")
    refused(path, replace(settings, max_image_pixels=89), "10 x 9 pixels")


def test_bombs(tmp_path, settings):
    """A long run of zeros takes next to nothing, and a value that is in the file once may be meant by every row."""
    zeros = written(tmp_path / "a.parquet", {"image": [bytes(50_000_000)]}, compression="zstd")
    refused(zeros, replace(settings, max_bytes=20_000_000), "more than 20,000,000 bytes")
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array([bytes(3_000_000)], pa.binary()))
    many = written(tmp_path / "b.parquet", {"image": once}, store_schema=False, row_group_size=5000, compression="zstd")
    assert many.stat().st_size < 100_000
    refused(many, replace(settings, max_bytes=20_000_000), "more than 20,000,000 bytes")
