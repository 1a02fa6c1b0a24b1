"""The process of a projection: the only one that may need TensorFlow, for the activations of a layer."""

from __future__ import annotations

from vae_core.look.projections import work as projections
from vae_core.look.projections.stages import Tell
from vae_core.runs.tasks import Task


def work(task: Task, tell: Tell) -> None:
    projections.work(task, tell)
