"""NumPy archives: layouts, value ranges, and everything that is refused."""

import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from vae_core.data import catalog
from vae_core.data.arrays import to_uint8
from vae_core.errors import LoupeError


@pytest.fixture
def add(tmp_path, settings):
    """Write an .npz and add it; nothing may be left behind where it is refused."""

    def write_and_add(change=None, **values):
        path = tmp_path / "mine.npz"
        np.savez(path, **values)
        try:
            return catalog.add(path, "mine", replace(settings, **(change or {})))
        except LoupeError:
            assert not list(settings.cache.rglob("*"))
            raise

    return write_and_add


def images(count=100, height=12, width=10, channels=None, seed=0):
    shape = (count, height, width) if channels is None else (count, height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def labels(count=100, classes=2):
    return np.random.default_rng(0).integers(classes, size=count)


def test_four_arrays_keep_their_parts_and_order(add, settings):
    x, y, x_test, y_test = images(), labels(), images(40, seed=1), labels(40)
    found = add(x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    assert found.image == (12, 10, 1) and found.classes == ("0", "1")
    assert np.array_equal(found.train.pixels[..., 0], x) and np.array_equal(found.test.pixels[..., 0], x_test)
    assert np.array_equal(found.train.labels, y) and found.train.labels.dtype == np.int32
    assert found.validation is None and found.notes == ()
    again = catalog.load("mine", settings)
    assert np.array_equal(again.test.pixels, found.test.pixels) and again.fingerprint == found.fingerprint
    assert again.classes == found.classes and again.train.pixels.dtype == np.uint8


def test_x_alone_is_divided_by_the_seed_and_told(add):
    found = add(x=images(200))
    assert (len(found.train), len(found.validation), len(found.test)) == (180, 20, 20)
    assert found.train.labels is None and found.classes == ()
    assert "160 train, 20 validate, 20 test" in found.notes[0]


def test_another_seed_divides_otherwise(tmp_path, settings):
    np.savez(tmp_path / "a.npz", x=images(200))
    one, other = (catalog.add(tmp_path / "a.npz", f"a{seed}", settings, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.test.pixels, other.test.pixels)


def test_own_validation_part(add):
    found = add(x_train=images(), x_val=images(20, seed=1), x_test=images(30, seed=2))
    assert np.array_equal(found.validation, np.arange(100, 120)) and len(found.test) == 30


def test_colour_and_columns_of_labels(add):
    found = add(x=images(channels=3), y=labels()[:, None])
    assert found.image == (12, 10, 3) and len(found.classes) == 2


def test_words_as_labels_and_numbers_in_their_order(add, settings):
    y = np.array(["dog", "cat"] * 50)
    found = add(x_train=images(), y_train=y, x_test=images(20, seed=1), y_test=y[:20])
    assert found.classes == ("cat", "dog") and list(found.train.labels[:2]) == [1, 0]
    catalog.remove("mine", settings)
    y = np.array([10, 9, 100, 2] * 25)
    found = add(x_train=images(), y_train=y, x_test=images(20, seed=1), y_test=y[:20])
    assert found.classes == ("2", "9", "10", "100") and list(found.train.labels[:4]) == [2, 1, 3, 0]


def test_the_name_of_a_class_cannot_turn_what_stands_behind_it(add):
    found = add(x=images(), y=np.array(["\u202ecat", "שלום"] * 50))
    assert found.classes == ("cat", "שלום")


def test_rows_of_square_images(add):
    found = add(x=images().reshape(100, -1)[:, :100])
    assert found.image == (10, 10, 1)


PAIRS = [
    ("images", "labels"),
    ("X", "y"),
    ("data", "target"),
    ("arr_0", "arr_1"),
    ("faces", "who"),
    ("train_images", "train_labels"),
    ("X-train", "y-train"),
    ("trainx", "trainy"),
]


@pytest.mark.parametrize(("image", "label"), PAIRS)
def test_names_that_others_give(add, image, label):
    found = add(**{label: labels(), image: images()})
    assert found.image == (12, 10, 1) and found.classes == ("0", "1")


def test_the_layout_of_medmnist(add):
    parts = {f"{part}_images": images(20, seed=seed) for seed, part in enumerate(("train", "val", "test"))}
    found = add(**parts, **{f"{part}_labels": labels(20)[:, None] for part in ("train", "val", "test")})
    assert len(found.train) == 40 and np.array_equal(found.validation, np.arange(20, 40)) and len(found.test) == 20


def test_rows_with_a_single_one_are_labels(add):
    found = add(x_train=images(), y_train=np.eye(3)[labels(classes=3)], x_test=images(), y_test=np.eye(3)[labels()])
    assert np.array_equal(found.train.labels, labels(classes=3)) and found.classes == ("0", "1", "2")


def test_names_of_classes(add):
    found = add(images=images(), labels=labels(), class_names=np.array(["dog", "cat"]))
    assert found.classes == ("cat", "dog") and not any("Left out" in note for note in found.notes)


def test_channels_that_come_first(add):
    values = images(channels=3)
    found = add(x_train=np.moveaxis(values, -1, 1), x_test=values[:20])
    assert np.array_equal(found.train.pixels, values)
    assert found.notes == ("x_train: channels came first and were brought to the end",)


def test_one_array_of_a_file(tmp_path, settings):
    np.save(tmp_path / "a.npy", images())
    assert len(catalog.add(tmp_path / "a.npy", "mine", settings).train) == 90


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged"),
        (b"hello", "damaged"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': '|u1'}", "damaged"),
        (pickle.dumps([1, 2]), "damaged"),
    ],
)
def test_wrong_single_arrays(tmp_path, settings, content, words):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(LoupeError, match=words):
        catalog.add(tmp_path / "a.npy", "mine", settings)


def test_bounds_of_single_arrays(tmp_path, settings):
    np.save(tmp_path / "a.npy", images())
    with pytest.raises(LoupeError, match="At most 5,000 bytes"):
        catalog.add(tmp_path / "a.npy", "mine", replace(settings, max_bytes=5000))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:-1])
    with pytest.raises(LoupeError, match="header tells of 12,000 bytes"):
        catalog.add(tmp_path / "a.npy", "mine", settings)
    np.save(tmp_path / "a.npy", np.array([{}] * 20, dtype=object), allow_pickle=True)
    with pytest.raises(LoupeError, match="pickled"):
        catalog.add(tmp_path / "a.npy", "mine", settings)


