"""Ways to spoil an image, to see what a model makes of it."""

from __future__ import annotations

import numpy as np

KINDS = {
    "Gaussian": "Each pixel moves by a random amount; the level is its standard deviation.",
    "Salt and pepper": "Pixels turn white or black; the level is their share.",
    "Hole": "A square goes black; the level is its side as a share of the image's.",
}


def spoiled(pixels: np.ndarray, kind: str, level: float, seed: int) -> np.ndarray:
    """(n, h, w, c) uint8 in and out. Gaussian noise is what training adds: cut off at black and white."""
    random = np.random.default_rng(seed)
    if kind == "Gaussian":
        seen = pixels / 255 + random.normal(0, level, pixels.shape)
        return np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)
    if kind == "Salt and pepper":
        hit = random.random((*pixels.shape[:3], 1)) < level
        grain = np.where(random.random(hit.shape) < 0.5, 0, 255)
        return np.where(hit, grain, pixels).astype(np.uint8)
    return _holed(pixels, level, random)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The mean PSNR of pairs of uint8 images in decibels: higher is nearer, and 10 more is a tenth of the error."""
    squares = np.square(one.astype(np.float32) - other).mean(axis=(1, 2, 3)) / 255**2
    return float(np.mean(-10 * np.log10(np.maximum(squares, 1e-10))))


def _holed(pixels: np.ndarray, level: float, random: np.random.Generator) -> np.ndarray:
    made = pixels.copy()
    height, width = pixels.shape[1:3]
    tall, wide = round(level * height), round(level * width)
    for image in made:
        top, left = random.integers(height - tall, endpoint=True), random.integers(width - wide, endpoint=True)
        image[top : top + tall, left : left + wide] = 0
    return made
