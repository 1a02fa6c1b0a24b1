"""The work of a projection's task. What its result says:

title, words            what was done, as a heading and as a sentence
spec                    as it was carried out: a perplexity may have been lowered
points, left_out        images on the map; images whose numbers are not finite
dimensions              of the space that was projected
seconds                 of the method alone, the measures left out
engine                  the program that made the map
divergence              t-SNE: what it makes small, in nats; lower is better for equal perplexities; else None
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

import numpy as np

from vae_core.data.dataset import Array
from vae_core.look.projection import Projection, check, images, methods, quality, sentences, spec_of
from vae_core.look.projection.features import Activations
from vae_core.look.projection.live import Live
from vae_core.look.projection.methods import Made
from vae_core.look.projection.prepared import Prepared, arrays_of, labels_of, prepare, shares_of_preparing
from vae_core.look.projection.stages import FIND, FORM, Stages, Tell
from vae_core.runs.tasks import Task

MEASURE = "Measuring the map"
SHARES = {"pca": (0, 1, 3), "tsne": (2, 8, 2), "umap": (3, 6, 2)}  # finding, forming, measuring; beside the rest


def work(task: Task, tell: Tell, activations: Activations | None = None) -> None:
    """`activations` computes a layer's; whoever has no TensorFlow can leave it out."""
    run, spec = task.run, spec_of(task)
    check(run, spec)
    stages = _stages(spec, tell)
    given = prepare(run, spec, activations, stages)
    chosen = given.chosen
    live = Live(task, {"image": chosen.image, "half": chosen.half, **labels_of(chosen)})
    began = time.monotonic()
    made = methods.make(given.values, spec, stages, live)
    seconds = time.monotonic() - began
    labels, places = chosen.part.labels, made.places[:, :2]
    found = quality.measure(given.values, places, labels, spec.seed, stages.of(MEASURE), made.near)
    columns, arrays = images.described_columns(chosen.part)
    told = sentences.told(spec, made, found.summary, given)
    more = {"seconds": seconds, "columns": columns, "classes": given.classes}
    task.save({**told, **more}, {**_arrays(given, made, found.kept), **arrays})


def _stages(spec: Projection, tell: Tell) -> Stages:
    find, form, measure = SHARES[spec.method]
    return Stages(tell, [*shares_of_preparing(spec), (FIND, find), (FORM, form), (MEASURE, measure)])


def _arrays(given: Prepared, made: Made, kept: Array) -> dict[str, Array]:
    arrays: dict[str, Array] = {
        "places": made.places.astype(np.float32),
        "density": quality.density(made.places[:, :2]),
        "quality": kept,
        **arrays_of(given),
    }
    if made.axes is not None and made.centre is not None:
        arrays |= {"centre": made.centre, "axes": made.axes}
    return arrays
