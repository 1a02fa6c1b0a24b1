"""Contact sheets and small picture files."""

from __future__ import annotations

import math
from io import BytesIO
from typing import Any

import numpy as np

GAP = 1  # pixels between the pictures of a sheet
PAPER = 255
GREY = 127  # between a thumbnail's pictures: as quiet on a dark page as on a light one
THUMB = 28  # pixels that a picture of a run's thumbnail is wide at least


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Floats in 0..1 as uint8."""
    return np.rint(np.clip(images, 0.0, 1.0) * 255).astype(np.uint8)


def sheet(images: np.ndarray, columns: int | None = None, gap: int = GAP, paper: int = PAPER) -> np.ndarray:
    """One uint8 picture (H, W, c) of (n, h, w, c) images in rows, or of (rows, columns, h, w, c) as they lie."""
    if images.ndim == 5:
        columns = images.shape[1]
        images = images.reshape(-1, *images.shape[2:])
    images = images if images.dtype == np.uint8 else as_bytes(images)
    count, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    cells = np.full((rows * columns, height + gap, width + gap, channels), paper, np.uint8)
    cells[:count, :height, :width] = images
    lines = cells.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)
    return lines.reshape(rows * (height + gap), columns * (width + gap), channels)[: -gap or None, : -gap or None]


def png(picture: np.ndarray, scale: int = 1) -> bytes:
    return encoded(_larger(picture, scale), format="PNG", optimize=True)


def webp(picture: np.ndarray, scale: int = 1) -> bytes:
    """Without loss: pixels that are drawn large must keep their edges."""
    return encoded(_larger(picture, scale), format="WEBP", lossless=True)


def thumbs(images: np.ndarray) -> bytes:
    """A run's thumbnail: up to eight pictures in two rows, as WebP."""
    scale = math.ceil(THUMB / images.shape[2])
    return webp(sheet(images[:8], columns=4, paper=GREY), scale)


def encoded(picture: np.ndarray, **options: Any) -> bytes:
    """A picture (h, w, c) as a file; the options are Pillow's."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(file, **options)
    return file.getvalue()


def _larger(picture: np.ndarray, scale: int) -> np.ndarray:
    return picture.repeat(scale, axis=0).repeat(scale, axis=1)
