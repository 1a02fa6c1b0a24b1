"""Which known images lie nearest to a place, or to one another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Progress = Callable[[float, float], None]
CHUNK = 65_536  # codes that are compared at once
ROWS = 2048  # whose neighbours are searched at once
FEW_DIMENSIONS = 4  # up to so many a tree finds neighbours faster than comparing everything


def nearest(codes: np.ndarray, place: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` codes nearest to a place, the nearest first: their numbers and distances. NaN is near to nothing."""
    distances = np.concatenate(
        [np.linalg.norm(codes[start : start + CHUNK] - place, axis=1) for start in range(0, len(codes), CHUNK)]
        or [np.empty(0)]
    )
    finite = np.flatnonzero(np.isfinite(distances))
    found = distances[finite]
    few = np.argpartition(found, count - 1)[:count] if count < len(found) else np.arange(len(found))
    few = few[np.argsort(found[few], kind="stable")]
    return finite[few], found[few]


def nearest_images(pixels: np.ndarray, image: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same by pixels (uint8): Euclidean distances of pixels in 0..1, summed over rows, columns and channels."""
    place = image.reshape(-1).astype(np.float32) / 255
    rows = pixels.reshape(len(pixels), -1)
    chunk = max(1, CHUNK * 16 // max(1, rows.shape[1]))
    parts = [rows[start : start + chunk].astype(np.float32) / 255 for start in range(0, len(rows), chunk)]
    distances = np.concatenate([np.linalg.norm(part - place, axis=1) for part in parts] or [np.empty(0)])
    found, _ = nearest(distances[:, None], np.zeros(1), count)
    return found, distances[found]


def of_rows(space: np.ndarray, asked: np.ndarray, count: int) -> np.ndarray:
    """(asked, count): the numbers of the rows nearest to each asked row, itself left out, the nearest first."""
    found, _ = search(space, asked, count)
    return found


def search(
    space: np.ndarray, asked: np.ndarray, count: int, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The same with their distances. Exact; of equally near ones, any."""
    found, distances = search_among(space, space[asked], count + 1, progress)
    is_self = found == asked[:, None]
    is_self[~is_self.any(axis=1), -1] = True  # among many copies of itself it may be missing: the last goes then
    others = np.nonzero(~is_self)[1].reshape(len(asked), -1)
    return np.take_along_axis(found, others, axis=1), np.take_along_axis(distances, others, axis=1)


def search_among(
    space: np.ndarray, rows: np.ndarray, count: int, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(rows, count): the numbers of the nearest in `space` of other rows, the nearest first, and their distances."""
    find = _finder(space, count)
    parts = []
    for start in range(0, len(rows), ROWS):
        parts.append(find(rows[start : start + ROWS]))
        if progress:
            progress(min(start + ROWS, len(rows)), len(rows))
    return np.concatenate([found for _, found in parts]), np.concatenate([distances for distances, _ in parts])


def _finder(space: np.ndarray, count: int) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """What finds the nearest of given rows: distances and numbers."""
    if space.shape[1] > FEW_DIMENSIONS:
        from sklearn.neighbors import NearestNeighbors

        index = NearestNeighbors(algorithm="brute", n_jobs=-1).fit(space)
        return lambda rows: index.kneighbors(rows, n_neighbors=count)
    from scipy.spatial import KDTree  # it loads in a third of the time, and every training ends with it

    tree = KDTree(space)
    return lambda rows: tree.query(rows, np.arange(1, count + 1), workers=-1)


def most_common(labels: np.ndarray, near: np.ndarray) -> np.ndarray:
    """(rows,): the label that most of each row's neighbours have; of equally common ones the first."""
    kinds, which = np.unique(labels, return_inverse=True)
    votes = np.zeros((len(near), len(kinds)), np.int32)
    for column in which[near].T:
        votes[np.arange(len(near)), column] += 1
    return np.asarray(kinds[votes.argmax(axis=1)])


def squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(rows, others) float32, at least 0."""
    squares = [np.einsum("ij,ij->i", each, each) for each in (rows, others)]
    found = rows @ others.T
    found *= -2
    found += squares[0][:, None]
    found += squares[1][None, :]
    return np.maximum(found, 0, out=found)
