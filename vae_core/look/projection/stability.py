"""How much of a map is chance: the same projection again from other seeds, as a task of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from vae_core.data.dataset import Array
from vae_core.errors import LoupeError
from vae_core.look.projection import from_json, methods, quality, spec_of
from vae_core.look.projection.features import Activations
from vae_core.look.projection.prepared import prepare, shares_of_preparing
from vae_core.look.projection.stages import FIND, FORM, Stages, Tell
from vae_core.runs import tasks
from vae_core.runs.tasks import Task

KIND = "stability"
SEEDS = 3
MOST = 10_000  # images that the maps are made of


def begin(projection: Task, owner: str = "") -> Task:
    """The task that makes a projection's map SEEDS times. Its result: seeds, points, kept, neighbours and words."""
    spec = spec_of(projection)
    if spec.method == "pca":
        raise LoupeError("PCA gives the same map for every seed")
    few = replace(spec, count=min(spec.count or MOST, MOST))
    return tasks.begin(projection.run, KIND, {**few.to_json(), "seeds": SEEDS}, owner)


def work(task: Task, tell: Tell, activations: Activations | None = None) -> None:
    asked = task.spec
    seeds = [asked["seed"] + more for more in range(asked.pop("seeds"))]
    spec = from_json(asked)
    given = prepare(task.run, spec, activations, Stages(lambda *_: tell("Preparing", 0, 1), shares_of_preparing(spec)))
    places = []
    for number, seed in enumerate(seeds):
        stages = Stages(_within(tell, number, len(seeds)), [(FIND, 1), (FORM, 4)])
        places.append(methods.make(given.values, replace(spec, seed=seed), stages, _nobody).places[:, :2])
    near = min(quality.NEIGHBOURS, len(given.values) - 1)
    kept = float(np.mean([quality.overlap(one, other, spec.seed) for one, other in combinations(places, 2)]))
    words = (
        f"Of a point's {near} neighbours on one map, on average {kept:.1f} are among its {near} on a map from another "
        f"seed ({len(seeds)} maps of {len(given.values):,} images)."
    )
    task.save({"seeds": seeds, "points": len(given.values), "neighbours": near, "kept": kept, "words": words})


def _within(tell: Tell, number: int, count: int) -> Tell:
    def told(phase: str, done: float, total: float) -> None:
        tell(f"Map {number + 1} of {count}: {phase[0].lower()}{phase[1:]}", number + done / total, count)

    return told


def _nobody(places: Array) -> None:
    """Looks on."""
