"""Where a reconstruction is wrong, as colours: black where it is right, over violet and orange to pale yellow."""

from __future__ import annotations

import numpy as np

LEAST = 0.1  # a scale that is finer than that would make noise look like errors
TOP = 0.995  # share of the pixels that the scale covers
STOPS = (  # of the colour map "magma", evenly spaced
    (0, 0, 4),
    (28, 16, 68),
    (79, 18, 123),
    (129, 37, 129),
    (181, 54, 122),
    (229, 80, 100),
    (251, 135, 97),
    (254, 194, 135),
    (252, 253, 191),
)


def errors(originals: np.ndarray, made: np.ndarray) -> np.ndarray:
    """(n, h, w) how far each pixel is off, in 0..1, as the mean over its channels; uint8 pictures go in."""
    return np.abs(originals.astype(np.float32) - made).mean(axis=-1) / 255


def scale(wrong: np.ndarray) -> float:
    """The error that gets the brightest colour, one for all pictures of a wall, so that they can be compared."""
    return max(LEAST, float(np.quantile(wrong, TOP))) if wrong.size else LEAST


def coloured(wrong: np.ndarray, brightest: float) -> np.ndarray:
    """Numbers as colours, (n, h, w, 3) uint8."""
    at = np.clip(wrong / brightest, 0, 1)
    stops = np.linspace(0, 1, len(STOPS))
    channels = [np.interp(at, stops, [stop[channel] for stop in STOPS]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
