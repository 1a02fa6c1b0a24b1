"""The baseline strip: what predictors that learn next to nothing reach on the same test images."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from vae_core.data.dataset import Dataset
from vae_core.errors import LoupeError
from vae_core.look.rows import CHUNK, chunks
from vae_core.runs import files, forms
from vae_core.settings import Settings

VERSION = 1
EXACT_PIXELS = 4096  # up to so many, PCA comes from the eigenvectors of the whole covariance
PCA_CLIP = 1e-3  # class means and PCA predict exact zeros, or less; one lit pixel there would cost 16 nats
MODEL_CLIP = 1e-7  # what Keras clips probabilities to
FEW = 16  # pixels per component from which there are few components
EXTRA = 10  # directions beyond the code's size that the randomised PCA follows
PASSES = 4  # of the randomised PCA over the training images
Loss = dict[str, float]
Predict = Callable[[np.ndarray, slice], np.ndarray]
Progress = Callable[[int, int], None]


def strip(
    dataset: Dataset, size: int, settings: Settings, binary: bool = False, progress: Progress | None = None
) -> forms.Strip:
    """Losses on the test images by baseline, each {"bce", "mse"}; the class mean is None without labels. Cached."""
    kind = "-binary" if binary else ""
    cache = settings.cache / "baselines" / f"{dataset.fingerprint}-{size}{kind}-v{VERSION}.json"
    if cache.is_file():
        with suppress(LoupeError):  # a damaged one is made anew
            kept: forms.Strip = files.read_json(cache, forms.STRIP)
            return kept
    found = _compute(dataset, size, binary, progress or (lambda done, total: None))
    cache.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(cache, found, durable=False)
    return found


def targets(pixels: np.ndarray, binary: bool) -> np.ndarray:
    """(n, h * w * c) float32 in 0..1; binarised, a pixel is 1 from 1/2 on."""
    flat = pixels.reshape(len(pixels), -1)
    return (flat >= 127.5).astype(np.float32) if binary else flat.astype(np.float32) / np.float32(255)


def cross_entropy(target: np.ndarray, predicted: np.ndarray, clip: float = MODEL_CLIP) -> np.ndarray:
    """Bernoulli nats of each row, summed over its pixels, (n,) float64."""
    probability = np.clip(predicted, np.float32(clip), np.float32(1 - clip))
    nats = target * np.log(probability) + (1 - target) * np.log1p(-probability)
    return -nats.sum(axis=1, dtype=np.float64)


def squared_error(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Squared error of each row, summed over its pixels, (n,) float64."""
    return np.square(target - predicted).sum(axis=1, dtype=np.float64)


def entropy(target: np.ndarray) -> np.ndarray:
    """The least Bernoulli nats that any prediction of each row can reach, (n,) float64."""
    rest = 1 - target
    nats = np.where(target > 0, target * np.log(np.maximum(target, 1e-30)), 0)
    nats = nats + np.where(rest > 0, rest * np.log(np.maximum(rest, 1e-30)), 0)
    return -nats.sum(axis=1, dtype=np.float64)


def per_pixel_and_image(total: float, images: int, pixels: int) -> Loss:
    return {"nats_per_pixel": total / images / pixels, "nats_per_image": total / images}


def _compute(dataset: Dataset, size: int, binary: bool, progress: Progress) -> forms.Strip:
    mean = _mean(dataset.train.pixels, binary)
    progress(1, 4)
    result: dict[str, forms.Losses | None] = {
        "floor": _measure(dataset, binary, lambda target, place: target, floor=True),
        "mean_image": _measure(dataset, binary, lambda target, place: mean, clip=MODEL_CLIP),
        "class_mean": _class_mean(dataset, binary),
    }
    progress(2, 4)
    components = _principal(dataset.train.pixels, mean, size, binary)
    progress(3, 4)
    result["pca"] = _measure(dataset, binary, lambda target, place: (target - mean) @ components @ components.T + mean)
    progress(4, 4)
    return result


def _measure(
    dataset: Dataset, binary: bool, predict: Predict, clip: float = PCA_CLIP, floor: bool = False
) -> dict[str, Loss]:
    pixels = dataset.test.pixels
    nats = squares = 0.0
    for place in chunks(len(pixels)):
        target = targets(pixels[place], binary)
        predicted = predict(target, place)
        nats += float((entropy(target) if floor else cross_entropy(target, predicted, clip)).sum())
        squares += float(squared_error(target, predicted).sum())
    count, wide = len(pixels), int(np.prod(pixels.shape[1:]))
    return {"bce": per_pixel_and_image(nats, count, wide), "mse": per_pixel_and_image(squares, count, wide)}


def _class_mean(dataset: Dataset, binary: bool) -> dict[str, Loss] | None:
    """The mean training image of each test image's class; of all images where a class was never trained on."""
    train, test = dataset.train, dataset.test
    if train.labels is None or test.labels is None:
        return None
    kinds, which = np.unique(test.labels, return_inverse=True)
    of_class = [train.pixels[train.labels == kind] for kind in kinds]
    means = np.stack([_mean(pixels if len(pixels) else train.pixels, binary) for pixels in of_class])
    return _measure(dataset, binary, lambda target, place: means[which[place]])


def _mean(pixels: np.ndarray, binary: bool) -> np.ndarray:
    total = sum(targets(pixels[place], binary).sum(axis=0, dtype=np.float64) for place in chunks(len(pixels)))
    return np.asarray(total / len(pixels), np.float32)


def _principal(pixels: np.ndarray, mean: np.ndarray, size: int, binary: bool) -> np.ndarray:
    """(pixels, size) the first principal components of the training images."""
    size = min(size, len(mean), len(pixels))
    if len(mean) > EXACT_PIXELS:
        return _randomised(pixels, mean, size, binary)
    covariance = np.zeros((len(mean), len(mean)))
    for place in chunks(len(pixels)):
        centred = targets(pixels[place], binary) - mean
        covariance += centred.T @ centred
    return _leading(covariance, size).astype(np.float32)


def _leading(covariance: np.ndarray, size: int) -> np.ndarray:
    """Its leading eigenvectors; where few of many are wanted, Lanczos finds the same ones forty times faster."""
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh

    count = len(covariance)
    if FEW * size < count and covariance.any():
        _, vectors = eigsh(covariance, size, v0=np.random.default_rng(0).standard_normal(count))
    else:
        _, vectors = eigh(covariance, subset_by_index=(count - size, count - 1), overwrite_a=True, check_finite=False)
    return np.asarray(vectors)


def _randomised(pixels: np.ndarray, mean: np.ndarray, size: int, binary: bool) -> np.ndarray:
    """Subspace iteration in chunks: the covariance of large images would not fit in memory."""
    wide = min(size + EXTRA, len(mean))
    basis = np.random.default_rng(0).standard_normal((len(mean), wide), dtype=np.float32)
    for _ in range(PASSES):
        basis, _ = np.linalg.qr(basis)
        image = np.zeros_like(basis)
        for place in chunks(len(pixels), CHUNK // 4):
            centred = targets(pixels[place], binary) - mean
            image += centred.T @ (centred @ basis)
        basis = image
    vectors, _, _ = np.linalg.svd(basis, full_matrices=False)
    return vectors[:, :size]
