"""Every number that an expert asks of a model, measured once in a task of kind "evaluation".

    task = metrics.begin(run)
    jobs.start(settings, task, command=tasks.COMMAND)
    task.result()["metrics"]       a list: name, label, value, unit, better, meaning, and maybe interval and of
    task.result()["missing"]       what could not be measured, and why

`measure` takes the classifier of the data set from who calls it, for that needs TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset
from vae_core.look import evaluation
from vae_core.look.metrics import classes, denoising, factors, information, likelihood, maps, pictures, samples, subject
from vae_core.look.metrics.entry import Entry, Found, Missing, Tell
from vae_core.look.metrics.subject import Judge, Subject
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

KIND, VERSION = "evaluation", 2  # before, fewer training images were asked for a class than elsewhere
SPEC = {"version": VERSION}
Part = Callable[[Subject, Tell], Iterator[Found]]
PARTS: tuple[tuple[str, float, Part], ...] = (  # in words, its share of the time, what does it
    ("Comparing pictures", 10, pictures.measure),
    ("Weighing the code", 5, information.measure),
    ("Asking for classes", 10, classes.measure),
    ("Comparing neighbours", 5, maps.measure),
    ("Telling factors apart", 5, factors.measure),
    ("Taking off noise", 5, denoising.measure),
    ("Summing up probabilities", 20, likelihood.measure),
    ("Looking at samples", 25, samples.measure),
)
CODING = 20.0  # share of encoding and decoding, before all parts
TOTAL = CODING + sum(share for _, share, _ in PARTS)


def begin(run: Run, owner: str = "") -> Task:
    return tasks.begin(run, KIND, SPEC, owner)


def finished(run: Run) -> Task | None:
    """The run's metrics, where they have been measured."""
    return tasks.finished(run, KIND, SPEC)


def measure(
    task: Task, tell: Callable[[str, float, float], None], judge: Callable[[Dataset], Judge | str]
) -> dict[str, Any]:
    """All that a task of this kind finds."""
    run, config = task.run, task.run.config()
    dataset = catalog.load(run.data_name(), run.settings)
    evaluation.check(config, dataset)
    own = splits.only(dataset, config.classes)

    def coded(done: int, of: int) -> None:
        tell("Encoding and decoding", CODING * done / of, TOTAL)

    found = list(_all(subject.make(run, own, lambda: judge(dataset), coded), tell))
    return {
        "version": VERSION,
        "run": run.id,
        "fingerprint": dataset.fingerprint,
        "images": len(own.test),
        "observation": config.observation,
        "metrics": [each.to_json() for each in found if isinstance(each, Entry)],
        "missing": [each.to_json() for each in found if isinstance(each, Missing)],
        "notes": _notes(run, dataset),
    }


def _all(one: Subject, tell: Callable[[str, float, float], None]) -> Iterator[Found]:
    done = CODING
    for words, share, part in PARTS:
        tell(words, done, TOTAL)
        for found in part(one, lambda of, done=done, share=share, words=words: tell(words, done + of * share, TOTAL)):  # type: ignore[misc]
            yield _sound(found)
        done += share


def _sound(found: Found) -> Found:
    """A number that is none is said to be missing."""
    if isinstance(found, Entry) and not np.isfinite(found.value):
        return Missing(found.what, "It came out as no finite number.")
    return found


def _notes(run: Run, dataset: Dataset) -> list[str]:
    notes = []
    if run.config().split == "test":
        notes.append("The epoch was chosen on the test images, so these numbers flatter the model.")
    if run.resolved().get("data_fingerprint") not in (None, dataset.fingerprint):
        notes.append(f"{dataset.name} has changed since this run was trained.")
    return notes
