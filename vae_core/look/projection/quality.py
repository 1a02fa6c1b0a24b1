"""How far a map can be trusted: whose neighbours on it are neighbours in the space that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look import neighbours
from vae_core.look.projection.stages import Progress
from vae_core.look.rows import chunks

NEIGHBOURS = 15
SAMPLE = 10_000  # points that ranks are compared among
MOST_WORK = 2e11  # multiply-adds of comparing every point with every other; above, fewer points are asked
ROWS = 256  # of distances that are compared at once
CELLS = 128  # on a side of the grid that density is counted on
NOT_MEASURED: dict[str, Any] = {
    "neighbours": 0,
    "asked": 0,
    "kept": None,
    "trustworthiness": None,
    "continuity": None,
    "sample": 0,
    "knn_map": None,
    "knn_original": None,
}


@dataclass(frozen=True)
class Quality:
    kept: Array  # (n,) float32: how many of a point's neighbours on the map are its neighbours; NaN = not asked
    summary: dict[str, Any]


def measure(
    original: Array, places: Array, labels: Array | None, seed: int, progress: Progress, near: Array | None = None
) -> Quality:
    """`places` (n, 2) as a map of `original` (n, D). What it costs is bounded; the summary says what was sampled.

    `near`: each point's neighbours in the original space, where they are known.
    """
    count = len(original)
    k, random = min(NEIGHBOURS, count - 1), np.random.default_rng(seed)
    near = near if near is not None and near.shape[1] >= k else None
    bound = count if near is not None else int(MOST_WORK // max(1, count * original.shape[1]))
    asked = _sample(random, count, bound)
    kept = np.full(count, np.nan, np.float32)
    summary = {**NOT_MEASURED, "neighbours": k, "asked": len(asked)}
    if k < 1:
        return Quality(kept, summary)
    there = near[:, :k] if near is not None else neighbours.of_rows(original, asked, k)
    here = neighbours.of_rows(places, asked, k)
    progress(1, 2)
    kept[asked] = _common(there, here)
    summary["kept"] = float(kept[asked].mean(dtype=np.float64))
    if labels is not None and len(np.unique(labels)) > 1:
        right = [neighbours.most_common(labels, near) == labels[asked] for near in (here, there)]
        summary["knn_map"], summary["knn_original"] = (float(each.mean()) for each in right)
    few = _sample(random, count, SAMPLE)
    return Quality(kept, summary | {"sample": len(few)} | _ranked(original[few], places[few], k, progress))


def _ranked(original: Array, places: Array, k: int, progress: Progress) -> dict[str, float]:
    """Nothing of fewer points than these measures are defined for."""
    if len(original) <= 3 * k // 2 + 1:
        return {}
    trustworthiness, continuity = ranks(original, places, k, progress)
    return {"trustworthiness": trustworthiness, "continuity": continuity}


def ranks(original: Array, places: Array, k: int, progress: Progress | None = None) -> tuple[float, float]:
    """Trustworthiness and continuity: 1 less what false, and what lost, neighbours cost by how far away they are."""
    count = len(original)
    there, here = (neighbours.of_rows(space, np.arange(count), k) for space in (original, places))
    false = lost = 0.0
    for part in chunks(count, ROWS):
        false += _excess(original, part, here[part], k)
        lost += _excess(places, part, there[part], k)
        if progress:
            progress(count + part.stop, 2 * count)
    scale = 2 / (count * k * (2 * count - 3 * k - 1))
    return 1 - scale * false, 1 - scale * lost


def density(places: Array) -> Array:
    """(n,) 0..1: how crowded the map is where each point lies, relative to its most crowded place."""
    from scipy.ndimage import gaussian_filter

    low, high = places.min(axis=0), places.max(axis=0)
    span = np.where(high > low, high - low, 1)
    cells = np.clip(((places - low) / span * CELLS).astype(int), 0, CELLS - 1)
    counts = np.zeros((CELLS, CELLS))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
    smooth = gaussian_filter(counts, 1.5, mode="constant")
    return np.asarray(smooth[cells[:, 0], cells[:, 1]] / smooth.max(), np.float32)


def overlap(one: Array, other: Array, seed: int) -> float:
    """Of a point's neighbours on one map, how many are its neighbours on another of the same points, on average."""
    asked = _sample(np.random.default_rng(seed), len(one), SAMPLE)
    k = min(NEIGHBOURS, len(one) - 1)
    first, second = (neighbours.of_rows(places, asked, k) for places in (one, other))
    return float(_common(first, second).mean(dtype=np.float64))


def _sample(random: np.random.Generator, count: int, most: int) -> Array:
    return np.arange(count) if count <= most else np.sort(random.choice(count, most, replace=False))


def _common(one: Array, other: Array) -> Array:
    """(n,): how many numbers each row of one shares with that row of the other."""
    return np.asarray((one[:, :, None] == other[:, None, :]).any(axis=2).sum(axis=1), np.float32)


def _excess(space: Array, part: slice, near: Array, k: int) -> float:
    """By how many ranks beyond k the given neighbours of these rows lie in this space, summed."""
    distances = neighbours.squared_distances(space[part], space)
    rows = np.arange(len(distances))
    distances[rows, np.arange(part.start, part.stop)] = -1  # itself, before all others
    theirs = np.take_along_axis(distances, near, axis=1)
    nearer = (np.count_nonzero(distances < column[:, None], axis=1) for column in theirs.T)  # itself counted: the rank
    return float(sum(np.maximum(rank - k, 0).sum() for rank in nearer))
