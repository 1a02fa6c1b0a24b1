"""The best code that can be found for each test image, beside the encoder's own: how much the encoder loses.

    task = best.begin(run)
    task.result()["metrics"]    reconstruction at the encoder's codes, at the best ones, and what lies between
    task.arrays()               places in the test set, both codes of each image, both losses in nats per image

No code that was found is worse than the encoder's. A code of two numbers is looked for all over the map, and then where
the picture fits best; a longer one from the encoder's code, or from that of another image where that fits better.
How many images it is done for depends on how quick the decoder is; fewer of them are always among the more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from vae_core.checked import Numbers
from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset
from vae_core.design.naming import IMAGE, QUANTITIES, unit
from vae_core.errors import LoupeError
from vae_core.look import evaluation
from vae_core.look.best.loss import Loss
from vae_core.look.best.plan import SECONDS, Plan
from vae_core.look.best.work import Work
from vae_core.look.metrics.entry import Entry, mean
from vae_core.look.portable import Portable
from vae_core.look.rows import chunks
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

KIND, VERSION = "best", 1
SPEC = {"version": VERSION}
BLOCK = 128  # images that are worked on at once
SEED = 11  # of the order in which images are taken
FORM = {
    "places": Numbers("iu", ("n",)),
    "own_codes": Numbers("f", ("n", "d"), finite=True),
    "best_codes": Numbers("f", ("n", "d"), finite=True),
    "own": Numbers("f", ("n",), finite=True),
    "best": Numbers("f", ("n",), finite=True),
}
Tell = Callable[[str, float, float], None]
Arrays = dict[str, np.ndarray]


def begin(run: Run, owner: str = "") -> Task:
    return tasks.begin(run, KIND, SPEC, owner)


def finished(run: Run) -> Task | None:
    return tasks.finished(run, KIND, SPEC)


def arrays(task: Task) -> Arrays:
    """What a finished task has found, by image, the images in file order."""
    return task.arrays(FORM, {"d": task.run.config().architecture().code.size})


def measure(task: Task, tell: Tell) -> None:
    """The worker of a task of this kind."""
    run, config = task.run, task.run.config()
    dataset = catalog.load(run.data_name(), run.settings)
    evaluation.check(config, dataset)
    work, size = Work(Portable.of(run), Loss.of(config), tell), config.architecture().code.size
    own = splits.to_show(dataset, config.classes)
    found = search(work, dataset.test.pixels[own], Plan.within(SECONDS * work.speed(size), size, config.pixels))
    found["places"] = own[found["places"]]
    task.save({**_result(dataset, found, len(own)), "metrics": metrics(found, unit(config, IMAGE))}, found)


def search(work: Work, pixels: np.ndarray, plan: Plan) -> Arrays:
    """The best codes of so many of these images as the plan has, with their places in them."""
    order = np.random.default_rng(SEED).permutation(len(pixels))
    chosen = order[: plan.images]
    codes = work.encode(pixels[order[: max(plan.images, plan.known)]])
    _refuse_what_is_no_number({"codes": codes})
    starts = work.starts(codes, plan)
    parts = []
    for rows in chunks(len(chosen), BLOCK):
        work.reached(rows.start / len(chosen))
        parts.append(work.best(pixels[chosen[rows]], codes[rows], starts))
    sort = np.argsort(chosen)
    found = {name: np.concatenate([part[name] for part in parts])[sort] for name in parts[0]}
    _refuse_what_is_no_number(found)
    return {"places": chosen[sort], **found}


def _refuse_what_is_no_number(found: Mapping[str, np.ndarray]) -> None:
    if not all(np.isfinite(values).all() for values in found.values()):
        raise LoupeError("Some of the model's numbers are not finite", fix="Train it again with a lower rate")


def _result(dataset: Dataset, found: Arrays, of: int) -> dict[str, Any]:
    counts = {"images": len(found["places"]), "of": of}
    return {"version": VERSION, "fingerprint": dataset.fingerprint, **counts}


def metrics(found: Mapping[str, np.ndarray], unit: str, scale: float = 1.0) -> list[dict[str, Any]]:
    """The encoder's own loss, the one with the best codes, and what the encoder loses, each with its interval."""
    return [{**entry.to_json(), "unit": unit} for entry in _entries(found, scale)]


def _entries(found: Mapping[str, np.ndarray], scale: float) -> Iterator[Entry]:
    own, best = (np.asarray(found[name], np.float64) * scale for name in ("own", "best"))
    yield mean(QUANTITIES["reconstruction"], own)
    yield mean(QUANTITIES["best_code"], best)
    yield mean(QUANTITIES["encoder_loses"], own - best)


def told(metrics: list[dict[str, Any]]) -> str:
    """What the encoder loses, as a sentence."""
    own, best, lost = metrics
    if lost["value"] <= 0:
        return "For no image was a better code found than the encoder's own."
    share = lost["value"] / own["value"] if own["value"] > 0 else 0
    return (
        f"The encoder loses {lost['value']:.4g} {lost['unit']}, {share:.1%} of its {own['value']:.4g}: "
        f"with the best codes the same decoder reaches {best['value']:.4g}."
    )
