"""Which test images say what a run is worth: those of the classes that it was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vae_core.data import catalog
from vae_core.errors import LoupeError
from vae_core.runs.store import Run


def own(run: Run, codes: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n,) bool, of its codes."""
    return of(run, codes, run.config().classes)


def of(run: Run, codes: Mapping[str, np.ndarray], classes: Sequence[str]) -> np.ndarray:
    """Those of these classes, (n,) bool: all where none are named, or where nobody here knows the data set."""
    everything = np.ones(len(codes["mean"]), bool)
    if not classes or "labels" not in codes:
        return everything
    try:
        names = catalog.describe(run.data_name(), run.settings).classes
    except LoupeError:
        return everything
    found = np.isin(codes["labels"], [names.index(name) for name in classes if name in names])
    return found if found.any() else everything
