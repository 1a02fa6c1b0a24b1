"""Pictures in folders, zips and lists: what is read, converted and told, and what is refused."""

import io
import os
import struct
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms

from vae_core.data import catalog
from vae_core.data.dataset import Dataset
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError

RANDOM = np.random.default_rng(0)


def picture(width=10, height=12, mode="L"):
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(RANDOM.integers(0, 256, shape).astype(np.uint8), mode if mode == "CMYK" else None)


def save(folder, name, image=None, **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or picture()).save(path, **options)
    return path


def fill(folder, *classes, count=20):
    for name in classes:
        for number in range(count):
            save(folder, f"{name}/{number:03}.png")


def pack(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def add(path, settings, name="mine", fit="pad", size=None, **options) -> Dataset:
    fitting = Fitting(fit, (size, size) if isinstance(size, int) else size)
    return catalog.add(path, name, settings, fitting, **options)


def refused(path, settings, words, **options):
    with pytest.raises(LoupeError, match=words):
        add(path, settings, **options)
    assert not list(settings.cache.rglob("*"))


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
    assert after == {"Bringing images to one size", "Looking for copies", "Looking for images that are nearly the same"}


def test_pictures_beside_class_folders_are_refused(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    save(tmp_path / "pets", "stray.png")
    refused(tmp_path / "pets", settings, "stray.png lie beside")


def test_nothing_to_read(tmp_path, settings):
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", settings, "holds no pictures")
    (tmp_path / "empty" / "a.txt").write_text("a")
    refused(tmp_path / "empty", settings, "but a.txt")
    refused(tmp_path / "nowhere", settings, "does not exist")
    refused(tmp_path / "empty" / "a.txt", settings, "cannot be read")
    (tmp_path / "bad.zip").write_bytes(b"PK not really")
    refused(tmp_path / "bad.zip", settings, "zip archive")


def test_one_picture_is_too_few(tmp_path, settings):
    save(tmp_path / "pets", "cat/1.png")
    refused(tmp_path / "pets", settings, "1 image ")


# --- what cannot be trusted


@pytest.mark.parametrize("name", ["../out.png", "a/../../out.png", "/etc/out.png", "C:\\out.png", "..\\out.png"])
def test_zips_that_escape_their_folder(tmp_path, settings, name):
    fill(tmp_path / "pets", "cat")
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    refused(path, settings, "outside its folder")


def test_links_in_folders_and_zips(tmp_path, settings):
    secret = save(tmp_path, "secret.png")
    fill(tmp_path / "pets", "cat")
    link = zipfile.ZipInfo("cat/link.png")
    link.external_attr = 0o120777 << 16
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, str(secret))
    refused(path, settings, "holds a link")
    (tmp_path / "pets/cat/link.png").symlink_to(secret)
    refused(tmp_path / "pets", settings, "holds a link")
    (tmp_path / "pets/cat/link.png").unlink()
    (tmp_path / "pets/more").symlink_to(tmp_path)
    refused(tmp_path / "pets", settings, "holds a link")


def test_bounds_on_files_bytes_and_pixels(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    path = pack(tmp_path / "pets", tmp_path / "pets.zip")
    for source in (tmp_path / "pets", path):
        refused(source, replace(settings, max_files=19), "more than 19 files")
        refused(source, replace(settings, max_bytes=1000), "more than 1,000 bytes")
        refused(source, replace(settings, max_image_pixels=119), "10 x 12 pixels")


def test_a_picture_that_unpacks_to_gigabytes(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    content = bytearray(save(tmp_path, "small.png").read_bytes())
    content[16:24] = (100_000).to_bytes(4) * 2  # the size that the header states
    (tmp_path / "pets/cat/bomb.png").write_bytes(content)
    refused(tmp_path / "pets", settings, "bomb.png")


def test_zip_bomb(tmp_path, settings):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.png", bytes(20_000_000))
    refused(tmp_path / "bomb.zip", replace(settings, max_bytes=10_000_000), "more than 10,000,000 bytes")
    refused(tmp_path / "bomb.zip", replace(settings, max_image_pixels=1_000_000), "file of 20,000,000 bytes")


def test_a_zip_that_lies_about_its_sizes(tmp_path, settings):
    with zipfile.ZipFile(tmp_path / "liar.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/1.png", bytes(1_000_000))
    content = (tmp_path / "liar.zip").read_bytes()
    (tmp_path / "liar.zip").write_bytes(content.replace((1_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    refused(tmp_path / "liar.zip", settings, "cannot be unpacked")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_refused(tmp_path, settings, method):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w", method) as archive:
        archive.writestr("cat/1.png", bytes(100))
    refused(tmp_path / "pets.zip", settings, f"packed by method {method}")


def test_a_name_that_is_too_long_is_told(tmp_path, settings):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("a/" * 30_000 + "1.png", b"x")
    refused(tmp_path / "pets.zip", settings, "a name of 60,005 letters")


def test_a_damaged_member_is_named(tmp_path, settings):
    save(tmp_path / "pets", "cat/1.bmp", Image.new("L", (200, 200)))
    with zipfile.ZipFile(tmp_path / "pets.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "pets/cat/1.bmp", "cat/1.bmp")
    content = bytearray((tmp_path / "pets.zip").read_bytes())
    content[40:60] = b"\xff" * 20  # no stream of Deflate begins so
    (tmp_path / "pets.zip").write_bytes(content)
    refused(tmp_path / "pets.zip", settings, r"cat/1.bmp in pets.zip is damaged")


def test_nothing_that_a_terminal_obeys_gets_out_of_a_name(tmp_path, settings):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("cat/\x1b[31mred.png", b"x")
    with pytest.raises(LoupeError) as caught:
        add(tmp_path / "pets.zip", settings)
    assert "red.png" in str(caught.value) and "\x1b" not in str(caught.value) + caught.value.happened


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


# --- conversions, each told


def sixteen_bit_colour():
    """A 16-bit RGB .png; Pillow can read but not write these."""
    rows = b"".join(b"\0" + RANDOM.integers(0, 65536, 10 * 3).astype(">u2").tobytes() for _ in range(12))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 10, 12, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def converted(tmp_path, settings, name, image, **options):
    """The training picture of that name, among fifteen plain ones, and what was told."""
    root = tmp_path / "pets"
    fill(root, "train/a", count=12)
    fill(root, "test/a", count=3)
    if isinstance(image, bytes):
        (root / "train/a" / name).write_bytes(image)
    else:
        image.save(root / "train/a" / name, **options)
    found = add(root, settings)
    names = sorted(file.name for file in (root / "train/a").iterdir())
    return found.train.pixels[names.index(name)], "; ".join(found.notes)


GREY = np.linspace(0, 255, 120).reshape(12, 10)


def test_16_bit_grey(tmp_path, settings):
    pixels, told = converted(tmp_path, settings, "x.png", Image.fromarray((GREY * 257).astype(np.uint16)))
    assert np.abs(pixels[..., 0] - GREY).max() <= 1 and "1 of 16 images are 16-bit" in told


def test_16_bit_colour(tmp_path, settings):
    pixels, told = converted(tmp_path, settings, "x.png", sixteen_bit_colour())
    assert pixels.shape == (12, 10, 3) and "16-bit" in told
    assert "15 of 16 images are grey among coloured ones" in told


def test_palette(tmp_path, settings):
    colour = picture(mode="RGB")
    palette = colour.quantize(16)
    pixels, told = converted(tmp_path, settings, "x.png", palette)
    assert np.array_equal(pixels, np.asarray(palette.convert("RGB"))) and "palette" in told


def test_grey_palette_stays_grey(tmp_path, settings):
    pixels, told = converted(tmp_path, settings, "x.gif", Image.fromarray(GREY.astype(np.uint8)).convert("P"))
    assert pixels.shape == (12, 10, 1) and np.abs(pixels[..., 0] - GREY).max() <= 1


def test_cmyk(tmp_path, settings):
    image = picture(mode="CMYK")
    pixels, told = converted(tmp_path, settings, "x.tif", image)
    assert np.array_equal(pixels, np.asarray(image.convert("RGB"))) and "CMYK" in told


def test_lab(tmp_path, settings):
    lab = ImageCms.profileToProfile(
        picture(mode="RGB"), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    pixels, told = converted(tmp_path, settings, "x.tif", lab)
    assert pixels.shape == (12, 10, 3) and "LAB" in told


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_on_white(tmp_path, settings, mode):
    values = np.zeros((12, 10, 4), np.uint8)
    values[:6, :, 3] = 255  # the upper half is black, the lower half is nothing
    image, options = Image.fromarray(values).convert(mode), {}
    if mode == "P":
        image = Image.fromarray((values[..., 3] == 0).astype(np.uint8)).convert("P")
        image.putpalette([0, 0, 0, 9, 9, 9])
        options = {"transparency": 1}
    pixels, told = converted(tmp_path, settings, "x.png", image, **options)
    assert pixels[:6].max() == 0 and pixels[6:].min() == 255 and "laid on white" in told


def test_black_and_white(tmp_path, settings):
    pixels, told = converted(tmp_path, settings, "x.png", Image.fromarray(GREY.astype(np.uint8)).convert("1"))
    assert set(np.unique(pixels)) == {0, 255} and "black and white" in told


def test_camera_orientation(tmp_path, settings):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter clockwise
    image = Image.fromarray(np.repeat(np.linspace(0, 255, 10)[:, None], 12, 1).astype(np.uint8))
    pixels, told = converted(tmp_path, settings, "x.jpg", image, exif=exif, quality=95)
    assert pixels.shape[:2] == (12, 10) and "upright" in told
    assert pixels[:, 0].mean() > 200 > 50 > pixels[:, -1].mean()


def test_animation(tmp_path, settings):
    frames = [Image.fromarray(np.full((12, 10), value, np.uint8)) for value in (40, 200)]
    frames[0].putpixel((0, 0), 50)
    pixels, told = converted(tmp_path, settings, "x.gif", frames[0], save_all=True, append_images=frames[1:])
    assert pixels.mean() < 60 and "several frames" in told


def test_floating_point_pictures_are_refused(tmp_path, settings):
    fill(tmp_path / "pets", "cat")
    save(tmp_path / "pets", "cat/x.tif", Image.fromarray(GREY.astype(np.float32)))
    refused(tmp_path / "pets", settings, "floating point")


# --- sizes


@pytest.fixture
def uneven(tmp_path):
    fill(tmp_path / "pets", "cat", count=12)
    save(tmp_path / "pets", "cat/x.png", Image.new("L", (31, 9), 255))
    return tmp_path / "pets"


def brightest(found):
    everything = np.concatenate([found.train.pixels, found.test.pixels])[..., 0]
    return everything[everything.reshape(len(everything), -1).astype(int).sum(axis=1).argmax()]


def test_pad_keeps_everything(uneven, settings):
    found = add(uneven, settings, fit="pad")
    assert found.image == (12, 31, 1) and "13 of 13 images were padded with black to 12x31" in found.notes[0]
    white = brightest(found)
    assert white[1:10].min() == 255 and white[0].max() == 0 and white[10:].max() == 0


def test_crop_takes_the_middle(uneven, settings):
    found = add(uneven, settings, fit="crop")
    assert found.image == (9, 10, 1) and brightest(found).min() == 255
    assert any("cropped to their middle 9x10" in note for note in found.notes)
    assert not any("larger than" in warning for warning in found.warnings)


def test_a_size_of_your_own(uneven, settings):
    found = add(uneven, settings, fit="crop", size=16)
    assert found.image == (16, 16, 1)
    assert brightest(found)[3:12].min() == 255 and brightest(found)[:3].max() == 0
    assert add(uneven, settings, "other", size=(20, 24)).image == (20, 24, 1)


def test_scale_shrinks_with_proportions_kept(tmp_path, settings):
    for number in range(12):
        save(tmp_path / "photos", f"{number}.png", picture(300, 200, "RGB"))
    found = add(tmp_path / "photos", settings, fit="scale")
    assert found.image == (85, 128, 3) and "shrunk" in found.notes[0]
    small = add(tmp_path / "photos", settings, "small", fit="scale", size=32)
    assert small.image == (32, 32, 3)
    assert small.train.pixels[:, :5].max() == 0 and small.train.pixels[:, 8:24].min() > 0  # letterboxed


def test_large_pictures_keep_their_middle_and_it_is_a_warning(tmp_path, settings):
    for number in range(12):
        save(tmp_path / "photos", f"{number}.png", picture(300, 100))
    found = add(tmp_path / "photos", settings)
    assert found.image == (100, 128, 1)
    assert any("up to 100x300" in warning and "scale" in warning for warning in found.warnings)
    assert not any("larger" in warning for warning in add(tmp_path / "photos", settings, "b", size=64).warnings)


def test_sizes_up_to_128_are_kept(tmp_path, settings):
    for number in range(12):
        save(tmp_path / "photos", f"{number}.png", picture(128, 96))
    found = add(tmp_path / "photos", settings)
    assert found.image == (96, 128, 1) and not any("pixels" in note for note in found.notes)


def test_wrong_wishes(uneven, settings):
    refused(uneven, settings, "One of pad, crop, scale", fit="stretch")
    refused(uneven, settings, "from 8 to 256", size=300)
    save(uneven, "cat/tiny.png", Image.new("L", (3, 3)))
    refused(uneven, settings, "At least 8 pixels", fit="crop")


# --- lists


def manifest(path, rows, header="path,label,split,group,weight,note"):
    path.write_text("\n".join([header, *rows]), encoding="utf-8-sig")
    return path


@pytest.fixture
def listed(tmp_path):
    """Sixty pictures in a folder of their own, and rows that list them."""
    rows = []
    for number in range(60):
        save(tmp_path / "shots", f"{number:02}.png")
        split = "test" if number >= 48 else "val" if number >= 40 else "train"
        rows.append(f"{number:02}.png,{'ab'[number % 2]},{split},g{number // 4},{number / 2},n{number}")
    return tmp_path / "shots", rows


def test_manifest_beside_a_folder(tmp_path, settings, listed):
    folder, rows = listed
    found = add(manifest(tmp_path / "shots.csv", rows), settings)
    assert found.classes == ("a", "b") and len(found.train) == 48 and len(found.test) == 12
    assert np.array_equal(found.validation, np.arange(40, 48))
    assert list(found.groups[:5]) == ["g0", "g0", "g0", "g0", "g1"]
    assert list(found.train.columns) == ["weight", "note"] and found.train.columns["weight"][3] == 1.5
    assert found.test.columns["note"][0] == "n48"
    again = catalog.load("mine", settings)
    assert list(again.groups) == list(found.groups) and again.test.columns["note"][-1] == "n59"
    with Image.open(folder / "07.png") as image:
        assert np.array_equal(found.train.pixels[7, ..., 0], np.asarray(image))


def test_manifest_in_the_folder_beside_a_zip_and_named(tmp_path, settings, listed):
    folder, rows = listed
    inside = add(manifest(folder / "list.csv", rows), settings, "inside")
    (folder / "list.csv").unlink()
    archive = pack(folder, tmp_path / "shots.zip")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = add(manifest(elsewhere / "list.csv", rows), settings, "named", images=archive)
    folder.rename(tmp_path / "gone")
    manifest(tmp_path / "shots.csv", rows)
    beside = add(tmp_path / "shots.csv", settings, "beside")
    by_zip = add(archive, settings, "by-zip")
    assert len({one.fingerprint for one in (inside, named, beside, by_zip)}) == 1


def test_semicolons_and_a_list_without_meanings(tmp_path, settings, listed):
    folder, _ = listed
    rows = [f"{number:02}.png;{number},5" for number in range(60)]
    found = add(manifest(folder / "list.csv", rows, "path;depth"), settings)
    assert found.train.labels is None and found.groups is None and len(found.test) == 6
    assert found.train.columns["depth"].dtype.kind == "U"


def test_groups_of_a_manifest_never_straddle(tmp_path, settings, listed):
    folder, _ = listed
    rows = [f"{number:02}.png,{'' if number < 10 else number // 6}" for number in range(60)]
    found = add(manifest(folder / "list.csv", rows, "path,group"), settings)
    assert found.groups is not None and len(np.unique(found.groups[:5])) == 5  # an empty cell is a group of its own
    train = np.setdiff1d(np.arange(len(found.train)), found.validation)
    assert not set(found.groups[train]) & set(found.groups[found.validation])
    assert 6 <= len(found.test) <= 12


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [*rows, "60.png,a,train,x,1,n"], "1 of 61 listed pictures are not in"),
        (lambda rows: [*rows, "../secret.png,a,train,x,1,n"], "secret.png"),
        (lambda rows: [*rows, "/etc/passwd,a,train,x,1,n"], "passwd"),
        (lambda rows: [*rows[:-1], rows[-1].replace(",b,", ",,")], "Row 61 of shots.csv has no label"),
        (lambda rows: [*rows[:-1], rows[-1].replace("test", "tset")], "split 'tset'"),
        (lambda rows: [*rows, "59.png,a"], "Line 62 of shots.csv has 2 cells"),
        (lambda rows: [row.replace("g12", "g0") for row in rows], "Group 'g0' has images in both"),
        (lambda rows: [], "lists no pictures"),
        (lambda rows: [row + "x" * 2000 for row in rows], "letters"),
    ],
)
def test_wrong_manifests(tmp_path, settings, listed, change, words):
    refused(manifest(tmp_path / "shots.csv", change(listed[1])), settings, words)


def test_manifests_reach_nothing_through_links(tmp_path, settings, listed):
    folder, rows = listed
    save(tmp_path, "outside/secret.png")
    (folder / "door").symlink_to(tmp_path / "outside")
    refused(manifest(folder / "list.csv", [*rows, "door/secret.png,a,train,x,1,n"]), settings, "holds a link")


def test_manifests_that_are_no_text(tmp_path, settings):
    (tmp_path / "a.csv").write_bytes(b"path,label\n\xff\xfe,1\n")
    refused(tmp_path / "a.csv", settings, "UTF-8|CSV")
    (tmp_path / "a.csv").write_bytes(b"")
    refused(tmp_path / "a.csv", settings, "empty")
    refused(manifest(tmp_path / "b.csv", ["x.png"], "path,path"), settings, "two columns called 'path'")
    refused(manifest(tmp_path / "b.csv", ["x.png"], "path"), settings, "not beside it")
    (tmp_path / "p").mkdir()
    refused(tmp_path / "p", settings, "no list of pictures", images=tmp_path)


# --- tables of pixels


def table(path, values, labels=None, header=None):
    columns = values if labels is None else np.column_stack([labels, values])
    lines = [",".join(map(str, row)) for row in columns]
    path.write_text("\n".join([header, *lines] if header else lines))
    return path


@pytest.mark.parametrize("header", [None, "label," + ",".join(f"pixel{place}" for place in range(100))])
def test_labels_and_pixels(tmp_path, settings, header):
    values, labels = RANDOM.integers(0, 256, (40, 100)), np.arange(40) % 4
    found = add(table(tmp_path / "t.csv", values, labels, header), settings)
    assert found.image == (10, 10, 1) and found.classes == ("0", "1", "2", "3") and len(found.test) == 4
    everything = np.concatenate([found.train.pixels, found.test.pixels]).reshape(40, -1)
    assert set(map(bytes, everything)) == set(map(bytes, values.astype(np.uint8)))


def test_pixels_alone_colours_and_words(tmp_path, settings):
    values = RANDOM.integers(0, 256, (40, 192))
    assert add(table(tmp_path / "a.csv", values[:, :64]), settings, "grey").train.labels is None
    header = "label," + ",".join(f"p{place}" for place in range(192))
    words = np.array(["up", "down"] * 20)
    found = add(table(tmp_path / "b.csv", values.astype(object), words, header), settings, "colour")
    assert found.image == (8, 8, 3) and found.classes == ("down", "up")


def test_split_and_group_columns_of_a_table(tmp_path, settings):
    values = RANDOM.integers(0, 256, (40, 64))
    front = np.array([[f"g{n // 4}", "test" if n >= 30 else "train"] for n in range(40)], object)
    path = table(
        tmp_path / "a.csv", values.astype(object), front, "group,split," + ",".join(f"p{n}" for n in range(64))
    )
    refused(path, settings, "Group 'g7'")
    front[28:32, 1] = "test"
    path = table(
        tmp_path / "a.csv", values.astype(object), front, "group,split," + ",".join(f"p{n}" for n in range(64))
    )
    found = add(path, settings)
    assert len(found.train) == 28 and found.groups[4] == "g1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,age\nann,7\n", "holds words"),
        ("label," + ",".join(f"p{n}" for n in range(50)) + "\n" + "1," * 50 + "1\n", "square"),
        ("label," + ",".join(f"p{n}" for n in range(64)) + "\n1,2,3\n" * 12, "NaN"),
        ("label," + ",".join(f"p{n}" for n in range(64)) + "\n", "empty|words"),
        ("1,2\n1,2,3,4\n", "read as CSV"),
        (
            "label," + ",".join(f"p{n}" for n in range(64)) + ("\na," + "7," * 63 + "1") * 9 + "\n," + "7," * 63 + "1",
            "Row 11",
        ),
    ],
)
def test_wrong_tables(tmp_path, settings, text, words):
    (tmp_path / "t.csv").write_text(text)
    refused(tmp_path / "t.csv", settings, words)


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
