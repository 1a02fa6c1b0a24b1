"""Pictures in folders and zips: what is read and told, and what is refused because it cannot be trusted."""

import io
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from picture_files import add, fill, pack, picture, refused, save
from PIL import Image

from vae_core.data import catalog, images, large, sources
from vae_core.errors import LoupeError

# --- folders and zips


def test_folder_and_zip_of_classes_agree(tmp_path, settings):
    fill(tmp_path / "pets", "cat", "dog")
    from_folder = add(tmp_path / "pets", settings, "one")
    from_zip = add(pack(tmp_path / "pets", tmp_path / "pets.zip"), settings, "two")
    assert from_folder.classes == from_zip.classes == ("cat", "dog")
    assert from_folder.image == (12, 10, 1) and len(from_folder.train) == 36
    assert from_folder.fingerprint == from_zip.fingerprint
    with Image.open(tmp_path / "pets/cat/000.png") as first:
        everything = np.concatenate([from_folder.train.pixels, from_folder.test.pixels])
        assert (everything[..., 0] == np.asarray(first)).all(axis=(1, 2)).any()


@pytest.mark.parametrize("around", ["", "download", "download/data"])
@pytest.mark.parametrize("halves", [("train", "test"), ("Training", "VAL", "test")])
def test_halves_with_or_without_a_folder_around_them(tmp_path, settings, around, halves):
    for half in halves:
        fill(tmp_path / "in" / around / half, "1", "2", "10", count=4)
    found = add(pack(tmp_path / "in", tmp_path / "pets.zip"), settings)
    assert found.classes == ("1", "2", "10")
    assert len(found.train) == 12 * (len(halves) - 1) and len(found.test) == 12
    assert (0 if found.validation is None else len(found.validation)) == 12 * (len(halves) - 2)


def test_pictures_without_classes(tmp_path, settings):
    fill(tmp_path, "pets")
    found = add(tmp_path / "pets", settings)
    assert found.train.labels is None and found.classes == ()


def test_one_class_folder_stays_a_class(tmp_path, settings):
    fill(tmp_path / "parts", "good")
    assert add(tmp_path / "parts", settings).classes == ("good",)


def test_other_files_and_folders_are_left_out_and_told(tmp_path, settings):
    root = tmp_path / "parts"
    fill(root / "train", "good", count=12)
    fill(root / "test", "good", "bad", count=3)
    fill(root / "masks", "bad", count=3)
    (root / "readme.txt").write_text("hello")
    (root / ".DS_Store").write_bytes(b"\0")
    found = add(root, settings)
    assert found.classes == ("bad", "good") and len(found.test) == 6
    assert any("readme.txt" in note for note in found.notes) and any("masks" in note for note in found.notes)


def test_progress_is_reported(tmp_path, settings):
    fill(tmp_path / "pets", "cat", "dog")
    seen = []
    add(tmp_path / "pets", settings, progress=lambda *state: seen.append(state))
    assert ("Decoding images", 40, 40) in seen
    after = {what for what, *_ in seen[seen.index(("Decoding images", 40, 40)) + 1 :]}  # nothing stands still there
    assert after == {"Looking for copies", "Looking for images that are nearly the same"}


class Watching:
    """A progress that wants to show something."""

    def __init__(self):
        self.seen = []

    def __call__(self, doing, done, total):
        self.seen.append((doing, done, total))

    def shows(self, pixels, told):
        self.seen.append(("shown", len(pixels), told))


def test_some_of_many_pictures_are_shown_before_the_others_are_read(tmp_path, settings):
    fill(tmp_path / "pets", "cat", "dog", count=250)
    watching = Watching()
    add(tmp_path / "pets", settings, fit="fit", progress=watching)
    shown = [(count, told) for doing, count, told in watching.seen if doing == "shown"]
    assert [count for count, _ in shown] == [192, 192] and "as all will be: 10x12 pixels" in shown[1][1]
    told = [doing for doing, _, _ in watching.seen]
    assert told[0] == "shown" and "first look" in shown[0][1], "the first ones before all are found"
    assert told.index("shown", 1) < told.index("Decoding images")
    done = [count for doing, count, _ in watching.seen if doing == "Decoding images"]
    assert done == sorted(done) and done[-1] == 500
    few = Watching()
    fill(tmp_path / "few", "cat")
    add(tmp_path / "few", settings, "few", progress=few)
    assert "shown" not in [doing for doing, _, _ in few.seen]


def test_a_first_look_goes_through_few_folders_and_is_silent_about_what_is_wrong(tmp_path, settings, monkeypatch):
    for number in range(60):
        fill(tmp_path / "pets", f"{number:02}/inner", count=10)
    (tmp_path / "pets" / "door").symlink_to(tmp_path)
    looked = []
    monkeypatch.setattr(os, "scandir", lambda place, scan=os.scandir: looked.append(str(place)) or scan(place))
    names = sources.Folder(tmp_path / "pets", settings).glance(120)
    assert len(looked) == 1 + 2 * sources.GLANCED and not [place for place in looked if "door" in place]
    assert names == [], "there are few where it looked"
    names = sources.Folder(tmp_path / "pets", settings).glance(50)
    assert 40 <= len(names) <= 50 and len({name.split("/")[0] for name in names}) > 8
    (tmp_path / "pets" / "door").unlink()
    watching = Watching()
    monkeypatch.setattr(images, "SHOWN", 50)
    for name in names:
        (tmp_path / "pets" / name).write_bytes(b"no picture")
    with pytest.raises(LoupeError, match="cannot be read as a picture"):
        add(tmp_path / "pets", settings, progress=watching)
    assert "shown" not in [doing for doing, _, _ in watching.seen]


