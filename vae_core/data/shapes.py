"""Generated images in the manner of dSprites: a white square, ellipse or heart of any scale, turn and place."""

from __future__ import annotations

import numpy as np

from vae_core.data.dataset import Array

VERSION = 1  # of what is drawn; raised with every change of it
SHAPES = ("square", "ellipse", "heart")
SIDE = 32
FACTORS = ("shape", "scale", "turn", "x", "y")
CHUNK = 256  # images drawn at once: the intermediate arrays then stay in the processor's cache


def generate(count: int, seed: int = 0) -> tuple[Array, dict[str, Array]]:
    """Images (count, 32, 32, 1) and their factors, all drawn independently.

    `scale` is 0.5..1, `turn` 0..2 pi (anticlockwise), `x` and `y` are 0..1 from left to right and top to bottom.
    """
    random = np.random.default_rng(seed)
    low, high = [0.5, 0.0, 0.0, 0.0], [1.0, 2 * np.pi, 1.0, 1.0]
    scale, turn, x, y = random.uniform(low, high, (count, 4)).astype(np.float32).T
    factors = {"shape": random.integers(len(SHAPES), size=count), "scale": scale, "turn": turn, "x": x, "y": y}
    return draw(factors), factors


def draw(factors: dict[str, Array]) -> Array:
    """The pictures that belong to factors; given ones too, so that one factor can be varied alone."""
    shape = np.asarray(factors["shape"])
    pixels = np.empty((len(shape), SIDE, SIDE, 1), np.uint8)
    for kind, distance in enumerate((_square, _ellipse, _heart)):
        members = np.flatnonzero(shape == kind)
        for start in range(0, len(members), CHUNK):
            rows = members[start : start + CHUNK]
            across, up, unit = _coordinates(*(np.asarray(factors[name], np.float32)[rows] for name in FACTORS[1:]))
            coverage = np.clip(0.5 - distance(across, up) * unit, 0, 1)
            pixels[rows, :, :, 0] = np.rint(coverage * 255)
    return pixels


def _coordinates(scale: Array, turn: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Each pixel's centre as seen by the shape: in units of the shape's size, turned back; and that unit in pixels."""
    unit = (scale * (SIDE / 5.5))[:, None, None]
    margin = SIDE / 4  # the largest shape stays inside the picture at every place and turn
    centres = np.arange(SIDE, dtype=np.float32) + 0.5
    right = (centres - (margin + x * (SIDE - 2 * margin))[:, None])[:, None, :] / unit
    up = ((margin + y * (SIDE - 2 * margin))[:, None] - centres)[:, :, None] / unit
    cosine, sine = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    return cosine * right + sine * up, cosine * up - sine * right, unit


# Signed distances to the outline, negative inside: clipped to one pixel, they are the share of it that is covered.


def _square(across: Array, up: Array) -> Array:
    return np.maximum(np.abs(across), np.abs(up)) - np.float32(0.9)


def _ellipse(across: Array, up: Array) -> Array:
    """The distance to first order, the implicit function over the length of its gradient: exact at the outline."""
    wide, high = np.float32(1.25), np.float32(0.65)
    p, q = across / wide, up / high
    return (p * p + q * q - 1) / (2 * np.sqrt((p / wide) ** 2 + (q / high) ** 2) + np.float32(1e-6))


def _heart(across: Array, up: Array) -> Array:
    """A square on its corner with a half disc on each upper side."""
    half, size = np.abs(across), np.float32(2.0)
    p, q = half / size, up / size + np.float32(0.6)
    lobe = np.sqrt((p - np.float32(0.25)) ** 2 + (q - np.float32(0.75)) ** 2) - np.float32(np.sqrt(2) / 4)
    along = np.float32(0.5) * np.maximum(p + q, 0)
    notch = p * p + (q - 1) ** 2
    side = (p - along) ** 2 + (q - along) ** 2
    body = np.sqrt(np.minimum(notch, side)) * np.sign(p - q)
    return np.where(p + q > 1, lobe, body) * size
