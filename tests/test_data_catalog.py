"""Data sets by name: built in, from the local folder, and added."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from support import calls, checksum, loaded_by, settings_in

import vae_core.settings
from vae_core.data import builtin, catalog, keeping, shapes
from vae_core.data.dataset import Dataset, Part
from vae_core.errors import LoupeError
from vae_core.settings import Settings

RANDOM = np.random.default_rng(0)
MOST_CALLS = 3000  # of functions until a kept data set is there
LOCAL = vae_core.settings.load().data
needs_local = pytest.mark.skipif(
    LOCAL is None or not (LOCAL / "mnist.npz").is_file(), reason="LOUPE_DATA has no mnist.npz: real data is not here"
)


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "data").mkdir()
    return settings_in(tmp_path, data=tmp_path / "data")


def noise(*shape):
    return RANDOM.integers(0, 256, shape).astype(np.uint8)


def small_mnist(path, count=40):
    labels = np.arange(count) % 10
    np.savez(path, x_train=noise(count, 28, 28), y_train=labels, x_test=noise(20, 28, 28), y_test=labels[:20])


# --- built in


def test_digits(settings):
    from sklearn.datasets import load_digits

    found = catalog.load("digits", settings)
    assert found.image == (8, 8, 1) and found.classes == tuple("0123456789")
    assert (len(found.train), len(found.validation), len(found.test)) == (1617, 180, 180)
    original = {
        np.rint(image * 255 / 16).astype(np.uint8).tobytes(): label
        for image, label in zip(*load_digits(return_X_y=True))
    }
    for part in (found.train, found.test):
        assert [original[image.tobytes()] for image in part.pixels] == list(part.labels)


def test_shapes(settings):
    found = catalog.load("shapes", settings)
    assert found.image == (32, 32, 1) and found.classes == shapes.SHAPES
    assert len(found.train) + len(found.test) == 20_000
    assert list(found.test.columns) == ["shape", "scale", "turn", "x", "y"]
    assert np.array_equal(found.test.columns["shape"], found.test.labels)
    assert np.array_equal(shapes.draw(found.test.columns), found.test.pixels)


@pytest.mark.parametrize("name", ["type", "digits", "shapes"])
def test_described_as_they_are(settings, name):
    before = catalog.describe(name, settings)
    catalog.load(name, settings)
    after = catalog.describe(name, settings)
    assert before.ready and replace(after, notes=(), warnings=()) == before


DRAWN = {("digits", 1): -91_051, ("shapes", 1): -114_957}


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_what_is_drawn_changes_with_the_version_alone(settings, name):
    """Copies are kept by the version. Who changes what is drawn raises it, and writes here what is drawn now."""
    version = builtin.find(name).version
    assert checksum(catalog.load(name, settings)) == pytest.approx(DRAWN[name, version], abs=50)


def test_a_new_version_is_made_anew_and_takes_the_place_of_the_old_one(settings, monkeypatch):
    catalog.load("digits", settings)
    (old,) = (settings.cache / "kept").iterdir()
    known = builtin.find("digits")
    monkeypatch.setattr(builtin, "ALL", (replace(known, version=known.version + 1),))
    catalog.load("digits", settings)
    (new,) = (settings.cache / "kept").iterdir()
    assert new != old


def loaded_twice(name, settings):
    """The data set both times; only the first time anything is made and checked."""
    found = []
    first, second = (calls(lambda: found.append(catalog.load(name, settings))) for _ in range(2))
    assert first["with_warnings"] == 1 and second["with_warnings"] == 0
    assert second.total() < MOST_CALLS < first.total()
    return found


def test_the_second_load_is_the_same_and_fast(settings):
    one, other = loaded_twice("digits", settings)
    assert np.array_equal(one.train.pixels, other.train.pixels) and one.fingerprint == other.fingerprint
    assert (one.notes, one.warnings, one.classes) == (other.notes, other.warnings, other.classes)


def test_a_damaged_copy_in_the_cache_is_made_anew(settings):
    one = catalog.load("digits", settings)
    (copy,) = (settings.cache / "kept").iterdir()
    (copy / "data.npz").write_bytes(b"")
    assert catalog.load("digits", settings).fingerprint == one.fingerprint


def test_a_cache_that_cannot_be_written_does_not_stop_loading(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert catalog.load("digits", Settings(cache=tmp_path / "file")).image == (8, 8, 1)


def test_names_before_anything_is_there(settings):
    assert catalog.names(settings) == ("type", "mnist", "fashion-mnist", "cifar10", "digits", "shapes")
    summary = catalog.describe("cifar10", settings)
    assert summary.image == (32, 32, 3) and summary.train == 50_000 and not summary.ready


def idx(values):
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes() + values.tobytes()


def arrived(folder, file, content):
    """The file as if it had been fetched: with this content, and the sum of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file.name).write_bytes(content)
    return replace(file, checksum=f"sha256:{hashlib.sha256(content).hexdigest()}")


