"""What the sections of the Explore page are made of: neighbours, errors, noise, moving pictures, sheets, drawings."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from support import parcel

from ui.components import gallery, sketch
from ui.components.gallery import Layout, Pictures
from vae_core.look import animation, heat, neighbours, noise


def test_the_nearest_codes_come_first_and_nan_never():
    codes = np.float32([[5, 0], [np.nan, 0], [1, 0], [3, 0]])
    found, away = neighbours.nearest(codes, np.float32([0, 0]), 2)
    assert found.tolist() == [2, 3] and away.tolist() == [1, 3]
    assert neighbours.nearest(codes, np.float32([0, 0]), 9)[0].tolist() == [2, 3, 0]
    assert neighbours.nearest(codes[:0], np.float32([0, 0]), 2)[0].tolist() == []


def test_errors_are_black_where_there_are_none_and_bright_where_they_are_largest():
    one = np.zeros((1, 1, 2, 1), np.uint8)
    other = np.uint8([[[[0], [255]]]])
    wrong = heat.errors(one, other)
    colours = heat.coloured(wrong, heat.scale(wrong))
    assert colours[0, 0].tolist() == [[0, 0, 4], [252, 253, 191]]


@pytest.mark.parametrize("kind", noise.KINDS)
def test_noise_grows_with_its_level_and_is_the_same_for_a_seed(kind):
    images = np.random.default_rng(0).integers(60, 200, (3, 16, 12, 1), np.uint8)
    weak, strong = (noise.spoiled(images, kind, level, 0) for level in (0.1, 0.5))
    assert np.array_equal(noise.spoiled(images, kind, 0.0, 0), images)
    assert noise.likeness(images, strong) < noise.likeness(images, weak) < 100
    assert np.array_equal(noise.spoiled(images, kind, 0.5, 0), strong)


@pytest.mark.parametrize("form", animation.FORMATS)
def test_an_animation_goes_there_and_back(form):
    images = np.uint8(np.linspace(0, 250, 6))[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    moving = Image.open(BytesIO(animation.animation(images, form)))
    assert moving.n_frames == 10 and moving.size == (256, 256)


def test_many_pictures_fit_one_sheet():
    pictures = Pictures("l", np.zeros((500, 28, 86, 4), np.uint8), np.zeros((500, 3)), ["x"] * 500)
    data = gallery.data("p", pictures, Layout())
    header, body = parcel(data)
    assert header["across"] * 86 < 16_383 and body[slice(header["sheet"][0], header["sheet"][0] + 4)] == b"RIFF"
    none = Pictures("", np.zeros((0, 8, 8, 1), np.uint8), np.zeros((0, 2)), [])
    assert parcel(gallery.data("p", none, Layout()))[0]["sheet"] is None


@pytest.mark.parametrize(
    "told",
    [
        None,
        3,
        {},
        {"seq": "1"},
        {"seq": 1, "pixels": "!!"},
        {"seq": 1, "pixels": base64.b64encode(b"12").decode()},
        {"seq": 1, "pixels": base64.b64encode(bytes(64)).decode(), "code": [1.0]},
    ],
)
def test_what_a_browser_should_not_have_drawn_counts_as_nothing(told):
    assert sketch.read(told, (8, 8, 1), 2) is None


def test_what_was_drawn_is_read():
    pixels = base64.b64encode(bytes(range(64))).decode()
    drawn = sketch.read({"seq": 1, "pixels": pixels, "code": [1, 2.5]}, (8, 8, 1), 2)
    assert drawn and drawn.pixels[1, 0, 0] == 8 and drawn.code.tolist() == [1, 2.5]
    assert sketch.read({"seq": 1, "pixels": pixels, "code": None}, (8, 8, 1), 2).code is None


def test_paper_is_dark_for_images_that_are_light_on_dark():
    light = np.zeros((2, 8, 8, 1), np.uint8)
    for examples, dark in ((light, True), (255 - light, False)):
        header, _ = parcel(sketch.data("p", (8, 8, 1), 2, {"encoder": b"e"}, examples))
        assert header["dark"] is dark and header["encoder"] and header["decoder"] is None
