"""Further images on a finished map, which stays as it is: as a task, or a few at once by their numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vae_core.data.dataset import Array
from vae_core.errors import LoupeError
from vae_core.look import neighbours
from vae_core.look.projection import Map, Projection, from_json, read, spec_of
from vae_core.look.projection.features import Activations
from vae_core.look.projection.prepared import arrays_of, prepare, shares_of_preparing
from vae_core.look.projection.stages import FIND, Stages, Tell
from vae_core.runs import tasks
from vae_core.runs.tasks import Task

KIND = "placing"
NEAR = 15  # neighbours that say where a new point begins
STEPS, RATE, PULL, STEEPEST = 250, 0.1, 1.5, 0.25  # of t-SNE's descent for new points, as openTSNE advises
PERPLEXITY = 5.0
PER_PERPLEXITY = 3


def begin(projection: Task, images: str, count: int = 0, owner: str = "") -> Task:
    """The task that puts further images on a finished projection's map.

    Its arrays are called as a projection's: places, image, half, codes, loss, kl, labels."""
    base = spec_of(projection)
    wanted = replace(base, images=images, count=count)
    return tasks.begin(projection.run, KIND, {"map": projection.path.name, **wanted.to_json()}, owner)


def work(task: Task, tell: Tell, activations: Activations | None = None) -> None:
    asked = task.spec
    base = tasks.find(task.run, asked.pop("map"))
    spec, found = from_json(asked), read(base)
    shares = [*shares_of_preparing(spec), (FIND, 3.0)]
    known = prepare(task.run, spec_of(base), activations, Stages(lambda *_: tell("Reading the map", 0, 1), shares))
    stages = Stages(tell, shares)
    new = prepare(task.run, spec, activations, stages)
    progress = stages.of(FIND)
    places = place(found, known.values, new.values)
    progress(1, 1)
    result = {"map": base.path.name, "spec": spec.to_json(), "points": len(places), "left_out": new.left_out}
    task.save(result, {"places": places, **arrays_of(new)})


def place(found: Map, known: Array, new: Array) -> Array:
    """(m, 2), PCA (m, components): where new rows belong on a map of the rows `known`. It takes no TensorFlow."""
    if known.shape[1] != new.shape[1] or len(known) != len(found.places):
        raise LoupeError(
            "These numbers are not of the kind that the map was made of",
            f"{known.shape[1]} numbers a row were expected",
        )
    if found.centre is not None and found.axes is not None:
        return np.asarray((new - found.centre) @ found.axes.T, np.float32)
    k = min(len(known), max(NEAR, int(PER_PERPLEXITY * PERPLEXITY)))
    near, distances = neighbours.search_among(known, new, k)
    start = between(found.places[near[:, :NEAR]], distances[:, :NEAR])
    if found.spec.method != "tsne" or len(known) <= k:
        return start
    return _descended(found.spec, found.places, near, distances, start)


def between(places: Array, distances: Array) -> Array:
    """(m, 2): the mean of the neighbours' places (m, k, 2), the nearer ones counting more; on one that is equal."""
    least = np.maximum(distances[:, :1], 1e-12)
    weights = (least / np.maximum(distances, least)) ** 2
    weights = np.where(distances[:, :1] <= 0, distances <= 0, weights)
    return np.asarray((weights[:, :, None] * places).sum(axis=1) / weights.sum(axis=1, keepdims=True), np.float32)


def _descended(spec: Projection, places: Array, near: Array, distances: Array, start: Array) -> Array:
    """openTSNE's descent of new points among the old ones, which do not move."""
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import Affinities, joint_probabilities_nn
    from openTSNE.tsne import PartialTSNEEmbedding
    from scipy.sparse import csr_matrix

    none = Affinities()
    none.P = csr_matrix((len(places), len(places)))  # the old points stay, so nothing ties them
    old = TSNEEmbedding(places.astype(np.float64), none, negative_gradient_method="bh", n_jobs=-1)
    ties = joint_probabilities_nn(
        near, distances, [PERPLEXITY], symmetrize=False, normalization="point-wise", n_reference_samples=len(places)
    )
    moving = PartialTSNEEmbedding(start.astype(np.float64), old, P=ties, **old.gradient_descent_params)
    moved = moving.optimize(
        STEPS, learning_rate=RATE, exaggeration=PULL, momentum=0.8, max_grad_norm=STEEPEST, max_step_norm=None
    )
    return np.asarray(moved, np.float32)
