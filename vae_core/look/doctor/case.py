"""All that the rules look at, read once. It loads no network, and works where the data set is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from vae_core.data import catalog, splits
from vae_core.data.checks import Leak
from vae_core.design import naming, recipes
from vae_core.design.config import Config
from vae_core.design.layers import BatchNorm, Layer, Residual
from vae_core.errors import LoupeError
from vae_core.look import joined, tested
from vae_core.look.doctor import data
from vae_core.look.evidence import MAIN, SECOND, Curves, Line
from vae_core.runs import arms
from vae_core.runs.forms import Metrics
from vae_core.runs.history import Row
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL

BASELINES = {  # what the reports compare these recipes with
    "mnist-deeper": "mnist-baseline",
    "mnist-deeper-as-printed": "mnist-baseline",
    "mnist-wide": "mnist-baseline",
}
PARTS = ("total", "reconstruction", "kl")
LARGEST_CODE, LARGEST_LOG_VARIANCE = 1e15, 80.0
History = tuple[Row, ...]


@dataclass(frozen=True)
class Rival:
    """What the run is compared with, and how many seeds of each are there; a fork goes on from its rival's state."""

    name: str
    config: Config
    seeds: tuple[int, int]
    is_parent: bool = False


@dataclass(frozen=True)
class Facts:
    """What is known of the data set, and of how the run divides it."""

    labels: np.ndarray | None  # of the training part, in file order
    classes: tuple[str, ...]
    train: np.ndarray  # places of the images that train, in file order
    validation: np.ndarray | None  # places in the training part; None where the test images validate
    leak: Leak
    tested: int  # test images
    name: str = ""  # of the data set, in the version that it was trained on


@dataclass(frozen=True)
class Case:
    """`history` holds the rows that were trained with this config: a fork's first ones are its parent's."""

    config: Config
    history: History
    state: str = "done"
    error: str = ""
    codes: np.ndarray | None = None  # (n, d) mean codes of the test images, none too large to reckon with
    log_variance: np.ndarray | None = None
    labels: np.ndarray | None = None
    metrics: Metrics | None = None
    facts: Facts | None = None
    rival: Rival | None = None

    @property
    def size(self) -> int:
        return self.config.architecture().code.size

    @property
    def total(self) -> np.ndarray:
        return self.column("validation_total")

    @property
    def train(self) -> np.ndarray:
        return self.column("train_total")

    @property
    def unit(self) -> str:
        """The unit of the run's losses as they are kept: per image."""
        return naming.unit(self.config, naming.IMAGE)

    def column(self, name: str) -> np.ndarray:
        """One number an epoch, per image; NaN where there is none."""
        values = [row.get(f"{name}_nats_per_image") for row in self.history]
        return np.asarray([np.nan if value is None else value for value in values], np.float64)

    @property
    def epochs(self) -> tuple[float, ...]:
        return tuple(float(row["epoch"]) for row in self.history)

    @property
    def settled(self) -> slice:
        """The epochs in which beta does not rise any more: before that, a rising loss is meant."""
        return slice(min(self.config.kl_warmup, len(self.history)), None)

    @property
    def uses_batch_norm(self) -> bool:
        plan = self.config.architecture()
        return any(isinstance(layer, BatchNorm) for layer in _flat((*plan.encoder, *plan.tail, *plan.decoder)))

    @property
    def steps(self) -> int | None:
        """Training steps in all; None where the data set is gone."""
        return None if self.facts is None else len(self.history) * self.config.steps_an_epoch(len(self.facts.train))

    @property
    def longer(self) -> dict[str, object]:
        """The change that trains it for twice as many epochs."""
        return {"epochs": 2 * max(self.config.epochs, len(self.history))}

    def curves(
        self, title: str, names: Sequence[str] = ("total",), marks: tuple[tuple[float, str], ...] = ()
    ) -> Curves:
        """Training and validation of these parts of the loss."""
        lines = []
        for place, name in enumerate(names):
            role = MAIN if place == 0 else SECOND
            said = "" if len(names) == 1 else f"{name.upper() if name == 'kl' else name}, "
            for part, words in (("train", "training"), ("validation", "validation")):
                values = self.column(f"{part}_{name}")
                kept = tuple(float(value) if np.isfinite(value) else None for value in values)
                lines.append(Line(said + words, self.epochs, kept, role, dashed=part == "validation"))
        unit = f"{naming.NATS} {naming.IMAGE}" if tuple(names) == ("kl",) else self.unit
        return Curves(title, unit, tuple(lines), marks)


