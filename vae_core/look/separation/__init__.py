"""Does it find my defects? Odd images against the usual ones, told apart by what the model makes of them.

    task = separation.begin(run, odd=("4",))
    task.result()["rows"]      by method and score: AUROC and average precision with intervals, the chosen one first
    task.arrays()              the scores (rows, images), which images are odd, and the scores of held-out usual ones
    separation.line(held, 0.05)    from where on an image is called odd, so that 5 in 100 usual ones are by mistake

The score is chosen, and the line set, by images that were held out of the training; the test images only report.
The same is asked of principal components of the code's size and of raw pixels: who does no better than those has
learned nothing that matters here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from vae_core.checked import Json
from vae_core.data import catalog
from vae_core.data.dataset import Dataset
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import evaluation
from vae_core.look.portable import Portable
from vae_core.look.separation import held, ranking, scoring
from vae_core.look.separation.ranking import Confusion as Confusion
from vae_core.look.separation.ranking import confusion as confusion
from vae_core.look.separation.ranking import least as least
from vae_core.look.separation.ranking import line as line
from vae_core.look.separation.scoring import MODEL as MODEL
from vae_core.look.separation.scoring import RECONSTRUCTION, Score
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

KIND, VERSION = "separation", 2  # before, the test images chose the score and set the line


def begin(run: Run, odd: Sequence[str], owner: str = "") -> Task:
    """Begin the task for a choice of odd classes; the others are usual."""
    return tasks.begin(run, KIND, spec(odd), owner)


def spec(odd: Sequence[str]) -> dict[str, Json]:
    """What is asked of such a task."""
    return {"version": VERSION, "odd": sorted(odd)}


def left_out(config: Config, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes that the run was not trained on."""
    return tuple(name for name in classes if name not in config.classes) if config.classes else ()


def measure(task: Task, tell: Callable[[str, float, float], None]) -> None:
    """The worker of a task of this kind. The test images are scored once, and choose nothing."""
    run, config, asked = task.run, task.run.config(), task.spec["odd"]
    dataset = catalog.load(run.data_name(), run.settings)
    evaluation.check(config, dataset)
    odd_ones(dataset, asked)
    part = held.images(config, dataset, _labels(dataset, asked))
    known, pixels = dataset.train.pixels[part.known], _pixels(dataset, part)
    scores = scoring.scores(config, Portable.of(run), known, pixels, lambda words, share: tell(words, share, 1.0))
    found = [(_row(score, part), score.values) for score in scores]
    chosen = _chosen([row for row, _ in found], part.chooses)
    order = sorted(range(len(found)), key=lambda place: (place != chosen, -(found[place][0]["held_auroc"] or 0)))
    rows = [found[place][0] for place in order]
    result = {"version": VERSION, "odd": asked, **part.to_json(), "rows": rows, "fingerprint": dataset.fingerprint}
    values = np.stack([found[place][1] for place in order]).astype(np.float32)
    arrays = {"scores": values[:, part.aside :], "held": values[:, : len(part.usual)]}
    task.save(result, {**arrays, "odd": part.is_odd, "places": part.asked})


def _pixels(dataset: Dataset, part: held.Images) -> np.ndarray:
    """Held-out usual images, odd ones, then the test images that are asked."""
    source = dataset.test.pixels if part.from_test else dataset.train.pixels
    return np.concatenate([source[part.usual], source[part.odd], dataset.test.pixels[part.asked]])


def _row(score: Score, part: held.Images) -> dict[str, Any]:
    if not np.isfinite(score.values).all():
        raise LoupeError("Some of the model's numbers are not finite", fix="Train it again with a lower rate")
    aside, asked = score.values[: part.aside], score.values[part.aside :]
    held_auroc = ranking.auroc(aside, np.arange(len(aside)) >= len(part.usual)) if part.chooses else None
    found = {"method": score.method, "score": score.name, "meaning": score.meaning, "held_auroc": held_auroc}
    return {**found, **asdict(ranking.quality(asked, part.is_odd))}


def _chosen(rows: Sequence[dict[str, Any]], chooses: bool) -> int:
    """Of the model's own scores the one that tells held-out images apart best; without any, its reconstruction."""
    own = [place for place, row in enumerate(rows) if row["method"] == MODEL]
    if chooses:
        return max(own, key=lambda place: float(rows[place]["held_auroc"]))
    return next(place for place in own if rows[place]["score"] == RECONSTRUCTION)


def odd_ones(dataset: Dataset, odd: Sequence[str]) -> np.ndarray:
    """Which test images are odd, (n,) bool; refused where all are, or none."""
    if dataset.test.labels is None:
        raise LoupeError(
            f"The images of {dataset.name} have no labels",
            "Which images are odd has to be known to say how well they are found",
            "Add the data set with a folder or a column for each kind",
        )
    found = np.isin(dataset.test.labels, _labels(dataset, odd))
    if not found.any() or found.all():
        which = "all" if found.any() else "none"
        raise LoupeError(
            f"Of the test images of {dataset.name}, {which} are of {', '.join(odd) or 'no class'}",
            "Some odd and some usual images were expected",
            "Choose other classes",
        )
    return found


def _labels(dataset: Dataset, odd: Sequence[str]) -> list[int]:
    unknown = [name for name in odd if name not in dataset.classes]
    if unknown:
        raise LoupeError(f"{dataset.name} has no class '{unknown[0]}'", f"Its classes are {', '.join(dataset.classes)}")
    return [dataset.classes.index(name) for name in odd]