def test_images_that_would_fill_the_memory_are_the_same_from_a_file(tmp_path, settings, monkeypatch):
    fill(tmp_path / "pets", "cat", "dog", count=40)
    save(tmp_path / "pets", "dog/a.png", picture(mode="RGB"))
    plain = add(tmp_path / "pets", settings, "plain")
    monkeypatch.setattr(large, "LARGE", 1)
    monkeypatch.setattr(large, "BLOCK", 1000)
    found = add(tmp_path / "pets", settings, "filed")
    assert isinstance(found.train.pixels, np.memmap) and not isinstance(plain.train.pixels, np.memmap)
    assert found.fingerprint == plain.fingerprint and found.warnings == plain.warnings
    assert np.array_equal(catalog.load("filed", settings).train.pixels, plain.train.pixels)
    assert all(path.is_dir() for path in settings.cache.iterdir()), "what lay in files is gone"


def test_pictures_beside_class_folders_are_refused(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    save(tmp_path / "pets", "stray.png")
    refused(tmp_path / "pets", settings, "stray.png lie beside")


def test_nothing_to_read(tmp_path, settings):
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", settings, "holds no pictures")
    (tmp_path / "empty" / "a.txt").write_text("a")
    refused(tmp_path / "empty", settings, "it has a.txt")
    refused(tmp_path / "nowhere", settings, "does not exist")
    refused(tmp_path / "empty" / "a.txt", settings, "cannot be read")
    (tmp_path / "bad.zip").write_bytes(b"PK not really")
    refused(tmp_path / "bad.zip", settings, "zip archive")


def test_one_picture_is_too_few(tmp_path, settings):
    save(tmp_path / "pets", "cat/1.png")
    refused(tmp_path / "pets", settings, "1 image ")


# --- what cannot be trusted


def test_names_as_windows_writes_them(tmp_path, settings):
    fill(tmp_path / "pets", "cat", "dog")
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    with zipfile.ZipFile(tmp_path / "windows.zip", "w") as other, zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            other.writestr("pets\\" + info.filename.replace("/", "\\"), archive.read(info))
    assert (add(tmp_path / "windows.zip", settings, "one")).classes == ("cat", "dog")


def test_bounds_on_files_bytes_and_pixels(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    for source in (tmp_path / "pets", path):
        refused(source, replace(settings, max_files=19), "more than 19 files")
        refused(source, replace(settings, max_bytes=1000), "more than 1,000 bytes")
        refused(source, replace(settings, max_image_pixels=119), "10 x 12 pixels")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_refused(tmp_path, settings, method):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w", method) as archive:
        archive.writestr("cat/1.png", bytes(100))
    refused(tmp_path / "pets.zip", settings, f"packed by method {method}")


def test_a_damaged_member_is_named(tmp_path, settings):
    save(tmp_path / "pets", "cat/1.bmp", Image.new("L", (200, 200)))
    with zipfile.ZipFile(tmp_path / "pets.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "pets/cat/1.bmp", "cat/1.bmp")
    content = bytearray((tmp_path / "pets.zip").read_bytes())
    content[40:60] = b"\xff" * 20  # no stream of Deflate begins so
    (tmp_path / "pets.zip").write_bytes(content)
    refused(tmp_path / "pets.zip", settings, r"cat/1.bmp in pets.zip is damaged")


def test_encrypted_zip(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    path.write_bytes(content)
    refused(path, settings, "encrypted")


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_a_pipe_is_not_waited_for(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    os.mkfifo(tmp_path / "pets/cat/pipe.png")
    refused(tmp_path / "pets", settings, "pipe.png")
    for name in ("pipe.zip", "pipe.npz", "pipe.csv"):
        os.mkfifo(tmp_path / name)
        refused(tmp_path / name, settings, "neither a file nor a folder")


@pytest.mark.parametrize("content", [b"just text", b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_text_and_debris_named_png(tmp_path, settings, content):
    fill(tmp_path / "pets", "cat")
    (tmp_path / "pets/cat/notes.png").write_bytes(content)
    refused(tmp_path / "pets", settings, "notes.png cannot be read as a picture")


def test_truncated_pictures(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    for name, options in (("half.png", {}), ("half.jpg", {"quality": 95})):
        path = save(tmp_path / "pets/cat", name, picture(64, 64), **options)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        refused(tmp_path / "pets", settings, name)
        path.unlink()


def test_files_that_may_not_be_opened(tmp_path, settings):
    if os.geteuid() == 0:
        pytest.skip("root may open everything")
    fill(tmp_path / "pets", "cat")
    (tmp_path / "pets/cat/000.png").chmod(0)
    refused(tmp_path / "pets", settings, "cannot be read")


def test_a_zip_made_in_memory_needs_no_directories(tmp_path, settings):
    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for number in range(20):
            archive.writestr(f"cat/{number}.png", buffer.getvalue())
    assert len(add(tmp_path / "z.zip", settings).train) == 18
