"""How near reconstructions are to their originals, as an eye would see it: PSNR and SSIM."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_core.look.metrics.entry import HIGHER, Entry, Found, Missing, Tell, known, mean
from vae_core.look.metrics.subject import Subject

WINDOW = 7  # pixels on a side
K1, K2 = 0.01, 0.03  # of the paper, which keep the ratios finite
LEAST_ERROR = 1e-10
CHUNK = 512
MOST = 10_000


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    places = subject.some(MOST)
    decibels, alike = np.zeros(len(places)), np.full(len(places), np.nan)
    small = min(subject.config.image[:2]) < 3
    for start in range(0, len(places), CHUNK):
        rows = slice(start, start + CHUNK)
        target = subject.pixels[places[rows]].astype(np.float64) / 255
        made = subject.made(places[rows]).astype(np.float64)
        decibels[rows] = psnr(target, made)
        if not small:
            alike[rows] = ssim(target, made)
        tell(min(1.0, (start + CHUNK) / len(places)))
    yield known("mse", subject.found.mse["mean_code"] / subject.config.pixels)
    yield mean("psnr", "Likeness (PSNR)", decibels, "dB", HIGHER,
               "Peak signal to noise ratio between test images and their reconstructions. Ten more is a tenth of the "
               "squared error.")  # fmt: skip
    yield _ssim(alike, small)


def _ssim(alike: np.ndarray, small: bool) -> Entry | Missing:
    if small:
        return Missing("ssim", "Likeness of structure (SSIM)", "The images have fewer than 3 pixels on a side.")
    return mean("ssim", "Likeness of structure (SSIM)", alike, "", HIGHER,
                "Compares small windows of an image and its reconstruction by brightness, contrast and pattern, as an "
                "eye does. 1 is the same picture.")  # fmt: skip


def psnr(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The peak signal-to-noise ratio of each pair of images in 0..1, (n,) decibels."""
    squares = np.square(one - other).mean(axis=tuple(range(1, one.ndim)))
    return np.asarray(-10 * np.log10(np.maximum(squares, LEAST_ERROR)))


def ssim(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of each pair of images (n, h, w, c) in 0..1, (n,): a uniform window, the mean over places and channels."""
    side = min(WINDOW, *one.shape[1:3])
    side -= 1 - side % 2
    ux, uy = _smooth(one, side), _smooth(other, side)
    unbiased = side**2 / (side**2 - 1)
    vx, vy, vxy = (
        unbiased * (_smooth(a * b, side) - ua * ub)
        for a, b, ua, ub in ((one, one, ux, ux), (other, other, uy, uy), (one, other, ux, uy))
    )
    c1, c2 = K1**2, K2**2
    each = (2 * ux * uy + c1) * (2 * vxy + c2) / ((ux**2 + uy**2 + c1) * (vx + vy + c2))
    return np.asarray(each.mean(axis=(1, 2, 3)))


def _smooth(images: np.ndarray, side: int) -> np.ndarray:
    """Means of all windows that lie within the image."""
    from scipy.ndimage import uniform_filter

    edge = side // 2
    whole = uniform_filter(images, size=(1, side, side, 1))
    return np.asarray(whole[:, edge : images.shape[1] - edge, edge : images.shape[2] - edge])
