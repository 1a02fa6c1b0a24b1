"""Contact sheets and small picture files."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from vae_core.look import pictures


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (5, 4, 3, 1), dtype=np.uint8)


def test_a_sheet_holds_every_picture_in_its_place(images: np.ndarray) -> None:
    sheet = pictures.sheet(images, columns=3)
    assert sheet.shape == (2 * 4 + 1, 3 * 3 + 2, 1)
    for index, image in enumerate(images):
        top, left = index // 3 * 5, index % 3 * 4
        assert np.array_equal(sheet[top : top + 4, left : left + 3], image)
    assert (sheet[4] == 255).all() and (sheet[5:, 8:] == 255).all()


def test_a_grid_keeps_its_rows_without_a_gap(images: np.ndarray) -> None:
    grid = np.stack([images, images[::-1]])
    sheet = pictures.sheet(grid / np.float32(255), gap=0)
    assert sheet.shape == (8, 15, 1)
    assert np.array_equal(sheet[4:, :3], images[-1])


def test_floats_become_bytes_by_rounding() -> None:
    assert pictures.as_bytes(np.array([-1.0, 0.0, 0.4999 / 255, 0.5, 1.0, 2.0])).tolist() == [0, 0, 0, 128, 255, 255]


@pytest.mark.parametrize("encode", [pictures.png, pictures.webp])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_shows_every_pixel_enlarged(encode, channels: int, images: np.ndarray) -> None:
    picture = images[0].repeat(channels, axis=-1)
    shown = np.asarray(Image.open(BytesIO(encode(picture, scale=5))).convert("RGB"))
    assert shown.shape == (20, 15, 3)
    assert np.array_equal(shown[::5, ::5], images[0].repeat(3, axis=-1))


def test_thumbs_are_two_rows_of_four(images: np.ndarray) -> None:
    thumbs = Image.open(BytesIO(pictures.thumbs(np.tile(images, (3, 1, 1, 1)))))
    assert thumbs.format == "WEBP" and thumbs.size == (10 * (4 * 3 + 3), 10 * (2 * 4 + 1))
