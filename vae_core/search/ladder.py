"""How deep should it be? The same network with one to four pairs of layers more, each trained with the same seeds.

    task = ladder.begin(run, minutes=10)          trains what is missing, seed by seed over all rungs
    found = ladder.read(run)                      what the finished trainings say, while it goes on and after
    found.rungs, found.trend, found.sentences()

A pair of runs says whether these layers help; a ladder says how that goes on. The trend is a line through the losses of
all rungs, seed by seed and image by image, so it pools every training; one looks at it as `arms.LOOKS` allows.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from vae_core import extras
from vae_core.checked import Json, maybe, number, one_of, record, whole
from vae_core.design import naming, recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import intervals
from vae_core.look.comparison import MATTERS
from vae_core.look.intervals import Interval
from vae_core.place import HERE
from vae_core.runs import arms, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.search import sent, together
from vae_core.search.in_turn import Tell
from vae_core.search.settling import LITTLE, MOST, SETTLED, TIME

KIND = "ladder"
PAIRS = 4  # of layers, on the highest rung
ROUNDING = 1e-9  # of sums of seconds
HIGHEST = 8
ASKED = record(pairs=whole(1, HIGHEST), minutes=number(), before=whole(), where=maybe(one_of(*recipes.ENDS)))
RESULT = record(ended=one_of(SETTLED, LITTLE, TIME, MOST), seeds=whole())


@dataclass(frozen=True)
class Rung:
    config: Config
    runs: tuple[Run, ...]  # of the seeds that all rungs have
    loss: float | None  # on the test images, the mean over those seeds
    apart: Interval | None  # from the lowest rung, after the first look
    seconds: float | None  # of a training
    in_time: float | None  # the validation loss of its best epoch within the seconds of the lowest rung

    def to_json(self) -> dict[str, Json]:
        return {
            "encoder": self.config.encoder,
            "decoder": self.config.decoder,
            "sees": self.config.architecture().sees,
            "runs": [run.id for run in self.runs],
            "loss": self.loss,
            "difference": asdict(self.apart) if self.apart else None,
            "seconds": self.seconds,
            "validation_in_time": self.in_time,
        }


@dataclass(frozen=True)
class Ladder:
    rungs: tuple[Rung, ...]
    seeds: int  # that all rungs have, and that are looked at
    trend: Interval | None  # of the loss, from the lowest rung to the highest; None before the first look
    unit: str

    @property
    def matters(self) -> float:
        return MATTERS * abs(self.rungs[0].loss or 0.0)

    @property
    def ended(self) -> str:
        """What the trend has settled, if anything."""
        return self.trend.settles(self.matters) if self.trend else ""

    def to_json(self) -> dict[str, Json]:
        return {
            "seeds": self.seeds,
            "unit": self.unit,
            "trend": asdict(self.trend) if self.trend else None,
            "ended": self.ended,
            "rungs": [rung.to_json() for rung in self.rungs],
            "sentences": list(self.sentences()),
        }

    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self))


def begin(
    run: Run, minutes: float, pairs: int = PAIRS, where: str = recipes.LAST, owner: str = "", place: str = HERE
) -> Task:
    if run.parent is not None:
        raise LoupeError(f"{run.id} goes on from another run, so no seed leads there", fix="Take the run before it")
    if not minutes > 0:
        raise LoupeError(f"{minutes:g} minutes were given", "More than 0 were expected")
    if not 1 <= pairs <= HIGHEST:
        raise LoupeError(f"{pairs} pairs of layers were asked for", f"1 to {HIGHEST} are possible")
    rungs = recipes.ladder(run.config(), pairs, where)
    if len(rungs) < 2:
        fix = "Choose another place for it, or another run"
        raise LoupeError("No layer fits in there once more", f"The network is {run.config().encoder}", fix)
    extras.need("train")
    before = together.seeds(run.settings, rungs)
    spec: dict[str, object] = {"pairs": len(rungs) - 1, "minutes": float(minutes), "before": before}
    return tasks.begin(run, KIND, spec | {"where": where} | sent.asked(run.settings, place), owner)


def newest(run: Run, where: str = recipes.LAST) -> Task | None:
    return next((task for task in tasks.of(run, KIND) if _where(task) == where), None)


def _where(task: Task) -> str:
    """Before there was a choice, layers were added at the end."""
    return str(ASKED(task.spec)["where"] or recipes.LAST)


def work(task: Task, tell: Tell) -> None:
    asked = ASKED(task.spec)
    pairs, where = asked["pairs"], _where(task)
    rungs = recipes.ladder(task.run.config(), pairs, where)
    trainings = sent.trainings(task, asked["minutes"], tell)
    try:
        ended = together.train(task.settings, rungs, trainings, lambda: _read(task.run, rungs).ended)
    finally:
        trainings.close()
    task.save({"ended": ended, "seeds": read(task.run, pairs, where).seeds})


def read(run: Run, pairs: int = PAIRS, where: str = recipes.LAST) -> Ladder:
    """From the seeds that every rung has been trained with."""
    return _read(run, recipes.ladder(run.config(), pairs, where))


def _read(run: Run, configs: Sequence[Config]) -> Ladder:
    found = together.read(run.settings, configs, run)
    unit = naming.common_unit([run.config()], naming.IMAGE)
    if not found.runs[0]:
        return Ladder(tuple(Rung(config, (), None, None, None, None) for config in configs), 0, None, unit)
    losses = found.losses
    rungs = tuple(_rung(place, configs, found.runs, losses, bool(found.looked)) for place in range(len(configs)))
    return Ladder(rungs, found.looked, _trend(losses) if found.looked else None, unit)


def _rung(
    place: int, configs: Sequence[Config], runs: Sequence[tuple[Run, ...]], losses: np.ndarray, looked: bool
) -> Rung:
    between = losses[place] - losses[0]
    apart = intervals.over_pairs_and_images(between, intervals.EACH_LOOK) if looked and place else None
    in_time = _in_time(runs[place], _seconds(runs[0]))
    return Rung(configs[place], runs[place], float(losses[place].mean()), apart, _seconds(runs[place]), in_time)


def _trend(losses: np.ndarray) -> Interval:
    """Of (rungs, seeds, images): how far a line through the rungs falls or rises from the lowest to the highest."""
    places = np.arange(len(losses)) - (len(losses) - 1) / 2
    weights = places / (places**2).sum() * (len(losses) - 1)
    return together.weighed(weights, losses)


def _seconds(runs: Sequence[Run]) -> float:
    """That the epochs of a training took."""
    return statistics.fmean(sum(float(row["seconds"]) for row in run.history()) for run in runs)


def _in_time(runs: Sequence[Run], seconds: float) -> float | None:
    """The least validation loss within so many seconds; None where not all of them ended an epoch by then."""
    best = []
    for run in runs:
        spent, known = 0.0, []
        for row in run.history():
            spent += float(row["seconds"])
            if spent <= seconds * (1 + ROUNDING):
                known.append(float(row["validation_total_nats_per_image"]))
        if not known:
            return None
        best.append(min(known))
    return statistics.fmean(best)


def _sentences(found: Ladder) -> Iterator[str]:
    low, high = found.rungs[0], found.rungs[-1]
    if found.trend is None or low.seconds is None or high.seconds is None:
        yield f"Nothing can be said before all rungs were trained with {arms.LEAST} seeds."
        return
    pairs = len(found.rungs) - 1
    more = f"{pairs} more {'pair' if pairs == 1 else 'pairs'} of layers"
    over = f"over {found.seeds} seeds of {len(found.rungs)} rungs"
    value, *ends = found.trend.value, abs(found.trend.low), abs(found.trend.high)
    if found.ended == SETTLED:
        word, span = "lower" if value < 0 else "raise", f"{min(ends):.3g} to {max(ends):.3g}"
        little = " That is too little to matter." if found.trend.within(found.matters) else ""
        yield f"{more} {word} the loss by {abs(value):.3g} {found.unit} ({span}), {over}.{little}"
    elif found.ended == LITTLE:
        yield f"{more} change the loss by less than {MATTERS:.0%}, {over}: depth does not matter here."
    else:
        span = f"{found.trend.low:+.3g} to {found.trend.high:+.3g}"
        yield f"Whether {more} help cannot be told yet: {value:+.3g} {found.unit} ({span}), {over}."
    yield f"A training of the highest rung takes {high.seconds / low.seconds:.1f} times the seconds."
    yield from _at_equal_seconds(low, high)


def _at_equal_seconds(low: Rung, high: Rung) -> Iterator[str]:
    if low.in_time is None:
        return
    if high.in_time is None:
        yield "In the seconds of the lowest rung it does not end one epoch."
        return
    apart = high.in_time - low.in_time
    word = "lower" if apart < 0 else "higher"
    yield f"Stopped after the seconds of the lowest one, its validation loss is {abs(apart):.3g} {word}."
