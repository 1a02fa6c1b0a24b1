"""Frames of animated pictures and pages of TIFF files: the first alone, or each as an image; and too many of them."""

import io
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
from picture_files import pack, save
from PIL import Image
from support import answer

from vae_core.data import catalog, frames
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError

ALL = Fitting(frames=True)


def grey(level, size=(12, 10)):
    """A square in one corner makes each frame of a kind differ from the one before, so that no program joins them."""
    image = Image.new("L", size, level)
    image.paste(255 - level, (0, 0, 3, 3))
    return image


def moving(folder, name, *levels, **options):
    first, *others = map(grey, levels)
    return save(folder, name, first, save_all=True, append_images=others, **options)


@pytest.fixture
def pets(tmp_path):
    """Twelve animated pictures of three frames each, and ten plain ones, in two classes."""
    for number in range(12):
        level = number * 10
        ending = ("gif", "tif", "webp", "png")[number % 4]
        options = {"lossless": True} if ending == "webp" else {}
        moving(tmp_path / "pets", f"cat/{number:02}.{ending}", level, level + 3, level + 6, **options)
    for number in range(10):
        save(tmp_path / "pets", f"dog/{number}.png", grey(150 + number))
    return tmp_path / "pets"


def levels(part, label):
    return sorted(int(image[8, 8, 0]) for image, own in zip(part.pixels, part.labels, strict=True) if own == label)


def test_the_first_alone_is_taken_unless_all_are_wanted(settings, pets):
    found = catalog.add(pets, "one", settings)
    assert len(found.train) + len(found.test) == 22 and "24 further frames were left" in found.notes
    assert "12 of 22 images have several frames: the first was taken" in found.notes


@pytest.mark.parametrize("packed", [False, True])
def test_each_frame_is_an_image_of_the_class_of_its_file(tmp_path, settings, pets, packed):
    found = catalog.add(pack(pets, tmp_path / "pets.zip") if packed else pets, "mine", settings, ALL)
    told = "12 of 22 files have several frames: each of them is an image, 46 in all"
    assert found.notes[0] == told and not any("left" in note for note in found.notes)
    cats = levels(found.train, 0) + levels(found.test, 0)
    assert sorted(cats) == sorted(number * 10 + more for number in range(12) for more in (0, 3, 6))
    assert len(levels(found.train, 1) + levels(found.test, 1)) == 10
    assert not {level // 10 for level in levels(found.train, 0)} & {level // 10 for level in levels(found.test, 0)}


def test_a_terminal_asks_for_them_and_takes_it_back(here, capsys, pets):
    assert "46 in all" in answer(capsys, "data", "add", str(pets), "--name", "mine", "--frames")
    changed = answer(capsys, "data", "change", "mine", "--size", "16")
    assert "46 in all" in changed and "each 16x16" in changed
    assert "24 further frames were left" in answer(capsys, "data", "change", "mine", "--no-frames")


def test_a_list_says_the_same_of_every_frame(tmp_path, settings, pets):
    rows = [f"{path.relative_to(pets)},a,{place}" for place, path in enumerate(sorted(pets.rglob("*.*")))]
    (pets / "metadata.csv").write_text("\n".join(["file_name,label,depth", *rows]))
    found = catalog.add(pets, "mine", settings, ALL)
    depths = np.concatenate([found.train.columns["depth"], found.test.columns["depth"]])
    assert sorted(depths) == sorted([*range(12)] * 3 + [*range(12, 22)])


def test_one_file_of_many_pages_is_a_data_set(tmp_path, settings):
    colour = Image.new("RGBA", (20, 14), (200, 0, 0, 0))
    pages = [grey(40), colour.convert("CMYK"), Image.new("I;16", (12, 10), 40_000), colour, grey(9).convert("1")]
    save(tmp_path / "stack", "a.tif", grey(3), save_all=True, append_images=pages * 5)
    found = catalog.add(tmp_path / "stack", "mine", settings, ALL)
    assert len(found.train) + len(found.test) == 26 and found.groups is None and found.train.labels is None
    assert catalog.add(tmp_path / "stack", "other", settings, Fitting(size=(16, 16), frames=True)).image == (16, 16, 3)


def test_what_is_transparent_in_a_frame_is_so_in_its_image(tmp_path, settings):
    for number in range(10):
        values = np.zeros((12, 12, 4), np.uint8)
        values[:6, :, 3] = 255
        first = Image.fromarray(values)
        values[0, number] = 250, 0, 0, 255
        save(tmp_path / "p", f"{number}.gif", first, save_all=True, append_images=[Image.fromarray(values)], disposal=2)
    found = catalog.add(tmp_path / "p", "mine", settings, ALL)
    assert (found.train.pixels[:, 8:] == 255).all() and (found.train.pixels[:, 2:5] == 0).all()


def gif(count, width=8, height=8):
    """Of frames of one pixel, in the fewest bytes."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return head + (b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00") * count + b";"


def tiff(count, is_loop=False):
    """Pages of 8 x 8 white pixels, each a directory of its own."""
    tags = [(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 8), (279, 64)]
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags
    )
    places = [72 + number * (len(directory) + 4) for number in range(count)] + [72 if is_loop else 0]
    content = b"".join(directory + struct.pack("<I", following) for following in places[1:])
    return struct.pack("<2sHI", b"II", 42, 72) + bytes(64) + content


@pytest.mark.parametrize(("content", "expected"), [(gif(3), 3), (tiff(3), 3), (tiff(3, is_loop=True), 3), (gif(1), 1)])
def test_frames_are_counted_as_pillow_does(content, expected):
    with Image.open(io.BytesIO(content)) as image:
        assert frames.count(image, content) == expected == image.n_frames


@pytest.mark.parametrize(("name", "content"), [("a.gif", gif(1_000_000)), ("a.tif", tiff(20_000))])
def test_a_million_frames_are_refused_before_they_are_unpacked(tmp_path, settings, pets, name, content):
    (pets / "cat" / name).write_bytes(content)
    began = time.process_time()
    with pytest.raises(LoupeError, match=f"{name} has more than 10,000 frames.*Cut it, or take only the first"):
        catalog.add(pets, "mine", settings, ALL)
    assert "10,024 further frames or more were left" in catalog.add(pets, "one", settings).notes
    assert time.process_time() - began < 8


def test_bounds_hold_for_all_frames_together(tmp_path, settings, pets):
    (pets / "cat" / "a.gif").write_bytes(gif(9_000, 4_000, 4_000))
    refused_all(pets, settings, "more than 8,589,934,592 bytes")
    (pets / "cat" / "a.gif").write_bytes(gif(300))
    refused_all(pets, replace(settings, max_files=200), "holds more than 200 files")
    save(pets, "cat/a.tif", grey(3), save_all=True, append_images=[Image.new("1", (400, 400))])
    (pets / "cat" / "a.gif").unlink()
    refused_all(pets, replace(settings, max_image_pixels=100_000), "a.tif#2 has 400 x 400 pixels")


def refused_all(path, settings, words):
    with pytest.raises(LoupeError, match=words):
        catalog.add(path, "mine", settings, ALL)
    assert not list(settings.cache.rglob("*"))
