"""Several models under one cursor, as the walk of Compare and the ladder show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ui import cached
from ui.components import twin
from ui.components.twin import payload
from ui.components.twin.payload import Twin
from ui.view import Array, View
from vae_core.errors import LoupeError

KEPT = "walked"  # what a walk of this session was last made of, and its bytes


@dataclass(frozen=True)
class Walker:
    view: View
    name: str
    colour: str
    rung: dict[str, Any] | None = None  # of a ladder: what stands beside its slider


def show(walkers: Sequence[Walker]) -> None:
    same = tuple(map(_known, walkers))
    made = cached.kept(KEPT, same, lambda: data(walkers))
    twin.show("-".join(["twin", *(walker.view.run.id for walker in walkers)]), made)


def data(walkers: Sequence[Walker]) -> bytes:
    """All of them were tested on the same images; the first one says which classes these have."""
    for walker in walkers:
        if not len(walker.view.sound):
            problem = f"None of the codes of {walker.view.run.id} is a number"
            raise LoupeError(problem, fix="Train it again with a lower learning rate")
    first, trained = walkers[0].view, _trained([walker.view for walker in walkers])
    return payload.data([_twin(each, first, trained) for each in walkers], first.images)


def _trained(views: Sequence[View]) -> Array | None:
    """(n,) which test images are of classes that all of them were trained on; None where that is all, or none."""
    known = [view.trained for view in views if view.trained is not None]
    shared = np.logical_and.reduce(known) if known else None
    return shared if shared is not None and shared.any() else None


def _known(walker: Walker) -> tuple[Any, ...]:
    run, rung = walker.view.run, walker.rung
    return run.id, run.document().get("created"), walker.name, walker.colour, walker.view.unit, str(rung)


def _twin(walker: Walker, first: View, trained: Array | None) -> Twin:
    view, model = walker.view, walker.view.model
    if model.reason:
        model = replace(model, reason=f"{model.reason} Explore shows its pictures.")
    cloud = replace(first.cloud, codes=view.codes, trained=trained)
    losses = view.losses if trained is None else np.where(trained, view.losses, np.nan)
    return Twin(model, cloud, losses, walker.name, walker.colour, walker.rung)
