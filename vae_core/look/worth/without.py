"""Can the rest do without a layer? It is left out of the trained network, and what is left trains on for a while.

So does the whole network, or the training itself would be credited; and once more, in another order of the images: by
as much as these two differ, anything may. Only a layer that keeps the shape of what passes it can be left out.
`learn/refit.py` trains.
"""

from __future__ import annotations

from collections.abc import Iterator

from vae_core import extras
from vae_core.checked import Numbers
from vae_core.design.architecture import Architecture
from vae_core.errors import LoupeError
from vae_core.look.worth.chain import DECODER, stages
from vae_core.look.worth.found import LEFT_OUT, Found
from vae_core.look.worth.stage import Stage
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

KIND, VERSION = "without", 1
SECONDS = 30.0  # of a training
SPEC = {"version": VERSION, "seconds": SECONDS}
FORM = {
    "places": Numbers("iu", ("n",)),
    "whole": Numbers("f", ("n",), finite=True),
    "again": Numbers("f", ("n",), finite=True),
    "replaced": Numbers("f", ("n", "m"), finite=True),
}
OTHER_SHAPE = "What leaves it has another shape than what reaches it, so it cannot simply be left out."
DRAWS = "It draws the picture, so it cannot be left out."


def begin(run: Run, owner: str = "") -> Task:
    if not trainings(run.config().architecture()):
        raise LoupeError(f"No layer of {run.id} can simply be left out", "Each changes the shape of what passes it")
    extras.need("train")
    return tasks.begin(run, KIND, SPEC, owner)


def finished(run: Run) -> Task | None:
    return tasks.finished(run, KIND, SPEC)


def reasons(plan: Architecture) -> list[str]:
    """For each stage why it cannot be left out; empty where it can."""
    return list(_reasons(tuple(stages(plan))))


def _reasons(known: tuple[Stage, ...]) -> Iterator[str]:
    for stage in known:
        draws = stage.part == DECODER and stage is known[-1]
        yield DRAWS if draws else "" if stage.keeps_shape else OTHER_SHAPE


def trainings(plan: Architecture) -> int:
    """How many it takes: the whole network twice, and once without each layer; 0 where none can be left out."""
    count = reasons(plan).count("")
    return count + 2 if count else 0


def read(task: Task) -> Found:
    """What a finished task has found, in nats per image."""
    plan, arrays = task.run.config().architecture(), task.arrays(FORM)
    chance = abs(float((arrays["again"] - arrays["whole"]).mean()))
    return Found.by(LEFT_OUT, plan, reasons(plan), arrays, chance)