def test_fashion_mnist_from_its_four_files(settings, monkeypatch):
    folder = settings.cache / "downloads"
    contents = noise(30, 28, 28), np.arange(30, dtype=np.uint8) % 10, noise(10, 28, 28), np.arange(10, dtype=np.uint8)
    files = [arrived(folder, file, gzip.compress(idx(each))) for file, each in zip(builtin.FASHION, contents)]
    monkeypatch.setattr(builtin, "FASHION", files)
    found = catalog.load("Fashion_MNIST", settings)
    assert found.name == "fashion-mnist" and found.classes[9] == "Ankle boot"
    assert np.array_equal(found.train.pixels[..., 0], contents[0]) and np.array_equal(found.test.labels, contents[3])


def test_cifar10_from_its_binary_archive(settings, monkeypatch):
    images, labels = noise(60, 32, 32, 3), np.arange(60, dtype=np.uint8) % 10
    records = np.column_stack([labels, images.transpose(0, 3, 1, 2).reshape(60, -1)])
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for part, name in enumerate(["test_batch", *(f"data_batch_{number}" for number in (3, 1, 2, 5, 4))]):
            content = records[part * 10 : part * 10 + 10].tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    file = arrived(settings.cache / "downloads", builtin.CIFAR10, target.getvalue())
    monkeypatch.setattr(builtin, "CIFAR10", file)
    found = catalog.load("cifar10", settings)
    assert np.array_equal(found.test.pixels, images[:10]) and np.array_equal(found.test.labels, labels[:10])
    assert np.array_equal(found.train.pixels[:10], images[20:30])  # data_batch_1 first
    assert found.classes[6] == "frog"


# --- the local folder


def test_the_local_folder_is_looked_at_first(settings):
    small_mnist(settings.data / "mnist.npz")
    found = catalog.load("mnist", settings)
    assert len(found.train) == 40 and found.title.startswith("MNIST") and "mnist.npz" in found.source
    summary = catalog.describe("mnist", settings)
    assert summary.train == 40 and summary.origin == "local" and summary.ready


def test_a_changed_file_is_read_anew_and_the_old_copy_goes(settings):
    small_mnist(settings.data / "mnist.npz")
    catalog.load("mnist", settings)
    small_mnist(settings.data / "mnist.npz", 50)
    assert len(catalog.load("mnist", settings).train) == 50
    assert len(list((settings.cache / "kept").iterdir())) == 1


def test_underscores_and_dashes(settings):
    small_mnist(settings.data / "fashion_mnist.npz")
    assert catalog.load("fashion-mnist", settings).classes[0] == "T-shirt/top"
    assert catalog.names(settings).count("fashion-mnist") == 1


def test_a_local_file_of_that_name_but_another_size_is_refused(settings):
    np.savez(settings.data / "mnist.npz", x=noise(20, 8, 8))
    with pytest.raises(LoupeError, match="8x8x1.*28x28x1"):
        catalog.load("mnist", settings)


