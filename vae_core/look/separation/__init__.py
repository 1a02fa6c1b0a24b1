"""Does it find my defects? Odd images against the usual ones, told apart by what the model makes of them.

    task = separation.begin(run, odd=("4",))
    task.result()["rows"]      by method and score: AUROC and average precision with intervals, the best first
    task.arrays()              the scores (rows, images), and which images are odd

The same is asked of principal components of the code's size and of raw pixels: who does no better than those has
learned nothing that matters here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset, Part
from vae_core.errors import LoupeError
from vae_core.look import evaluation
from vae_core.look.neighbours import spread
from vae_core.look.portable import Portable
from vae_core.look.separation import ranking, scoring
from vae_core.look.separation.ranking import Confusion as Confusion
from vae_core.look.separation.ranking import confusion as confusion
from vae_core.look.separation.scoring import MODEL as MODEL
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.spec.config import Config

KIND, VERSION = "separation", 1
KNOWN = 10_000  # training images that odd ones are held against


def begin(run: Run, odd: Sequence[str], owner: str = "") -> Task:
    """Which classes are the odd ones; the others are usual."""
    return tasks.begin(run, KIND, spec(odd), owner)


def spec(odd: Sequence[str]) -> dict[str, Any]:
    """What is asked of such a task."""
    return {"version": VERSION, "odd": sorted(odd)}


def left_out(config: Config, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes that the run was not trained on."""
    return tuple(name for name in classes if name not in config.classes) if config.classes else ()


def measure(task: Task, tell: Callable[[str, float, float], None]) -> None:
    """The worker of a task of this kind."""
    run, config = task.run, task.run.config()
    dataset = catalog.load(config.dataset, run.settings)
    evaluation.check(config, dataset)
    odd = odd_ones(dataset, task.spec["odd"])
    known = _known(config, dataset)
    found = list(scoring.scores(config, Portable.of(run), known.pixels, dataset.test.pixels,
                                lambda words, share: tell(words, share, 1.0)))  # fmt: skip
    rows = [
        {"method": score.method, "score": score.name, "meaning": score.meaning, **_told(score.values, odd)}
        for score in found
    ]
    order = sorted(range(len(rows)), key=lambda place: -float(rows[place]["auroc"]))
    among = None if known.labels is None else int(np.isin(known.labels, _labels(dataset, task.spec["odd"])).sum())
    result = {
        "version": VERSION, "odd": task.spec["odd"], "images": len(odd), "odd_images": int(odd.sum()),
        "known": len(known), "known_odd": among, "rows": [rows[place] for place in order],
        "fingerprint": dataset.fingerprint,
    }  # fmt: skip
    scores = np.stack([found[place].values for place in order]).astype(np.float32)
    task.save(result, {"scores": scores, "odd": odd})


def odd_ones(dataset: Dataset, odd: Sequence[str]) -> np.ndarray:
    """Which test images are odd, (n,) bool; refused where all are, or none."""
    if dataset.test.labels is None:
        raise LoupeError(f"The images of {dataset.name} have no labels",
                         "Which images are odd has to be known to say how well they are found",
                         "Add the data set with a folder or a column for each kind")  # fmt: skip
    found = np.isin(dataset.test.labels, _labels(dataset, odd))
    if not found.any() or found.all():
        which = "all" if found.any() else "none"
        raise LoupeError(f"Of the test images of {dataset.name}, {which} are of {', '.join(odd) or 'no class'}",
                         "Some odd and some usual images were expected", "Choose other classes")  # fmt: skip
    return found


def _labels(dataset: Dataset, odd: Sequence[str]) -> list[int]:
    unknown = [name for name in odd if name not in dataset.classes]
    if unknown:
        raise LoupeError(f"{dataset.name} has no class '{unknown[0]}'", f"Its classes are {', '.join(dataset.classes)}")
    return [dataset.classes.index(name) for name in odd]


def _known(config: Config, dataset: Dataset) -> Part:
    """Images that the run was trained on."""
    part = splits.split(dataset, seed=config.seed, split=config.split, train_size=config.train_size,
                        classes=config.classes)  # fmt: skip
    places = np.sort(part.train)
    return dataset.train.take(places[spread(len(places), KNOWN)])


def _told(scores: np.ndarray, odd: np.ndarray) -> dict[str, Any]:
    if not np.isfinite(scores).all():
        raise LoupeError("Some of the model's numbers are not finite", fix="Train it again with a lower rate")
    return asdict(ranking.quality(scores, odd))
