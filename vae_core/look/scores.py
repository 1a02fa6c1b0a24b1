"""What a run reaches on each single test image: the numbers that two models are compared by.

Reconstruction and KL lie in every finished run. The others take a look at every image, by a task of kind "images".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from vae_core.checked import Numbers
from vae_core.data import catalog
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.design.naming import Quantity
from vae_core.look import evaluation, tested
from vae_core.look.portable import Portable
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

KIND = "images"
VERSION = 1
Arrays = dict[str, np.ndarray]
KEPT = ("reconstruction", "kl")  # with the codes of every finished run
MEASURED = ("negative_elbo", "bce", "bce_sampled", "mse", "mse_sampled", "neighbours")
FORM = {key: Numbers("f", ("n",), optional=True) for key in MEASURED}
OF_VAES = ("kl", "negative_elbo", "bce_sampled", "mse_sampled")  # that a plain autoencoder has none of
METRICS: Mapping[str, Quantity] = {key: naming.QUANTITIES[key] for key in (*KEPT, *MEASURED)}


def of(run: Run, classes: Sequence[str] | None = None) -> Arrays:
    """By metric, one number for each test image in file order, in the metric's unit; what is known so far. Those of
    its own classes, unless others are named."""
    config, kept = run.config(), run.codes()
    found: Arrays = {key: kept[key] for key in KEPT if key in kept}
    measured = finished(run)
    if measured is not None:
        found |= measured.arrays(FORM, {"n": len(kept["reconstruction"])})
    pixels = {key: config.pixels for key, metric in METRICS.items() if metric.per_pixel}
    asked = tested.own(run, kept) if classes is None else tested.of(run, kept, classes)
    return {key: np.asarray(found[key], np.float64)[asked] / pixels.get(key, 1) for key in METRICS if key in found}


def begin(run: Run, owner: str = "") -> Task:
    return tasks.begin(run, KIND, {"version": VERSION}, owner)


def finished(run: Run) -> Task | None:
    return tasks.finished(run, KIND, {"version": VERSION})


def comparable(metric: Quantity, a: Config, b: Config) -> bool:
    """Whether two runs' numbers are of one kind; the images must be the same besides."""
    if metric.key in ("kl", "neighbours"):
        return True
    if metric.key in ("reconstruction", "negative_elbo"):
        return (a.loss, a.sigma) == (b.loss, b.sigma)
    return (a.loss == "bce-binary") == (b.loss == "bce-binary")  # pixels of 0 and 1 are another target


def measure(task: Task, tell: Callable[[str, float, float], None]) -> None:
    """The worker of a task: every test image through the run's portable networks."""
    run, config = task.run, task.run.config()
    dataset = catalog.load(run.data_name(), run.settings)
    evaluation.check(config, dataset)
    portable = Portable.of(run)
    known = evaluation.most_known(config, dataset)
    total = 2 * len(dataset.test) + known
    found = evaluation.per_image(
        portable, dataset.test.pixels, config, lambda done, _: tell("Decoding test images", done, total)
    )
    arrays = _arrays(config, found)
    before = 2 * len(dataset.test)
    right = evaluation.neighbours_right(
        portable, dataset, found.mean, known, lambda done, _: tell("Asking neighbours", before + done, total)
    )
    if right is not None:
        arrays["neighbours"] = right.astype(np.float32)
    task.save({"version": VERSION, "images": len(dataset.test), "fingerprint": dataset.fingerprint}, arrays)


def _arrays(config: Config, found: evaluation.PerImage) -> Arrays:
    """A plain autoencoder's code is a point: there is nothing to sample."""
    arrays = {"bce": found.bce["mean_code"], "mse": found.mse["mean_code"]}
    if found.log_variance is not None:
        arrays |= {"bce_sampled": found.bce["sampled"], "mse_sampled": found.mse["sampled"]}
        arrays["negative_elbo"] = found.reconstruction(config, "sampled") + found.kl
    return {name: np.asarray(values, np.float32) for name, values in arrays.items()}