def test_own_sets_in_the_local_folder(settings):
    np.savez(settings.data / "My_Set.npz", x=noise(20, 8, 8))
    with zipfile.ZipFile(settings.data / "pets.zip", "w") as archive:
        for number in range(20):
            buffer = io.BytesIO()
            Image.fromarray(noise(9, 9)).save(buffer, "PNG")
            archive.writestr(f"{'cat' if number % 2 else 'dog'}/{number}.png", buffer.getvalue())
            folder = settings.data / "birds" / "owl"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.png").write_bytes(buffer.getvalue())
    (settings.data / "README.md").write_text("not data")
    assert catalog.names(settings)[len(builtin.ALL) :] == ("My_Set", "birds", "pets")
    assert catalog.load("my-set", settings).name == "My_Set"
    assert catalog.describe("pets", settings).classes == ("cat", "dog")
    assert catalog.load("pets", settings).source == str(settings.data / "pets.zip")
    assert catalog.load("birds", settings).classes == ("owl",)
    (settings.data / "birds" / "owl" / "0.png").unlink()
    changed = catalog.load("birds", settings)
    assert len(changed.train) + len(changed.test) == 19


def test_a_manifest_beside_a_local_zip(settings):
    with zipfile.ZipFile(settings.data / "pets.zip", "w") as archive:
        for number in range(20):
            buffer = io.BytesIO()
            Image.fromarray(noise(9, 9)).save(buffer, "PNG")
            archive.writestr(f"{number}.png", buffer.getvalue())
    assert catalog.load("pets", settings).classes == ()
    rows = [f"{number}.png,{'ab'[number % 2]}" for number in range(20)]
    (settings.data / "pets.csv").write_text("\n".join(["path,label", *rows]))
    assert catalog.load("pets", settings).classes == ("a", "b")


# --- added


def test_add_list_describe_remove(tmp_path, settings):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8, 3), y=np.arange(50) % 2)
    added = catalog.add(tmp_path / "mine.npz", "my-set_2", settings)
    assert added.name == "my-set_2" and catalog.names(settings)[-1] == "my-set_2"
    summary = catalog.describe("my_set_2", settings)
    assert (summary.train, summary.validation, summary.test, summary.origin) == (45, 5, 5, "added")
    assert summary.image == (9, 8, 3) and summary.classes == ("0", "1")
    assert summary.notes == added.notes and summary.warnings == added.warnings
    catalog.remove("my-set_2", settings)
    assert len(catalog.names(settings)) == len(builtin.ALL) and not list((settings.cache / "datasets").iterdir())
    with pytest.raises(LoupeError, match="no data set called"):
        catalog.load("my-set_2", settings)
    assert (tmp_path / "mine.npz").exists()


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a'b", 'a"b', "smile🙂", "", "a b", ".hidden", "-x", "x" * 65, "é", "a\n"]
)
def test_names_that_are_refused(tmp_path, settings, name):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8))
    for call in (
        lambda: catalog.add(tmp_path / "mine.npz", name, settings),
        lambda: catalog.load(name, settings),
        lambda: catalog.describe(name, settings),
        lambda: catalog.remove(name, settings),
    ):
        with pytest.raises(LoupeError, match="letters from a to z"):
            call()
    assert not settings.cache.exists()


@pytest.mark.parametrize("name", ["mnist", "MNIST", "fashion_mnist", "taken", "Taken", "local"])
def test_names_that_are_taken(tmp_path, settings, name):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8))
    np.savez(settings.data / "local.npz", x=noise(50, 9, 8))
    catalog.add(tmp_path / "mine.npz", "taken", settings)
    with pytest.raises(LoupeError, match="already"):
        catalog.add(tmp_path / "mine.npz", name, settings)


def test_only_added_sets_can_be_removed(settings):
    np.savez(settings.data / "local.npz", x=noise(50, 9, 8))
    for name, words in (("digits", "comes with the program"), ("local", "lies in the local data folder")):
        with pytest.raises(LoupeError, match=words):
            catalog.remove(name, settings)
    assert (settings.data / "local.npz").exists()


def test_a_damaged_or_newer_added_set_is_told(tmp_path, settings):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8))
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    meta = settings.cache / "datasets" / "mine" / "meta.json"
    meta.write_text(meta.read_text().replace('"version": 1', '"version": 99'))
    with pytest.raises(LoupeError, match="version 99"):
        catalog.load("mine", settings)
    meta.write_text("{}")
    for call in (catalog.load, catalog.describe):
        with pytest.raises(LoupeError, match="damaged"):
            call("mine", settings)
    catalog.remove("mine", settings)
    assert "mine" not in catalog.names(settings)


