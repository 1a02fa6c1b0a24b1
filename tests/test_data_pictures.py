"""Pictures of every kind and size: what is converted, fitted and told."""

import struct
import zlib

import numpy as np
import pytest
from picture_files import RANDOM, add, fill, picture, refused, save
from PIL import Image, ImageCms

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
