"""Places in the latent space: a plane through it, grids, traversals, lines between codes, samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_core.errors import LoupeError

SPAN = 3.0  # standard deviations of the prior to either side that a plane or a traversal covers
QUANTILES = (0.01, 0.99)  # what is covered where there is no prior
SPACINGS = ("linear", "gaussian", "data")
MOST_COMPONENTS = 10  # of the mixture that samples come from where there is no prior
FULL_COVARIANCE = 32  # code size up to which a component's covariance is a full matrix
MIXTURE_CODES = 4_000  # codes that the mixture is fitted to
NARROWEST = 1e-3  # half the width of a plane along an axis where all codes are equal


@dataclass(frozen=True)
class Grid:
    """Codes of n x n cells. Row 0 is the top: the largest place on the second axis."""

    codes: np.ndarray  # (n, n, d)
    across: np.ndarray  # (n,) places of the columns on the first axis
    up: np.ndarray  # (n,) places of the rows on the second axis, falling
    note: str  # what the axes and the spacing are, for a caption


@dataclass(frozen=True)
class Axes:
    """A flat piece of the latent space: code = origin + a * across + b * up, the directions of length 1."""

    origin: np.ndarray  # (d,)
    across: np.ndarray  # (d,)
    up: np.ndarray  # (d,)
    note: str

    def at(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        places = self.origin + a[..., None] * self.across + b[..., None] * self.up
        return places.astype(np.float32)

    def places(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (codes - self.origin) @ self.across, (codes - self.origin) @ self.up


def plane(codes: np.ndarray, has_prior: bool, span: float | None = None) -> np.ndarray:
    """(3, d): origin, axis 1, axis 2 of the plane that a grid covers: code = origin + u * axis 1 + v * axis 2, -1..1.

    A 2-D code is its own plane; a larger one is cut along the two principal axes of its codes, through their mean.
    """
    axes = _axes(codes)
    (left, right), (bottom, top) = (_range(places, has_prior, span) for places in axes.places(codes))
    middle = axes.at(np.array((left + right) / 2), np.array((bottom + top) / 2))
    return np.array([middle, axes.across * (right - left) / 2, axes.up * (top - bottom) / 2], np.float32)


def plane_grid(plane: np.ndarray, n: int) -> np.ndarray:
    """(n * n, d): codes of evenly spaced places of a plane, row by row from the top."""
    origin, across, up = plane
    u, v = np.meshgrid(np.linspace(-1, 1, n), np.linspace(1, -1, n))
    return np.asarray(origin + u.reshape(-1, 1) * across + v.reshape(-1, 1) * up, np.float32)


def grid(codes: np.ndarray, has_prior: bool, n: int, spacing: str = "linear", axes: Axes | None = None) -> Grid:
    """n x n cells: evenly spaced, at equal steps of the prior's probability, or at quantiles of the codes.

    They lie on `axes`, and without these on the plane that `plane` describes.
    """
    if spacing not in SPACINGS:
        raise LoupeError(f"The spacing is '{spacing}'", f"One of {', '.join(SPACINGS)} was expected")
    if spacing == "gaussian" and not has_prior:
        raise LoupeError(
            "Gaussian spacing follows the prior, and this model's codes follow none",
            fix="Choose the spacing 'linear' or 'data'",
        )
    axes = axes or _axes(codes)
    across, up = (_ticks(places, has_prior, n, spacing) for places in axes.places(codes))
    up = up[::-1]
    return Grid(axes.at(*np.meshgrid(across, up)), across, up, f"{axes.note}; {_says(spacing, has_prior)}")


def traversals(code: np.ndarray, codes: np.ndarray, has_prior: bool, steps: int) -> np.ndarray:
    """(d, steps, d): from one code, each dimension in turn over its range, the others held."""
    rows = np.tile(np.asarray(code, np.float32), (len(code), steps, 1))
    for dimension in range(len(code)):
        rows[dimension, :, dimension] = np.linspace(*_range(codes[:, dimension], has_prior), steps)
    return rows


def between(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """(steps, d) on the straight line, both ends included."""
    return np.linspace(start, end, steps, dtype=np.float32)


def samples(codes: np.ndarray, has_prior: bool, count: int, seed: int) -> np.ndarray:
    """Random codes: from the prior, or, without one, from a mixture of Gaussians fitted to the codes."""
    if not has_prior:
        return mixture_samples(codes, count, seed)
    return np.random.default_rng(seed).standard_normal((count, codes.shape[1]), dtype=np.float32)


def mixture_samples(codes: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Random codes from a mixture of Gaussians fitted to these codes."""
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(seed)
    some = codes if len(codes) <= MIXTURE_CODES else codes[random.choice(len(codes), MIXTURE_CODES, replace=False)]
    centre, scale = some.mean(axis=0, dtype=np.float64), some.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    mixture = GaussianMixture(
        n_components=min(MOST_COMPONENTS, 1 + len(np.unique(some, axis=0)) // 20),
        covariance_type="full" if codes.shape[1] <= FULL_COVARIANCE else "diag",
        random_state=seed,
    )
    with threadpool_limits(1):  # such small matrices wait longer for other threads than they take
        mixture.fit((some - centre) / scale)
    found, _ = mixture.sample(count)
    found = random.permutation(found)  # they came sorted by component
    return np.asarray(found * scale + centre, np.float32)


def _axes(codes: np.ndarray) -> Axes:
    size = codes.shape[1]
    if size <= 2:
        across, up = np.eye(2)[:, :size]
        return Axes(np.zeros(size), across, up, "the code's own axes")
    centre = codes.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(np.cov(codes - centre, rowvar=False))
    first, second = (signed(vectors[:, place]) for place in (-1, -2))
    share = values[-2:].sum() / max(values.sum(), 1e-12)
    return Axes(centre, first, second, f"two principal axes of the codes ({share:.0%} of their variance)")


def signed(direction: np.ndarray) -> np.ndarray:
    """An eigenvector is known up to its sign: let the largest part be positive, so that pictures do not flip."""
    return direction * np.sign(direction[np.abs(direction).argmax()])


def _range(places: np.ndarray, has_prior: bool, span: float | None = None) -> tuple[float, float]:
    if has_prior or span:
        return -(span or SPAN), span or SPAN
    low, high = np.quantile(places, QUANTILES)
    widen = max(0.0, NARROWEST - (high - low) / 2)
    return float(low - widen), float(high + widen)


def _ticks(places: np.ndarray, has_prior: bool, n: int, spacing: str) -> np.ndarray:
    if spacing == "data":
        return np.quantile(places, np.linspace(*QUANTILES, n))
    if spacing == "gaussian":
        from scipy.special import ndtri

        return np.asarray(ndtri((np.arange(n) + 0.5) / n))
    return np.linspace(*_range(places, has_prior), n)


def _says(spacing: str, has_prior: bool) -> str:
    if spacing == "data":
        return "spaced by the codes' 1-99 % quantiles"
    if spacing == "gaussian":
        return "spaced by equal steps of the prior's probability"
    return f"evenly from -{SPAN:g} to {SPAN:g}" if has_prior else "evenly over the codes' 1-99 % range"