def test_unused_arrays_are_told(add):
    assert "Left out of mine.npz: extra" in add(x=images(), extra=np.ones(3)).notes


RAMP = np.resize(np.linspace(0, 1, 256), (4, 8, 8, 1))


@pytest.mark.parametrize(
    ("values", "expected", "told"),
    [
        (RAMP.astype(np.float32), RAMP * 255, "multiplied by 255"),
        (RAMP * 2 - 1, RAMP * 255, "-1 to 1"),
        (np.rint(RAMP * 16), np.rint(RAMP * 16) / 16 * 255, "0 to 16"),
        (np.rint(RAMP * 16).astype(np.int8), np.rint(RAMP * 16) / 16 * 255, "0 to 16"),
        (RAMP * 255, RAMP * 255, "rounded"),
        (np.rint(RAMP * 255), RAMP * 255, None),
        (np.rint(RAMP * 255).astype(np.int64), RAMP * 255, None),
        (np.rint(RAMP * 65535).astype(np.uint16), RAMP * 255, "16-bit"),
        (RAMP > 0.5, (RAMP > 0.5) * 255, "multiplied by 255"),
        (RAMP * 1.0005, RAMP * 255, "multiplied by 255"),
    ],
)
def test_value_ranges(values, expected, told):
    pixels, notes = to_uint8([values])
    assert pixels.dtype == np.uint8 and np.abs(pixels - expected).max() <= 0.6
    assert (told in notes[0]) if told else notes == ()


