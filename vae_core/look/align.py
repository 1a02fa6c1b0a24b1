"""Keep the map of codes still from one epoch to the next: turned and mirrored, never scaled."""

from __future__ import annotations

import numpy as np

from vae_core.data.dataset import Array


def on_plane(code: Array, plane: Array) -> Array:
    """Codes (n, d) as points (n, 2) along the plane's two axes, in the codes' own units; for d = 2 the codes."""
    sound = np.where(np.isfinite(code), code, np.nan)  # infinite numbers have no place either
    return (sound @ _directions(plane)).astype(np.float32)


def grid_square(plane: Array) -> Array:
    """Centre, right arm and upper arm (3, 2) of the decoded grid, in the coordinates of `on_plane`."""
    return on_plane(plane, plane)


def turn(previous: Array, current: Array) -> Array:
    """The rotation or reflection T (2, 2) for which `current @ T` lies nearest to `previous`: orthogonal Procrustes."""
    covariance = current.T.astype(np.float64) @ previous
    if not np.isfinite(covariance).all() or not covariance.any():
        return np.eye(len(covariance))
    left, _, right = np.linalg.svd(covariance)
    return left @ right


def _directions(plane: Array) -> Array:
    """The axes as unit columns (d, 2); an axis without length, as a code of one number has it, stays zero."""
    axes = plane[1:].T.astype(np.float64)
    lengths = np.linalg.norm(axes, axis=0)
    return axes / np.where(lengths > 0, lengths, 1)