def of(run: Run, against: Run | None = None) -> Case:
    """The run as its folder tells it. `against`: the run that it is compared with."""
    config, status = run.config(), run.status()
    state = run.state_by(status)
    if state not in FINAL:
        raise LoupeError(
            f"{run.id} is still {state}",
            "The check-up looks at a training that has ended",
            "Wait for its end, or stop it",
        )
    return Case(
        config,
        _own_rows(run),
        state,
        error=str(status["error"] or ""),
        metrics=run.metrics(),
        facts=_facts(run, config),
        rival=_rival(run, config, against),
        **_codes(run),
    )


def _codes(run: Run) -> dict[str, np.ndarray]:
    """Of a case: those that can be reckoned with, for their squares and variances are numbers, too."""
    try:
        found = joined.codes(run)
    except LoupeError:  # one that failed early has none
        return {}
    bounds = {"mean": LARGEST_CODE, "log_variance": LARGEST_LOG_VARIANCE}
    sound = tested.own(run, found)
    for name, most in bounds.items():
        if name in found:
            sound &= (np.abs(found[name]) < most).all(axis=1)
    fields = {"codes": "mean", "log_variance": "log_variance", "labels": "labels"}
    return {field: found[name][sound] for field, name in fields.items() if name in found}


def _own_rows(run: Run) -> History:
    """A fork's history begins with its parent's rows, whose settings were others."""
    rows, parent = run.history(), run.parent
    if not parent:
        return tuple(rows)
    with suppress(LoupeError, OSError):
        before = {tuple(row.items()) for row in Run(parent, run.settings).history()}
        return tuple(row for row in rows if tuple(row.items()) not in before)
    return tuple(rows)


def _facts(run: Run, config: Config) -> Facts | None:
    """None where the data set is gone, is another by now, or must be fetched first."""
    with suppress(LoupeError):
        name = run.data_name()
        if not catalog.describe(name, run.settings).ready:
            return None
        loaded = catalog.load(name, run.settings)
        if run.resolved().get("data_fingerprint") not in (None, loaded.fingerprint) or loaded.image != config.image:
            return None
        part = splits.of(loaded, config)
        leak = data.leak(loaded, run.settings)
        return Facts(
            loaded.train.labels, loaded.classes, np.sort(part.train), part.validation, leak, len(loaded.test), name
        )
    return None


def _rival(run: Run, config: Config, against: Run | None) -> Rival | None:
    if against is not None and against.id != run.id:
        seeds = (len(arms.of(run).done), len(arms.of(against).done))
        return Rival(str(against.card()["name"]) or against.id, against.config(), seeds)
    with suppress(LoupeError, OSError):
        if run.parent:
            parent = Run(run.parent, run.settings)
            return Rival(parent.id, parent.config(), (1, 1), is_parent=True)
    return _printed(run, config)


def _printed(run: Run, config: Config) -> Rival | None:
    """A recipe of a report is compared with what its report compares it with."""
    small = config.recipe.endswith("-lite")
    key = BASELINES.get(config.recipe.removesuffix("-lite"))
    if key is None:
        return None
    known = recipes.find(key, "lite" if small else "faithful").config
    return Rival(known.recipe, known, (len(arms.of(run).done), len(arms.find(run.settings, known).done)))


def _flat(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from _flat(layer.body)
