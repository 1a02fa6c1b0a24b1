"""A first map of a few of many points, which moves while the neighbours of all are still being searched."""

from __future__ import annotations

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look import neighbours
from vae_core.look.projection import Projection
from vae_core.look.projections import tsne
from vae_core.look.projections.live import Show

MANY = 20_000  # points from which the search takes seconds
POINTS = 2000
PERPLEXITY = 15.0
STEPS = 20  # at a time


class Preview:
    """Nothing where the points are few: all of them move soon enough."""

    def __init__(self, values: Array, start: Array, spec: Projection, show: Show) -> None:
        self._of = neighbours.spread(len(values), POINTS)
        self._show = show
        self._descent: tsne.Descent | None = None
        if len(values) >= MANY:
            perplexity = min(spec.perplexity, PERPLEXITY)
            near, distances = neighbours.search(values[self._of], np.arange(len(self._of)), int(3 * perplexity))
            self._descent = tsne.Descent(near, distances, start[self._of], perplexity, spec.seed)

    def go(self) -> None:
        if self._descent and self._descent.step < tsne.EARLY + tsne.STEPS:
            self._descent.go(STEPS, after=lambda step, places: self._show(places, self._of))
