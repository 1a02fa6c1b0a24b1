"""How near reconstructions are to their originals, as an eye would see it: PSNR and SSIM."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_core.design.naming import QUANTITIES
from vae_core.look.metrics.entry import HIGHER, Found, Missing, Quantity, Tell, mean
from vae_core.look.metrics.subject import Subject
from vae_core.look.rows import chunks

WINDOW = 7  # pixels on a side
K1, K2 = 0.01, 0.03  # of the paper, which keep the ratios finite
LEAST_ERROR = 1e-10
CHUNK = 512
MOST = 10_000
PSNR = Quantity(
    "psnr",
    "Likeness (PSNR)",
    "dB",
    HIGHER,
    "Peak signal to noise ratio between test images and their reconstructions. Ten more is a tenth of the squared "
    "error.",
)
SSIM = Quantity(
    "ssim",
    "Likeness of structure (SSIM)",
    "",
    HIGHER,
    "Compares small windows of an image and its reconstruction by brightness, contrast and pattern, as an eye does. "
    "1 is the same picture.",
)


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    places = subject.some(MOST)
    decibels, alike = np.zeros(len(places)), np.full(len(places), np.nan)
    small = min(subject.config.image[:2]) < 3
    for rows in chunks(len(places), CHUNK):
        target = subject.pixels[places[rows]].astype(np.float64) / 255
        made = subject.made(places[rows]).astype(np.float64)
        decibels[rows] = psnr(target, made)
        if not small:
            alike[rows] = ssim(target, made)
        tell(rows.stop / len(places))
    yield mean(QUANTITIES["mse"], subject.found.mse["mean_code"] / subject.config.pixels)
    yield mean(PSNR, decibels)
    yield Missing(SSIM, "The images have fewer than 3 pixels on a side.") if small else mean(SSIM, alike)


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
