"""Whether the model takes noise off an image, against filters that anybody has at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from vae_core.look import noise
from vae_core.look.metrics.entry import HIGHER, Entry, Found, Quantity, Tell, interval
from vae_core.look.metrics.pictures import psnr
from vae_core.look.metrics.subject import SEED, Subject

USUAL = 0.3  # the level for a run that was trained without noise
MOST = 500


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
    of = f"{len(places):,} test images with Gaussian noise of {level:g}"
    ours = psnr(clean, made) - before
    yield _entry(_gain(subject.config.noise), ours, of)
    for name, (filtered, widths) in FILTERS.items():
        gains = (psnr(clean, filtered(noisy, width)) - before for width in widths)
        best = max(gains, key=lambda gain: float(gain.mean()))
        yield _entry(_beyond(name, len(widths)), ours - best, of)
    tell(1.0)


def _gain(trained: float) -> Quantity:
    told = f"with noise of {trained:g}" if trained else "without noise"
    meaning = (
        "How much nearer to the clean image the model's picture is than the noisy one that it was given. It was "
        f"trained {told}."
    )
    return Quantity("denoising_gain", "Gain by denoising", "dB", HIGHER, meaning)


def _beyond(name: str, tried: int) -> Quantity:
    meaning = (
        f"The model's gain less that of a {name} filter, the best of {tried} widths. Above 0 the model does better "
        "than the filter."
    )
    return Quantity(f"denoising_over_{name.lower()}", f"Denoising beyond a {name} filter", "dB", HIGHER, meaning)


def _entry(what: Quantity, values: np.ndarray, of: str) -> Entry:
    return Entry(what, float(values.mean()), of, interval(values))


def _median(images: np.ndarray, side: float) -> np.ndarray:
    from scipy.ndimage import median_filter

    return np.asarray(median_filter(images, size=(1, side, side, 1)))


def _blur(images: np.ndarray, spread: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(images, sigma=(0, spread, spread, 0)))


FILTERS: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...]]] = {  # and their widths, pixels
    "median": (_median, (3, 5)),
    "Gaussian": (_blur, (0.5, 0.8, 1.2, 1.8)),
}
