"""The work of a projection's task. What its result says:

title, words            what was done, as a heading and as a sentence
spec                    as it was carried out: a perplexity may have been lowered
points, left_out        images on the map; images whose numbers are not finite
dimensions              of the space that was projected
seconds                 of the method alone, the measures left out
engine                  the program that made the map
explained               PCA: shares of the variance, a number a component; else None
walk                    what leads from a place to a code: "plane" (codes = centre + places @ axes), "pixels"
                        (the same gives PCA's own reconstruction, pixels in 0..1), "neighbours" (their codes)
quality                 see quality.py: neighbours, kept, asked, trustworthiness, continuity, sample, knn_map,
                        knn_original; None where it makes no sense
honesty                 sentences that belong beside the map
notes                   sentences on what was repaired, left out or should be known
columns                 of the manifest: {"name", "kind": "number" | "words", "words", "array"}
classes                 the names of the labels
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from vae_core.data import catalog
from vae_core.data.dataset import Array, Dataset
from vae_core.errors import LoupeError
from vae_core.look.projection import Projection, check, spec_of
from vae_core.look.projections import images, methods, quality, words
from vae_core.look.projections.features import Activations, features, finite
from vae_core.look.projections.images import Chosen, Known
from vae_core.look.projections.live import Live
from vae_core.look.projections.methods import Made
from vae_core.look.projections.stages import Stages, Tell
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

READ, ENCODE, FEATURES, FORM, MEASURE = (
    "Reading the images", "Encoding", "Computing activations", "Forming the map", "Measuring the map",
)  # fmt: skip
SHARES = {"pca": (1, 3), "tsne": (8, 2), "umap": (6, 2)}  # of forming and of measuring, beside the rest


def work(task: Task, tell: Tell, activations: Activations | None = None) -> None:
    """`activations` computes a layer's; whoever has no TensorFlow can leave it out."""
    run, spec = task.run, spec_of(task)
    check(run, spec)
    stages = _stages(spec, tell)
    stages.of(READ)
    dataset = catalog.load(run.config().dataset, run.settings)
    chosen, known, values, left_out = _prepared(run, dataset, spec, activations, stages)
    live = Live(task, {"image": chosen.image, "half": chosen.half, **_labels(chosen)})
    began = time.monotonic()
    made = methods.make(values, spec, stages.of(FORM), live)
    seconds = time.monotonic() - began
    found = quality.measure(values, made.places[:, :2], chosen.part.labels, spec.seed, stages.of(MEASURE))
    columns, arrays = images.described_columns(chosen.part)
    told = words.told(spec, made, found.summary, len(chosen), left_out, values.shape[1])
    more = {"seconds": seconds, "columns": columns, "classes": dataset.classes}
    task.save({**told, **more}, {**_arrays(chosen, known, made, found.kept), **arrays})


def _stages(spec: Projection, tell: Tell) -> Stages:
    form, measure = SHARES[spec.method]
    encode, layer = 0.1 if spec.images == "test" else 2.0, 2.0 if spec.layer is not None else 0.0
    return Stages(tell, [(READ, 0.2), (ENCODE, encode), (FEATURES, layer), (FORM, form), (MEASURE, measure)])


def _prepared(
    run: Run, dataset: Dataset, spec: Projection, activations: Activations | None, stages: Stages
) -> tuple[Chosen, Known, Array, int]:
    """The images, what the model makes of them, and the numbers to project; and how many images were left out."""
    chosen = images.choose(dataset, spec)
    known = images.known(run, dataset, chosen, stages.of(ENCODE))
    values = features(run, spec, chosen, known, activations, stages.of(FEATURES))
    good = finite(values, known)
    if not len(good):
        raise LoupeError(f"None of the {len(chosen):,} images has numbers that can be drawn",
                         "Finite numbers were expected", "Train the run again with a lower rate")  # fmt: skip
    left_out = len(chosen) - len(good)
    if left_out:
        chosen, known, values = chosen.take(good), known.take(good), values[good]
    return chosen, known, values, left_out


def _arrays(chosen: Chosen, known: Known, made: Made, kept: Array) -> dict[str, Array]:
    arrays: dict[str, Any] = {
        "places": made.places.astype(np.float32), "image": chosen.image, "half": chosen.half, "codes": known.codes,
        "loss": known.loss, "kl": known.kl, "density": quality.density(made.places[:, :2]), "quality": kept,
    }  # fmt: skip
    exact = {} if made.axes is None else {"centre": made.centre, "axes": made.axes}
    return {**arrays, **exact, **_labels(chosen)}


def _labels(chosen: Chosen) -> dict[str, Array]:
    return {} if chosen.part.labels is None else {"labels": chosen.part.labels}
