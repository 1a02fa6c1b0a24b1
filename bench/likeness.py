"""How much reconstructions look like test images, by structure (SSIM), beside PCA's with codes as long."""

from __future__ import annotations

import numpy as np

from bench.rows import Row
from vae_core.data import catalog, splits
from vae_core.look.metrics.pictures import ssim
from vae_core.look.portable import Portable
from vae_core.look.projection.pca import components
from vae_core.runs.run import Run
from vae_core.settings import Settings

TESTED, CHUNK = 10_000, 500


def of(run: Run, settings: Settings) -> Row:
    """Of both, the mean over the test images, at the mean code."""
    config = run.config()
    data = splits.only(catalog.load(config.dataset, settings), config.classes)
    pixels, model = data.test.pixels[:TESTED], Portable.of(run)
    train, test = (_grey(each) for each in (data.train.pixels, pixels))
    made = model.decode(model.encode(pixels)[0]).reshape(test.shape)
    return {"ssim": alike(made, test), "pca_ssim": alike(by_pca(train, test, config.latent or 2), test)}


def alike(made: np.ndarray, test: np.ndarray) -> float:
    parts = [slice(start, start + CHUNK) for start in range(0, len(test), CHUNK)]
    each = [ssim(made[part].astype(np.float64), test[part].astype(np.float64)) for part in parts]
    return round(float(np.concatenate(each).mean()), 4)


def by_pca(train: np.ndarray, test: np.ndarray, size: int) -> np.ndarray:
    """The test images from so many components of those that train; all in 0..1."""
    found = components(train.reshape(len(train), -1), size)
    places = (test.reshape(len(test), -1) - found.centre) @ found.axes.T
    return np.clip((places @ found.axes + found.centre).reshape(test.shape), 0, 1)


def _grey(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / np.float32(255)
