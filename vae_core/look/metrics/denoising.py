"""Whether the model takes noise off an image, against filters that anybody has at hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vae_core.look import noise
from vae_core.look.metrics.entry import HIGHER, Entry, Found, Tell, interval
from vae_core.look.metrics.pictures import psnr
from vae_core.look.metrics.subject import SEED, Subject

USUAL = 0.3  # the level for a run that was trained without noise
MOST = 500
MEDIANS = (3, 5)  # pixels on a side
SPREADS = (0.5, 0.8, 1.2, 1.8)  # of the Gaussian filter, pixels


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    level = subject.config.noise or USUAL
    places = subject.some(MOST)
    clean = subject.pixels[places].astype(np.float64) / 255
    spoiled = noise.spoiled(subject.pixels[places], "Gaussian", level, SEED)
    noisy = spoiled.astype(np.float64) / 255
    codes, _ = subject.portable.encode(spoiled)
    made = subject.portable.decode(codes).astype(np.float64)
    tell(0.6)
    before = psnr(clean, noisy)
    trained = f"It was trained with noise of {level:g}." if subject.config.noise else "It was trained without noise."
    of = f"{len(places):,} test images with Gaussian noise of {level:g}"
    ours = psnr(clean, made) - before
    yield _entry("denoising_gain", "Gain by denoising", ours,
                 f"How much nearer to the clean image the model's picture is than the noisy one that it was given. "
                 f"{trained}", of)  # fmt: skip
    filters = {"median": [_median(noisy, side) for side in MEDIANS], "Gaussian": [_blur(noisy, s) for s in SPREADS]}
    for name, tried in filters.items():
        best = max((psnr(clean, each) - before for each in tried), key=lambda gain: float(gain.mean()))
        yield _entry(f"denoising_over_{name.lower()}", f"Denoising beyond a {name} filter", ours - best,
                     f"The model's gain less that of a {name} filter, the best of {len(tried)} widths. Above 0 the "
                     "model does better than the filter.", of)  # fmt: skip
    tell(1.0)


def _entry(name: str, label: str, values: np.ndarray, meaning: str, of: str) -> Entry:
    return Entry(name, label, float(values.mean()), "dB", HIGHER, meaning, interval(values), of)


def _median(images: np.ndarray, side: int) -> np.ndarray:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(images, size=(1, side, side, 1)))


def _blur(images: np.ndarray, spread: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(images, sigma=(0, spread, spread, 0)))
