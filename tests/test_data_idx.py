"""IDX files: what belongs together, and what is refused."""

import gzip
import struct
from dataclasses import replace

import numpy as np
import pytest
from picture_files import add, pack, refused

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 9, 10), np.uint8)
LABELS = np.arange(40) % 4


def idx(values, kind=8):
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, kind, values.ndim, *values.shape)
    return head + values.astype({8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[kind]).tobytes()


def files(folder, **contents):
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


@pytest.mark.parametrize("kind", [8, 11, 12, 13, 14])
def test_numbers_of_every_kind(tmp_path, settings, kind):
    files(tmp_path / "a", images=idx(PIXELS, kind), labels=idx(LABELS, kind))
    found = add(tmp_path / "a", settings)
    assert found.image == (9, 10, 1) and found.classes == ("0", "1", "2", "3") and len(found.train) == 36


def test_a_single_file_and_what_lies_beside_it(tmp_path, settings):
    files(tmp_path / "a", digits__gz=gzip.compress(idx(PIXELS)), notes=b"hello", other=idx(PIXELS))
    assert add(tmp_path / "a" / "digits.gz", settings).train.labels is None
    files(tmp_path / "b", digits_images=idx(PIXELS), digits_labels=idx(LABELS), letters_labels=idx(LABELS))
    assert len(add(tmp_path / "b" / "digits_images", settings, "two").classes) == 4
    assert len(add(tmp_path / "b" / "digits_labels", settings, "three").classes) == 4


def test_a_file_that_lies_there_twice_is_read_once(tmp_path, settings):
    """Packed and unpacked, or once more in a folder of its own."""
    folder = files(tmp_path / "a", train_images=idx(PIXELS), train_images__gz=gzip.compress(idx(PIXELS)))
    files(folder / "train_images.raw", train_images=idx(PIXELS), train_labels=idx(LABELS))
    assert len(add(folder, settings).train) == 36


def test_what_lies_beside_in_an_archive_is_told(tmp_path, settings):
    files(tmp_path / "a", some_images=idx(PIXELS), numbers=idx(LABELS), readme=b"hello")
    found = add(pack(tmp_path / "a", tmp_path / "a.zip"), settings)
    assert len(found.classes) == 4 and "Left out: readme" in found.notes


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"images": idx(PIXELS)[:-1]}, "holds 3,615 bytes, but its header tells of 3,616"),
        ({"images": idx(PIXELS) + b"x"}, "damaged"),
        ({"images": gzip.compress(idx(PIXELS))[:-900]}, "damaged"),
        ({"images": gzip.compress(idx(PIXELS) + b"x" * 9)}, "damaged"),
        ({"labels": idx(LABELS)}, "labels without images"),
        ({"images": idx(PIXELS), "labels": idx(LABELS[:9])}, "One label for each of the 40"),
        ({"a_images": idx(PIXELS), "b_images": idx(PIXELS)}, "several files of images: a_images, b_images"),
        ({"train_images": idx(PIXELS), "images": idx(PIXELS)}, "does not say of which part"),
        ({"images": idx(PIXELS), "labels": idx(LABELS), "label": idx(LABELS[::-1])}, "several files of labels"),
        (
            {"train_images": idx(PIXELS), "t10k_images": idx(PIXELS), "train_labels": idx(LABELS)},
            "labels for some parts",
        ),
        ({"images": idx(PIXELS[:, :, :0])}, "is empty"),
        ({"images": b"\0\0\x08\x03" + b"\xff" * 12}, "unpacks to more than"),
        ({"images": b"\0\0\x08\x03" + b"\0" * 8}, "holds no pictures"),
        ({"images": b"\0\0\x07\x03" + b"\0" * 80}, "holds no pictures"),
    ],
)
def test_wrong_files(tmp_path, settings, contents, words):
    refused(files(tmp_path / "a", **contents), settings, words)


def test_a_bomb_unpacks_to_no_more_than_its_header_tells(tmp_path, settings):
    content = gzip.compress(idx(PIXELS) + bytes(50_000_000))
    files(tmp_path / "a", images=content)
    refused(tmp_path / "a", settings, "damaged: it holds 3,617 bytes")
    files(tmp_path / "a", images=gzip.compress(idx(PIXELS)))
    refused(tmp_path / "a", replace(settings, max_bytes=3000), "more than 3,000 bytes")


def test_a_file_of_another_kind_is_none(tmp_path, settings):
    files(tmp_path / "a", x__gz=gzip.compress(b"hello" * 100), y=b"hello")
    for name in ("x.gz", "y"):
        refused(tmp_path / "a" / name, settings, "of a kind that cannot be read")
