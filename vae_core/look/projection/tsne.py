"""t-SNE: openTSNE's affinities and descent, with this program's own grid for what pushes points apart.

openTSNE's grid transforms complex numbers on one thread, five times as many of them: from 10,000 points on, that took
nine tenths of its time. See repulsion.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look.projection.repulsion import Repulsion
from vae_core.look.rows import chunks

EARLY, STEPS = 250, 500  # steps with exaggerated attraction, which untangle the map, and steps after them
EARLY_EXAGGERATION = 12.0
MOMENTA = (0.5, 0.8)
START = 1e-4  # standard deviation of the first places
SHAKEN = 0.01  # by how much of that the first places are shaken, so that equal images come apart
MOST_THREADS = 8
BLOCK = 4096  # points that one thread takes at once
After = Callable[[int, Array], None]  # the step that was made, of EARLY + STEPS, and the places


class Descent:
    """A map on its way. `near` and `distances` (n, k) are each point's neighbours in the original space."""

    def __init__(self, near: Array, distances: Array, start: Array, perplexity: float, seed: int) -> None:
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN
        from openTSNE.nearest_neighbors import PrecomputedNeighbors

        self._threads = min(MOST_THREADS, os.cpu_count() or 1)
        self._pool = ThreadPoolExecutor(self._threads)
        self._repulsion = Repulsion(self._pool, self._threads)
        index = PrecomputedNeighbors(near, distances)
        affinities = PerplexityBasedNN(knn_index=index, perplexity=perplexity, n_jobs=self._threads)
        first = first_places(start, seed)
        self._map = TSNEEmbedding(first, affinities, negative_gradient_method=self._gradient, n_jobs=self._threads)
        self._after: After | None = None
        self.step = 0

    @property
    def places(self) -> Array:
        return np.array(self._map, np.float32)

    @property
    def divergence(self) -> float:
        """Kullback and Leibler's, in nats, between who is near whom there and here: what the descent makes small."""
        return float(self._map.kl_divergence)

    def go(self, steps: int, exaggeration: float = 1.0, after: After | None = None) -> None:
        """So many further steps, of which the first EARLY ones exaggerate more."""
        self._after = after
        early = max(0, min(steps, EARLY - self.step))
        for count, much, momentum in (
            (early, EARLY_EXAGGERATION, MOMENTA[0]),
            (steps - early, exaggeration, MOMENTA[1]),
        ):
            if count:
                self._map.optimize(count, inplace=True, exaggeration=much, momentum=momentum)

    def _gradient(self, places: Any, affinities: Any, should_eval_error: bool = False, **_: Any) -> tuple[float, Array]:
        """What openTSNE asks for at each step: the error where it is wanted, and the gradient."""
        here = np.asarray(places)
        gradient, sums, errors = self._pulled(here, affinities, should_eval_error)
        pushed, total = self._repulsion(here)
        gradient -= pushed / max(total, 1e-300)
        if not should_eval_error:
            self.step += 1
            if self._after:
                self._after(self.step, places)
        return float(errors + sums * np.log(total + 1e-300)), gradient

    def _pulled(self, here: Array, affinities: Any, errors: bool) -> tuple[Array, float, float]:
        """What pulls points together, the sum of the affinities, and the error where it is wanted."""
        from openTSNE._tsne import estimate_positive_gradient_nn  # tests/test_foreign_insides.py says why

        gradient = np.zeros(here.shape)
        options = {"dof": 1, "num_threads": 1, "should_eval_error": errors}

        def pull(part: slice) -> tuple[float, float]:
            """Rows on a thread of their own: OpenMP's threads wait for each other where a processor is shared."""
            ends = affinities.indptr[part.start : part.stop + 1]
            near = affinities.indices, ends, affinities.data
            return estimate_positive_gradient_nn(*near, here[part], here, gradient[part], **options)

        sums, wrong = (sum(each) for each in zip(*self._pool.map(pull, chunks(len(here), BLOCK))))
        return gradient, sums, wrong


def first_places(start: Array, seed: int) -> Array:
    """Small, so that the first steps can move everything; slightly shaken."""
    scale = start[:, 0].std()
    calm = start[:, :2].astype(np.float64) / (scale if scale > 0 else 1.0)
    return START * (calm + SHAKEN * np.random.default_rng(seed).standard_normal(calm.shape))