def test_a_flipped_bit_is_told_and_never_shown_as_data(tmp_path, settings):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8))
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    path = settings.cache / "datasets" / "mine" / "data.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(LoupeError, match=r"'mine' is damaged: .*data\.npz \(the sum of x_\w+\.npy is wrong\)"):
        catalog.load("mine", settings)


@pytest.mark.parametrize(
    ("key", "value"), [("summary", []), ("columns", 5), ("fingerprint", 7), ("summary", {"image": "abc"})]
)
def test_what_is_known_of_a_kept_set_is_checked(tmp_path, settings, key, value):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8))
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    path = settings.cache / "datasets" / "mine" / "meta.json"
    known = json.loads(path.read_text())
    known[key] = {**known[key], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(known))
    for call in (catalog.load, catalog.describe):
        with pytest.raises(LoupeError, match=r"'mine' is damaged: .*meta\.json"):
            call("mine", settings)


@pytest.mark.parametrize("damage", ["torn", "compressed", "pickled", "no header"])
def test_arrays_that_are_not_as_they_were_kept_are_told(tmp_path, settings, damage):
    np.savez(tmp_path / "mine.npz", x=noise(50, 9, 8))
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    path = settings.cache / "datasets" / "mine" / "data.npz"
    whole = path.read_bytes()
    if damage == "torn":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "no header":
        path.write_bytes(whole.replace(b"\x93NUMPY", b"nothing"[:6]))
    else:
        arrays = dict(np.load(path))
        if damage == "compressed":
            np.savez_compressed(path, **arrays)
        else:
            np.savez(path, **{**arrays, "x_train": np.array([{}])})
    with pytest.raises(LoupeError, match="damaged"):
        catalog.load("mine", settings)


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be removed there")
def test_a_kept_set_takes_no_memory_and_outlives_its_removal(tmp_path, settings):
    pixels, labels = noise(50, 9, 8), np.arange(50) % 3
    np.savez(tmp_path / "mine.npz", x_train=pixels, x_test=pixels[:5], y_train=labels, y_test=labels[:5])
    catalog.add(tmp_path / "mine.npz", "mine", settings)
    mine = catalog.load("mine", settings)
    assert not mine.train.pixels.flags.owndata and not mine.train.pixels.flags.writeable
    catalog.remove("mine", settings)
    assert np.array_equal(mine.train.pixels[..., 0], pixels) and np.array_equal(mine.train.labels, labels)
    assert np.array_equal(mine.test.pixels[..., 0], pixels[:5])


def test_a_write_that_fails_leaves_nothing(tmp_path):
    part = Part(noise(3, 8, 8, 1), columns={"thing": np.array([{}, {}, {}])})  # what would have to be pickled
    with pytest.raises(ValueError):
        keeping.write(Dataset("x", "x", part, part), tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_the_fingerprint_tells_data_apart(tmp_path, settings):
    x, y = noise(50, 9, 8), np.arange(50) % 2
    prints = []
    for number, (images, labels) in enumerate([(x, y), (x, 1 - y), (x[::-1], y), (x, y)]):
        np.savez(tmp_path / "mine.npz", x=images, y=labels)
        prints.append(catalog.add(tmp_path / "mine.npz", f"set{number}", settings).fingerprint)
    assert len(set(prints)) == 3 and prints[0] == prints[3]


def test_nothing_heavy_is_imported_with_the_catalogue(settings):
    heavy = {"PIL", "pandas", "sklearn", "scipy", "pooch", "requests", "tensorflow", "keras"}
    assert not loaded_by("import vae_core.data.catalog", settings) & heavy


# --- the real thing


@needs_local
def test_real_mnist(tmp_path):
    found, again = loaded_twice("mnist", settings_in(tmp_path, data=LOCAL))
    assert found.image == (28, 28, 1) and (len(found.train), len(found.test)) == (60_000, 10_000)
    assert not any("sorted" in warning for warning in found.warnings)
    assert again.fingerprint == found.fingerprint


def test_who_is_second_to_keep_a_data_set_says_nothing(settings, caplog):
    """Two processes may draw or unpack the same one at a time."""
    kept = catalog.load("digits", settings)
    (folder,) = (settings.cache / "kept").glob("digits-*")
    catalog._keep(kept, folder)
    assert not caplog.records and [path.name for path in folder.parent.iterdir()] == [folder.name]
