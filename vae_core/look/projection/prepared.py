"""What a method is given: images, what the model makes of them, and the numbers to project."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_core.data import catalog
from vae_core.data.dataset import Array
from vae_core.errors import LoupeError
from vae_core.look.projection import Projection, images
from vae_core.look.projection.features import Activations, features, finite
from vae_core.look.projection.images import Chosen, Known
from vae_core.look.projection.stages import Stages
from vae_core.runs.store import Run

READ, ENCODE, FEATURES = "Reading the images", "Encoding", "Computing activations"


@dataclass(frozen=True)
class Prepared:
    chosen: Chosen
    known: Known
    values: Array  # (n, D) float32, all finite
    left_out: int  # images whose numbers were not
    classes: tuple[str, ...]


def shares_of_preparing(spec: Projection) -> list[tuple[str, float]]:
    """About how long each stage takes, for `Stages`."""
    encode, layer = 0.1 if spec.images == "test" else 0.5, 2.0 if spec.layer is not None else 0.0
    return [(READ, 0.2), (ENCODE, encode), (FEATURES, layer)]


def prepare(run: Run, spec: Projection, activations: Activations | None, stages: Stages) -> Prepared:
    stages.of(READ)
    dataset = catalog.load(run.data_name(), run.settings)
    chosen = images.choose(dataset, spec)
    known = images.known(run, dataset, chosen, stages.of(ENCODE))
    values = features(run, spec, chosen, known, activations, stages.of(FEATURES))
    good = finite(values, known)
    if not len(good):
        raise LoupeError(
            f"None of the {len(chosen):,} images has numbers that can be drawn",
            "Finite numbers were expected",
            "Train the run again with a lower rate",
        )
    left_out = len(chosen) - len(good)
    if left_out:
        chosen, known, values = chosen.take(good), known.take(good), values[good]
    return Prepared(chosen, known, _directions(values) if spec.by_direction else values, left_out, dataset.classes)


def arrays_of(given: Prepared) -> dict[str, Array]:
    chosen, known = given.chosen, given.known
    arrays = {"image": chosen.image, "half": chosen.half, "codes": known.codes, "loss": known.loss, "kl": known.kl}
    return {**arrays, **labels_of(chosen)}


def labels_of(chosen: Chosen) -> dict[str, Array]:
    return {} if chosen.part.labels is None else {"labels": chosen.part.labels}


def _directions(values: Array) -> Array:
    """Of length 1, whose distances are in the order of their angles. Zero has none and stays."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.where(lengths > 0, lengths, 1))
