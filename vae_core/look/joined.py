"""What a shipped run leaves out, because it is not ours: classes and images of its data set, where that is here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.look.rows import spread

if TYPE_CHECKING:
    from vae_core.data.dataset import Array, Part
    from vae_core.runs.arrays import Arrays
    from vae_core.runs.store import Run


def codes(run: Run) -> Arrays:
    """The codes of a run's test images, with the classes of these."""
    found = run.codes()
    test = None if "labels" in found else _test(run)
    return found if test is None or test.labels is None else {**found, "labels": test.labels}


def snapshot(run: Run, epoch: int) -> Arrays:
    """Of an epoch, with the classes of its images and some of the images themselves."""
    found = run.snapshot(epoch)
    test = None if "original" in found else _test(run)
    return found if test is None else {**found, **_seen(found, test)}


def _seen(found: Arrays, test: Part) -> Arrays:
    index: Array = found["index"]
    pictured = index[spread(len(index), len(found["reconstruction"]))]
    labels = {} if test.labels is None else {"labels": test.labels[index]}
    return {**labels, "original": test.pixels[pictured]}


def _test(run: Run) -> Part | None:
    """The test images that it was measured on."""
    if not run.is_shipped:
        return None
    with suppress(LoupeError):
        name = run.config().dataset
        if catalog.describe(name, run.settings).ready:
            dataset = catalog.load(name, run.settings)
            return dataset.test if dataset.fingerprint == run.resolved().get("data_fingerprint") else None
    return None
