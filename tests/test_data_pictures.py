"""Pictures of every kind and size: what is converted, fitted and told."""

import struct
import zlib

import numpy as np
import pytest
from picture_files import RANDOM, add, fill, picture, refused, save
from PIL import Image, ImageCms

from vae_core.data import catalog, fitting

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


def everything(found):
    return np.concatenate([found.train.pixels, found.test.pixels])


def repairs(found):
    return [warning.repair for warning in found.warnings if getattr(warning, "repair", None)]


def brightest(found):
    everything = np.concatenate([found.train.pixels, found.test.pixels])[..., 0]
    return everything[everything.reshape(len(everything), -1).astype(int).sum(axis=1).argmax()]


def test_pad_keeps_everything(uneven, settings):
    found = add(uneven, settings, fit="pad")
    assert found.image == (12, 31, 1) and "13 of 13 images were padded with black to 31x12" in found.notes[1]
    white = brightest(found)
    assert white[1:10].min() == 255 and white[0].max() == 0 and white[10:].max() == 0


def test_crop_takes_the_middle(uneven, settings):
    found = add(uneven, settings, fit="crop")
    assert found.image == (9, 10, 1) and brightest(found).min() == 255
    assert any("cropped to their middle 10x9" in note for note in found.notes)
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
    assert any("up to 300x100" in warning and warning.repair == {"fit": "fit"} for warning in found.warnings)
    assert not any("larger" in warning for warning in add(tmp_path / "photos", settings, "b", size=64).warnings)


def test_sizes_up_to_128_are_kept(tmp_path, settings):
    for number in range(12):
        save(tmp_path / "photos", f"{number}.png", picture(128, 96))
    found = add(tmp_path / "photos", settings)
    assert found.image == (96, 128, 1) and not any("pixels" in note for note in found.notes)


def test_wrong_wishes(uneven, settings):
    refused(uneven, settings, "One of fit, pad, crop, scale", fit="stretch")
    refused(uneven, settings, "from 8 to 256", size=300)
    save(uneven, "cat/tiny.png", Image.new("L", (3, 3)))
    refused(uneven, settings, "At least 8 pixels", fit="crop")


# --- the size that is chosen, and what is laid around and behind


def drawn(folder, sizes, mode="RGB", ground=None, count=12):
    """Plain pictures, `ground` all around what is drawn in their middle."""
    for number in range(count):
        width, height = sizes[number % len(sizes)]
        image = Image.new(mode, (width, height), ground)
        inner = picture(max(1, width // 2), max(1, height // 2), "RGB").convert(mode)
        image.paste(inner, (width // 4, height // 4))
        save(folder, f"{number:03}.png", image)
    return folder


@pytest.mark.parametrize(
    ("sizes", "count", "wanted"),
    [
        ([(20, 24)] * 10, 10, (20, 24)),  # they have a size of their own
        ([(20, 24)] * 95 + [(90, 90)] * 5, 100, (20, 24)),
        ([(16, 16), (20, 20)], 2, (28, 28)),
        ([(30, 12), (40, 50), (45, 20)], 3, (48, 48)),
        ([(100, 122), (90, 80)], 1691, (64, 64)),
        ([(200, 300)] * 10, 10, (64, 64)),
        ([(100, 122), (90, 80)], 50_000, (48, 48)),
        ([(100, 122), (90, 80)], 1_000_000, (28, 28)),
    ],
)
def test_a_size_is_chosen_by_sizes_and_costs(sizes, count, wanted):
    assert fitting.chosen(sizes, count) == wanted


def test_mixed_sizes_are_scaled_to_fit_with_the_colour_of_their_edge(tmp_path, settings):
    drawn(tmp_path / "icons", [(50, 20), (60, 60), (16, 10)], ground=(200, 30, 40))
    found = catalog.add(tmp_path / "icons", "icons", settings)
    assert found.image == (48, 48, 3) and not found.warnings
    corners = everything(found)[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(corners.astype(int) - (200, 30, 40)).max() <= 4
    told = "; ".join(found.notes)
    assert "3 sizes, from 16x10 to 60x60" in told and "12 of 12 images were scaled to fit 48x48 pixels" in told
    assert "8 of 12 images were padded with the colour of their own edge" in told


@pytest.mark.parametrize(("fill", "level"), [("white", 255), ("black", 0)])
def test_a_fill_of_ones_own_is_used_and_may_be_warned_of(tmp_path, settings, fill, level):
    drawn(tmp_path / "icons", [(40, 20), (40, 24)], ground=(130, 130, 130))
    found = add(tmp_path / "icons", settings, fit="fit", fill=fill)
    assert (everything(found)[:, 0] == level).all()
    assert repairs(found) == [{"fill": "edge"}]
    kept = catalog.describe("mine", settings)
    assert kept.warnings == found.warnings and repairs(kept) == [{"fill": "edge"}]


@pytest.mark.parametrize(("level", "background"), [(20, 255), (240, 0)])
def test_transparent_pictures_are_all_laid_on_what_contrasts(tmp_path, settings, level, background):
    for number in range(12):
        image = Image.new("RGBA", (20 + number, 24), (0, 0, 0, 0))
        image.paste((level, level, number, 255), (5, 5, 12, 15))
        save(tmp_path / "icons", f"{number}.png", image)
    found = catalog.add(tmp_path / "icons", "icons", settings)
    assert (everything(found)[:, 0] == background).all() and not repairs(found)
    assert f"12 of 12 images are transparent: laid on {'white' if background else 'black'}" in found.notes
    other = fitting.Fitting(background="black" if background else "white")
    found = catalog.add(tmp_path / "icons", "other", settings, other)
    assert repairs(found) == [{"background": "white" if background else "black"}]


def test_what_is_enlarged_by_a_size_of_ones_own_is_warned_of(tmp_path, settings):
    drawn(tmp_path / "icons", [(16, 20), (20, 16)])
    (warning,) = add(tmp_path / "icons", settings, fit="fit", size=96, fill="edge").warnings
    assert "twice their size" in warning and warning.repair == {"size": None}


def test_a_coloured_picture_after_many_grey_ones_makes_all_coloured(tmp_path, settings):
    fill(tmp_path / "pets", "a", count=300)
    save(tmp_path / "pets", "b/x.png", picture(mode="RGB"))
    save(tmp_path / "pets", "b/y.png", picture())
    found = catalog.add(tmp_path / "pets", "mine", settings)
    assert found.image == (12, 10, 3) and "301 of 302 images are grey among coloured ones" in "; ".join(found.notes)


def test_a_large_photograph_is_unpacked_no_larger_than_needed(tmp_path, settings):
    ramp = np.linspace(0, 255, 1200)[None, :, None] * np.linspace(0, 1, 800)[:, None, None] * np.ones(3)
    for number in range(12):
        name = f"{number}.jpg" if number else "0.png"
        save(tmp_path / "photos", name, Image.fromarray((ramp * (1 - number / 400)).astype(np.uint8)))
    found = catalog.add(tmp_path / "photos", "photos", settings)
    assert found.image == (64, 64, 3) and "12 of 12 images were scaled to fit" in "; ".join(found.notes)
    pixels = everything(found).astype(int)
    assert np.abs(pixels - pixels[:1]).max() < 12, "a JPEG looks as the same picture from a PNG does"
