"""From numbers to places: PCA, t-SNE or UMAP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vae_core.data.dataset import Array
from vae_core.look.projection import Projection
from vae_core.look.projections import pca
from vae_core.look.projections.stages import Progress

Show = Callable[[Array], None]  # the places so far


@dataclass(frozen=True)
class Made:
    places: Array  # (n, 2), or (n, components)
    engine: str
    spec: Projection  # as it was carried out
    notes: tuple[str, ...] = ()
    explained: tuple[float, ...] | None = None
    centre: Array | None = None
    axes: Array | None = None


def make(values: Array, spec: Projection, progress: Progress, show: Show) -> Made:
    return _pca(values, spec, progress, show)


def _pca(values: Array, spec: Projection, progress: Progress, show: Show) -> Made:
    found = pca.components(values, spec.components, spec.seed)
    show(found.places)
    progress(1, 1)
    engine = "eigenvectors of the covariance" if found.exact else "randomised subspace iteration"
    explained = tuple(float(share) for share in found.explained)
    return Made(found.places, engine, spec, (), explained, found.centre, found.axes)