def test_one_range_for_all_parts():
    dark, bright = np.full((1, 8, 8, 1), 0.2), np.full((1, 8, 8, 1), 200.0)
    pixels, _ = to_uint8([dark, bright])
    assert pixels[0].max() == 0 and pixels[1].max() == 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": RAMP * 7.3}, "0 to 7.3"),
        ({"x": RAMP * 400}, "0 to 400"),
        ({"x": RAMP * 10 - 5}, "-5 to 5"),
        ({"x": np.where(RAMP > 0.9, np.nan, RAMP)}, "NaN"),
        ({"x": np.where(RAMP > 0.9, np.inf, RAMP)}, "infinite"),
        ({"x": RAMP.astype(complex)}, "complex"),
        ({"x": np.array(["a"] * 64).reshape(1, 8, 8)}, "Numbers were expected"),
        ({"x": np.empty((0, 8, 8))}, "empty"),
        ({"x": images(1)}, "1 image "),
        ({"x": images(9)}, "At least 10"),
        ({"x_train": images(1), "x_test": images(20)}, "At least 2"),
        ({"x": images(channels=2)}, "channels|shape"),
        ({"x": np.zeros((20, 3, 32, 3))}, "may come first or last"),
        ({"x": np.zeros((20, 50))}, "square"),
        ({"x": np.zeros(20)}, "shape"),
        ({"x": images(height=4, width=4)}, "At least 8 pixels"),
        ({"x_train": images(), "x_test": images(width=11)}, "12x10x1.*12x11x1"),
        ({"x_train": images(), "y_train": labels(), "x_test": images()}, "no y_test"),
        ({"x": images(), "y": labels(99)}, "100 images"),
        ({"x": images(), "y": np.eye(100) + np.eye(100)[::-1]}, "One label"),
        ({"x": images(), "y": np.linspace(0, 1, 100)}, "Whole numbers or words"),
        ({"pictures": np.zeros(20)}, "x_train, y_train, x_test, y_test"),
        ({"pictures": images(), "drawings": images()}, r"pictures \(100, 12, 10\) and drawings"),
        ({"images": images(), "data": images()}, "images .* and data"),
        ({"x_train": images(), "train_x": images(), "x_test": images()}, "x_train .* and train_x"),
        ({"images": images(), "labels": labels(), "target": labels()}, "labels .* and target"),
        ({"arr_0": images(), "arr_1": labels(), "arr_2": labels()}, "may be the labels: arr_1"),
        ({"x": np.full((40, 8, 8), 7)}, "one flat colour"),
    ],
)
def test_refused_in_a_sentence(add, values, words):
    with pytest.raises(LoupeError, match=words):
        add(**values)


def test_pickled_arrays_are_never_opened(add, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").write_text, ("!",))

    with pytest.raises(LoupeError, match="pickled"):
        add(x=np.array([Trap(), Trap()], dtype=object))
    with pytest.raises(LoupeError, match="pickled"):
        add(x=images(), y=np.array([Trap()] * 100, dtype=object))
    assert not tmp_path.joinpath("sprung").exists()


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1, 2])])
def test_files_that_are_no_archive(tmp_path, settings, content):
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(LoupeError, match="NumPy archive"):
        catalog.add(tmp_path / "mine.npz", "mine", settings)


def test_damaged_archives(tmp_path, settings):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, x=images())
    content = bytearray(path.read_bytes())
    content[2000:2050] = bytes(50)
    path.write_bytes(content)
    with pytest.raises(LoupeError, match="mine.npz|damaged"):
        catalog.add(path, "mine", settings)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"no array")
    with pytest.raises(LoupeError, match="damaged"):
        catalog.add(path, "mine", settings)


def test_a_header_that_promises_too_much_takes_no_memory(tmp_path, settings):
    path = tmp_path / "mine.npz"
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 1000, 1000), }\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(LoupeError, match="At most"):
        catalog.add(path, "mine", settings)


def test_an_archive_that_unpacks_to_too_much(add):
    with pytest.raises(LoupeError, match="more than 5,000 bytes"):
        add(change={"max_bytes": 5000}, x=images())


def test_large_arrays_are_scaled_and_told(add):
    found = add(x=images(20, 140, 100))
    assert found.image == (64, 64, 1)
    assert "20 of 20 images were scaled to fit 64x64 pixels" in "; ".join(found.notes) and not found.warnings
