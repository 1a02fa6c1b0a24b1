"""What does each of several changes do? All of them are made in turns, so that every training speaks of every change.

    task = factorial.begin(a, b, minutes=60)      trains what is missing
    found = factorial.read(a, b)                  the effect of each change, while it goes on and after
    found.effects, found.sentences()

Half of the trainings have a change and half have not, and both halves have as much of every other change. From four
changes on, half of all combinations are trained: those that leave each effect apart from what two others do together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from vae_core import extras
from vae_core.checked import Json, number, one_of, record, text, whole
from vae_core.design import difference, naming
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import intervals
from vae_core.look.comparison import MATTERS
from vae_core.look.intervals import Interval
from vae_core.place import HERE
from vae_core.runs import tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.search import sent, together
from vae_core.search.in_turn import Tell
from vae_core.search.settling import LITTLE, MOST, SETTLED, TIME

KIND = "factorial"
WHOLE = 3  # changes up to which all combinations are trained
MOST_CHANGES = 5
ASKED = record(other=text, minutes=number(), before=whole())
RESULT = record(ended=one_of(SETTLED, TIME, MOST), seeds=whole())


@dataclass(frozen=True)
class Effect:
    label: str
    apart: Interval | None  # what the loss has more with the change; None before the first look


@dataclass(frozen=True)
class Factorial:
    effects: tuple[Effect, ...]
    trainings: int  # of one seed
    seeds: int  # that are looked at
    loss: float  # the mean of all trainings
    unit: str

    @property
    def matters(self) -> float:
        return MATTERS * abs(self.loss)

    @property
    def ended(self) -> str:
        """Where every effect is settled."""
        known = [each.apart for each in self.effects]
        return SETTLED if all(apart and apart.settles(self.matters) for apart in known) else ""

    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Json]:
        told = {each.label: asdict(each.apart) if each.apart else None for each in self.effects}
        return {
            "effects": told,
            "trainings": self.trainings,
            "seeds": self.seeds,
            "unit": self.unit,
            "sentences": list(self.sentences()),
        }


def design(count: int) -> np.ndarray:
    """(trainings, changes): 1 where a training has a change, else -1. The first one has none."""
    free = count if count <= WHOLE else count - 1
    rows = np.array(list(itertools.product((-1, 1), repeat=free)))
    if free == count:
        return rows
    return np.column_stack([rows, rows.prod(axis=1) * -rows[0].prod()])


def configs(a: Config, b: Config) -> list[Config]:
    """The first one with the changes of each training; a LoupeError where they cannot be told apart."""
    found = difference.between(a, b)
    if not found.separating():
        raise LoupeError("Only one thing was changed, or the images were", "Two changes or more were expected")
    if len(found.groups) > MOST_CHANGES:
        named = difference.listed([difference.label(group) for group in found.groups])
        told = f"{len(found.groups)} things were changed: {named}"
        raise LoupeError(told, f"At most {MOST_CHANGES} can be told apart together", "Undo some of them first")
    rows = design(len(found.groups))
    return [found.part({group for group, has in zip(found.groups, row) if has > 0}) for row in rows]


def begin(a: Run, b: Run, minutes: float, owner: str = "", place: str = HERE) -> Task:
    if not minutes > 0:
        raise LoupeError(f"{minutes:g} minutes were given", "More than 0 were expected")
    wanted = configs(a.config(), b.config())
    extras.need("train")
    spec: dict[str, object] = {"other": b.id, "minutes": float(minutes), "before": together.seeds(a.settings, wanted)}
    return tasks.begin(a, KIND, spec | sent.asked(a.settings, place), owner)


def newest(a: Run, b: Run) -> Task | None:
    return next((task for task in tasks.of(a, KIND) if task.spec.get("other") == b.id), None)


def work(task: Task, tell: Tell) -> None:
    asked, a = ASKED(task.spec), task.run
    b = Run(asked["other"], task.settings)
    trainings = sent.trainings(task, asked["minutes"], tell)
    try:
        wanted = configs(a.config(), b.config())
        ended = together.train(task.settings, wanted, trainings, lambda: read(a, b).ended)
    finally:
        trainings.close()
    task.save({"ended": ended, "seeds": read(a, b).seeds})


def read(a: Run, b: Run) -> Factorial:
    """From the seeds that every combination has been trained with."""
    wanted = configs(a.config(), b.config())
    groups = difference.between(a.config(), b.config()).groups
    found = together.read(a.settings, wanted)
    unit = naming.common_unit([a.config(), b.config()], naming.IMAGE)
    if not found.looked:
        return Factorial(tuple(Effect(difference.label(group), None) for group in groups), len(wanted), 0, 0.0, unit)
    losses, rows = found.losses, design(len(groups))
    sure = 1 - (1 - intervals.EACH_LOOK) / len(groups)
    parts = [together.weighed(2 * row / len(rows), losses, sure) for row in rows.T]
    effects = tuple(Effect(difference.label(group), apart) for group, apart in zip(groups, parts))
    return Factorial(effects, len(wanted), found.looked, float(losses.mean()), unit)


def _sentences(found: Factorial) -> Iterator[str]:
    if not found.seeds:
        yield f"Nothing can be said before {found.trainings} combinations were trained with three seeds each."
        return
    for each in sorted(found.effects, key=lambda effect: effect.apart.value if effect.apart else 0.0):
        yield _sentence(each, found)
    yield f"Over {found.seeds} seeds of {found.trainings} combinations; all intervals hold together with 95 %."


def _sentence(effect: Effect, found: Factorial) -> str:
    apart = effect.apart
    assert apart is not None
    name, said = effect.label.capitalize(), apart.settles(found.matters)
    span = f"{apart.low:+.3g} to {apart.high:+.3g}"
    if said == LITTLE:
        return f"{name}: no difference that matters ({span} {found.unit})."
    if not said:
        return f"{name}: cannot be told yet ({span} {found.unit})."
    word = "lower" if apart.value < 0 else "raise"
    return f"{name} {word} the loss by {abs(apart.value):.3g} {found.unit} ({span})."
