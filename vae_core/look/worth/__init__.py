"""What the bend of each layer is worth in a trained network: the loss with the best straight map in its place.

    task = worth.begin(run)
    worth.read(task)            what each layer is worth, with intervals over the same test images
    found.sentences()           the layer that matters most, and those that nothing is lost without

A straight map is a layer of the same kind (the same kernel, stride and padding) without activation. It is fitted by
least squares to what goes into the layer and what leaves it, on training images; nothing else of the network changes.
Losses are reconstructions at the mean code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from vae_core.checked import Numbers
from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset
from vae_core.errors import LoupeError
from vae_core.look import evaluation
from vae_core.look.best.loss import Loss
from vae_core.look.worth import work
from vae_core.look.worth.chain import Chain
from vae_core.look.worth.found import BEND
from vae_core.look.worth.found import Found as Found
from vae_core.look.worth.found import Layer as Layer
from vae_core.runs import keras_file, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

KIND, VERSION = "worth", 1
SPEC = {"version": VERSION}
FORM = {
    "places": Numbers("iu", ("n",)),
    "whole": Numbers("f", ("n",), finite=True),
    "replaced": Numbers("f", ("n", "m"), finite=True),
}
TOO_LONG = "In the time that this may take, too few training images came through."
Tell = Callable[[str, float, float], None]


def begin(run: Run, owner: str = "") -> Task:
    return tasks.begin(run, KIND, SPEC, owner)


def finished(run: Run) -> Task | None:
    return tasks.finished(run, KIND, SPEC)


def measure(task: Task, tell: Tell) -> None:
    """The worker of a task of this kind."""
    run, config = task.run, task.run.config()
    dataset = catalog.load(run.data_name(), run.settings)
    evaluation.check(config, dataset)
    chain = Chain.of(keras_file.read(run.model), config.architecture())
    own = splits.to_show(dataset, config.classes)
    tested = replace(dataset, test=dataset.test.take(own))
    reasons, arrays = search(chain, tested, splits.of(dataset, config).train, Loss.of(config), tell)
    counts = {"images": len(arrays["places"]), "of": len(own), "fingerprint": dataset.fingerprint}
    task.save({"version": VERSION, "reasons": reasons, **counts}, {**arrays, "places": own[arrays["places"]]})


def search(
    chain: Chain, dataset: Dataset, train: np.ndarray, loss: Loss, tell: Tell
) -> tuple[list[str], Mapping[str, np.ndarray]]:
    """For each stage why it is not asked of, or nothing; and the losses of test images with those that are."""
    asked, reasons = work.plan(chain, len(train))
    work.fit(chain, asked, dataset.train.pixels, train, tell)
    known = [each for each in asked if each.is_known]
    arrays = work.test(chain, known, dataset.test.pixels, loss, tell)
    if not all(np.isfinite(values).all() for values in arrays.values()):
        raise LoupeError("Some of the model's numbers are not finite", fix="Train it again with a lower rate")
    there = {each.stage for each in known}
    return [reasons.get(n, "" if each in there else TOO_LONG) for n, each in enumerate(chain.stages)], arrays


def read(task: Task) -> Found:
    """What a finished task has found, in nats per image as a run keeps losses."""
    reasons = task.result()["reasons"]
    return Found.by(BEND, task.run.config().architecture(), reasons, task.arrays(FORM))
