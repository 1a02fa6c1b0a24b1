"""Principal components: exact from the covariance, or randomised where that would be large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look.codes import signed
from vae_core.look.rows import chunks

EXACT_DIMENSIONS = 2048  # up to so many the whole covariance is decomposed
EXTRA = 10  # directions that the randomised form follows beyond those that are kept
PASSES = 5  # of the randomised form over the data
CHUNK = 4096  # rows that are centred at once


@dataclass(frozen=True)
class Components:
    places: Array  # (n, components) float32
    centre: Array  # (D,) float32
    axes: Array  # (components, D) float32, of length 1; zero where the space has no further direction
    explained: Array  # (components,) share of the variance
    exact: bool


def components(features: Array, count: int, seed: int = 0) -> Components:
    """The first `count` components of (n, D) features, at least two columns; centre + places @ axes leads back."""
    centre = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    kept = min(count, features.shape[1])
    exact = features.shape[1] <= EXACT_DIMENSIONS
    axes, variances, total = (_exact if exact else _randomised)(features, centre, kept, seed)
    axes = np.stack([signed(axis) for axis in axes])
    if kept < 2:  # a map has two axes, also of single numbers
        axes, variances = np.vstack([axes, np.zeros_like(axes)]), np.append(variances, 0.0)
    axes = axes.astype(np.float32)
    places = np.concatenate([(features[part] - centre) @ axes.T for part in chunks(len(features), CHUNK)])
    return Components(places, centre, axes, np.maximum(variances, 0) / max(total, 1e-30), exact)


def reduced(features: Array, count: int, seed: int = 0) -> Array:
    """(n, count): what a method that searches neighbours is given where the space itself is too large for it."""
    return components(features, count, seed).places


def _exact(features: Array, centre: Array, count: int, seed: int) -> tuple[Array, Array, float]:
    from scipy.linalg import eigh

    size = features.shape[1]
    covariance = np.zeros((size, size))
    for part in chunks(len(features), CHUNK):
        centred = features[part] - centre
        covariance += centred.T @ centred
    total = float(covariance.trace())
    values, vectors = eigh(covariance, subset_by_index=(size - count, size - 1), check_finite=False)
    return vectors.T[::-1], values[::-1], total


def _randomised(features: Array, centre: Array, count: int, seed: int) -> tuple[Array, Array, float]:
    """Subspace iteration in chunks; the covariance is never formed."""
    size = features.shape[1]
    basis = image = np.random.default_rng(seed).standard_normal((size, count + EXTRA), dtype=np.float32)
    total = 0.0
    for _ in range(PASSES):
        basis = np.linalg.qr(image)[0].astype(np.float32)
        image, total = _through_covariance(features, centre, basis)
    values, turn = np.linalg.eigh(basis.T.astype(np.float64) @ image)
    return (basis @ turn).T[::-1][:count], values[::-1][:count], total


def _through_covariance(features: Array, centre: Array, basis: Array) -> tuple[Array, float]:
    """Covariance times basis, and the covariance's trace."""
    image, total = np.zeros(basis.shape), 0.0
    for part in chunks(len(features), CHUNK):
        centred = features[part] - centre
        image += centred.T @ (centred @ basis)
        total += float(np.square(centred).sum(dtype=np.float64))
    return image, total
