"""From numbers to places: PCA, t-SNE or UMAP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look import neighbours
from vae_core.look.projection import Projection, pca, tsne, umap_layout
from vae_core.look.projection.live import Show
from vae_core.look.projection.stages import FIND, FORM, Stages

PER_PERPLEXITY = 3  # neighbours that t-SNE looks at, per unit of perplexity
FEWEST = 8  # points that t-SNE and UMAP can make sense of
MOST_WORK = 3e11  # multiply-adds of comparing every point with every other; above, the space is reduced first
REDUCED = 50  # dimensions to which it is


@dataclass(frozen=True)
class Made:
    places: Array  # (n, 2), or (n, components)
    engine: str
    spec: Projection  # as it was carried out
    notes: tuple[str, ...] = ()
    explained: tuple[float, ...] | None = None
    centre: Array | None = None
    axes: Array | None = None
    divergence: float | None = None  # t-SNE: what was made small, in nats
    near: Array | None = None  # (n, k): each point's neighbours in the original space, where they were found anyway


def make(values: Array, spec: Projection, stages: Stages, show: Show) -> Made:
    if spec.method == "pca":
        return _pca(values, spec, stages, show)
    reason = _not_worth_it(values)
    if reason:
        found = _pca(values, replace(spec, method="pca", components=2), stages, show)
        return Made(found.places, found.engine, spec, (reason,))
    values, reduced = _reduced(values, spec)
    made = {"tsne": _tsne, "umap": _umap}[spec.method](values, spec, stages, show)
    return replace(made, notes=(*made.notes, *reduced), near=None if reduced else made.near)


def _not_worth_it(values: Array) -> str:
    """Why these points are only laid out by PCA, if they are."""
    if len(values) < FEWEST:
        return f"{len(values)} points are too few for this method: they are laid out by PCA."
    if (values == values[0]).all():
        return "All images have the same numbers here, so all lie on one place."
    return ""


def _reduced(values: Array, spec: Projection) -> tuple[Array, tuple[str, ...]]:
    """Where comparing everything would take minutes: the first principal components."""
    count, dimensions = values.shape
    if dimensions <= REDUCED or float(count) ** 2 * dimensions <= MOST_WORK:
        return values, ()
    found = pca.components(values, REDUCED, spec.seed)
    kept = f"{found.explained.sum():.0%} of the variance"
    return found.places, (f"The {dimensions:,} dimensions were first reduced to {REDUCED} by PCA, which keep {kept}.",)


def _pca(values: Array, spec: Projection, stages: Stages, show: Show) -> Made:
    progress = stages.of(FORM)
    found = pca.components(values, spec.components, spec.seed)
    show(found.places)
    progress(1, 1)
    engine = "eigenvectors of the covariance" if found.exact else "randomised subspace iteration"
    explained = tuple(float(share) for share in found.explained)
    return Made(found.places, engine, spec, (), explained, found.centre, found.axes)


@dataclass(frozen=True)
class _Begun:
    """What t-SNE and UMAP begin with, and who looks on while the map forms."""

    near: Array  # (n, k)
    distances: Array
    start: Array
    moved: Callable[[int, int, Array], None]  # steps done, of, and the places


def _begin(values: Array, spec: Projection, k: int, stages: Stages, show: Show) -> _Begun:
    start = pca.components(values, 2, spec.seed).places
    show(start)
    near, distances = neighbours.search(values, np.arange(len(values)), k, progress=stages.of(FIND))
    form = stages.of(FORM)

    def moved(step: int, steps: int, places: Array) -> None:
        form(step, steps)
        show(places)

    return _Begun(near, distances, start, moved)


def _tsne(values: Array, spec: Projection, stages: Stages, show: Show) -> Made:
    count, total = len(values), tsne.EARLY + tsne.STEPS
    perplexity = min(spec.perplexity, (count - 1) / PER_PERPLEXITY)
    begun = _begin(values, spec, min(count - 1, int(PER_PERPLEXITY * perplexity)), stages, show)
    descent = tsne.Descent(begun.near, begun.distances, begun.start, perplexity, spec.seed)
    descent.go(total, spec.exaggeration, lambda step, places: begun.moved(step, total, places))
    made = replace(spec, perplexity=perplexity)
    notes = _lowered(spec, perplexity, count)
    return Made(descent.places, "openTSNE", made, notes, divergence=descent.divergence, near=begun.near)


def _lowered(spec: Projection, perplexity: float, count: int) -> tuple[str, ...]:
    if perplexity == spec.perplexity:
        return ()
    return (
        f"A perplexity of {spec.perplexity:g} needs {PER_PERPLEXITY * spec.perplexity + 1:,.0f} images; "
        f"for {count:,} it was lowered to {perplexity:.3g}.",
    )


def _umap(values: Array, spec: Projection, stages: Stages, show: Show) -> Made:
    neighbourhood = min(spec.neighbours, len(values))  # it counts the point itself
    begun = _begin(values, spec, neighbourhood - 1, stages, show)
    # of directions of length 1, half the square is 1 - cosine
    distances = begun.distances**2 / 2 if spec.metric == "cosine" else begun.distances
    tied = umap_layout.graph(begun.near, distances)
    places = umap_layout.lay_out(tied, begun.start, spec.min_dist, spec.seed, begun.moved)
    made = replace(spec, neighbours=neighbourhood)
    return Made(places, "umap-learn", made, _fewer(spec, neighbourhood), near=begun.near)


def _fewer(spec: Projection, taken: int) -> tuple[str, ...]:
    if taken == spec.neighbours:
        return ()
    return (f"There are only {taken:,} images, so {taken} instead of {spec.neighbours} neighbours were taken.",)
