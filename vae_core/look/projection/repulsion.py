"""How points on a map push each other apart in t-SNE, through a grid: the sums over all pairs become convolutions.

Every point hands its share to the 4 x 4 nodes around it (cubic interpolation), the nodes are convolved by fast Fourier
transforms with the three kernels that are needed, and every point reads its sums from its nodes again. That is the
idea of FIt-SNE; here one transform goes there and three come back, in real numbers, and the kernels' own are kept for
as long as the grid stays.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look.rows import chunks

STEP = 0.4  # between nodes, on a map where neighbours are about 1 apart
LEAST_NODES = 64  # along the wider side; a small map has a finer grid
AROUND = 4  # nodes along each axis that a point lies between
MARGIN = AROUND  # nodes beyond the outermost point
BLOCK = 4096  # points that one thread takes at once; what they need stays in the processor's cache
LEAST = 1e-12  # that the sum over all pairs can be, where all points are far from each other
Nodes = tuple[Array, Array]  # numbers (points, 16) of nodes, and the shares of a point in each


class Repulsion:
    """Keeps what can be used again for the next step of the same map."""

    def __init__(self, pool: ThreadPoolExecutor, threads: int) -> None:
        self._pool = pool
        self._threads = threads
        self._kept: tuple[tuple[float, int], Array] | None = None  # spacing and size, the kernels' transforms

    def __call__(self, places: Array) -> tuple[Array, float]:
        """(n, 2): the sum over all others of (y_i - y_j) / (1 + d²)², and the sum of 1 / (1 + d²) over all pairs."""
        low, span = places.min(axis=0), float(np.ptp(places, axis=0).max())
        step = min(STEP, max(span, 1e-12) / LEAST_NODES)
        side = int(span / step) + 2 * MARGIN
        size = _fast(2 * side)
        parts = list(chunks(len(places), BLOCK))
        nodes = list(self._pool.map(lambda part: _nodes((places[part] - low) / step + MARGIN / 2, side), parts))
        sums = self._convolved(_spread(nodes, side), side, size, step)
        found = np.concatenate(list(self._pool.map(lambda each: _read(sums, each), nodes))).astype(np.float64)
        alone = sum(self._pool.map(lambda each: _alone(each, step), nodes))
        return found[:, 1:], max(float(found[:, 0].sum() - alone), LEAST)

    def _convolved(self, shares: Array, side: int, size: int, step: float) -> Array:
        """(nodes, 3): what the shares of all points sum up to at each node, by kernel."""
        from scipy import fft

        if self._kept is None or self._kept[0] != (step, size):
            self._kept = (step, size), fft.rfft2(_kernels(step, size), workers=self._threads)
        there = fft.rfft2(shares, (size, size), workers=self._threads)
        back = fft.irfft2(self._kept[1] * there, (size, size), workers=self._threads)
        return np.ascontiguousarray(back[:, :side, :side].reshape(3, -1).T)


def _fast(size: int) -> int:
    from scipy import fft

    return int(fft.next_fast_len(size, real=True))


def _kernels(step: float, size: int) -> Array:
    """(3, size, size): 1 / (1 + d²), and the two parts of difference / (1 + d²)², by the difference of two nodes."""
    numbers = np.arange(size)
    along = np.where(numbers > size // 2, numbers - size, numbers) * step
    first, second = along[:, None], along[None, :]
    near = 1 / (1 + first**2 + second**2)
    return np.stack([near, first * near**2, second * near**2]).astype(np.float32)


def _nodes(places: Array, side: int) -> Nodes:
    """The nodes around points that are given in units of the grid."""
    corner = places.astype(np.int32)
    (rows, columns) = (_shares((places[:, axis] - corner[:, axis]).astype(np.float32)) for axis in (0, 1))
    offsets = np.arange(AROUND) - 1
    first = (corner[:, 0, None] + offsets) * side
    second = corner[:, 1, None] + offsets
    numbers = (first[:, :, None] + second[:, None, :]).reshape(len(places), -1)
    return numbers, (rows[:, :, None] * columns[:, None, :]).reshape(len(places), -1)


def _shares(x: Array) -> Array:
    """(points, 4): Lagrange's cubic through the nodes at -1, 0, 1 and 2, for x in 0..1."""
    a, b, c = x + 1, x - 1, x - 2
    return np.stack([x * b * c / -6, a * b * c / 2, a * x * c / -2, a * x * b / 6], axis=1)


def _spread(nodes: list[Nodes], side: int) -> Array:
    total = np.zeros(side * side)
    for numbers, shares in nodes:
        total += np.bincount(numbers.ravel(), shares.ravel(), side * side)
    return total.reshape(side, side).astype(np.float32)


def _read(sums: Array, nodes: Nodes) -> Array:
    numbers, shares = nodes
    return np.einsum("nk,nkc->nc", shares, sums[numbers])


def _alone(nodes: Nodes, step: float) -> float:
    """What the points count as their own neighbours, through the grid: not quite 1 each."""
    rows, columns = np.divmod(np.arange(AROUND**2), AROUND)
    apart = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    _, shares = nodes
    return float(((shares @ (1 / (1 + apart * step**2))) * shares).sum(dtype=np.float64))
