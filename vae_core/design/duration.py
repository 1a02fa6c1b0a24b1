"""How long a training takes, from the start of its process to the last file: every time that is told comes from here.

It is foretold as a sum of parts. A part that was measured on this machine is nearly a number; one that is guessed is a
range. While a training goes on, what it has measured of itself takes the place of what was foretold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeVar

from vae_core import words
from vae_core.design import cost
from vae_core.design.config import Changes, Config
from vae_core.design.cost import Calibration
from vae_core.design.declared import SETTINGS
from vae_core.errors import LoupeError

GUESSED, MEASURED = 2.2, 1.2  # by which factor either way a part may be off
CLOSE = 1.5  # a range no wider than this is told as one number
SEEN, DRAWN = 2000, 266  # test images that are encoded after each epoch, and codes that are decoded
TESTED, COMPARED = 2.5, 0.5  # forward passes at the end, of each test image and of each whose code is a neighbour
TRIED = 8  # steps that are taken to choose between the precisions ...
TRIED_WORK = 2e9  # ... each of at most so many multiply-adds
LATELY, ENOUGH = 10.0, 0.3  # seconds after which a step counts half, and from which on steps are believed
UNITS = (("s", 1), ("min", 60), ("h", 3600))
# What is fed to each step, as if unchanged: trainings of one process that differ in no more share a graph.
FED: Changes = {name: setting.default for name, setting in SETTINGS.items() if setting.fed}


@dataclass(frozen=True)
class Span:
    """Seconds: at least and at most."""

    least: float
    most: float

    def __add__(self, other: Span) -> Span:
        return Span(self.least + other.least, self.most + other.most)

    def __mul__(self, times: float) -> Span:
        return Span(times * self.least, times * self.most)

    def less(self, seconds: float) -> Span:
        """What is left of it after so long; never nothing, as it is not over yet."""
        return Span(max(self.least - seconds, 0.0), max(self.most - seconds, 0.05 * self.most))

    @property
    def middle(self) -> float:
        return math.sqrt(self.least * self.most) if self.least else self.most / 2

    @property
    def is_close(self) -> bool:
        return self.most <= CLOSE * self.least or self.most < 1


def about(seconds: float, factor: float = 1.0) -> Span:
    return Span(seconds / factor, seconds * factor)


def told(span: Span | None) -> str:
    """ "about 19 s" where it is known well enough, else "10 s to 40 s"."""
    if span is None:
        return "–"
    if span.is_close:
        return f"about {words.duration(span.middle)}"
    (least, small), (most, large) = _worded(span.least), _worded(span.most)
    if least == "0":
        return f"up to {most} {large}"
    return f"{least} to {most} {large}" if small == large else f"{least} {small} to {most} {large}"


def _worded(seconds: float) -> tuple[str, str]:
    """How many of which unit; no number is above 100."""
    name, size = next(unit for unit in UNITS if seconds < 100 * unit[1] or unit == UNITS[-1])
    count = seconds / size
    return f"{count:.1f}".removesuffix(".0") if count < 3 else f"{count:.0f}", name


@dataclass(frozen=True)
class Fixed:
    """Seconds on one machine of all that is no training step. Layers are counted as `cost.features` counts them."""

    start: float  # of a process, until it has TensorFlow and the images
    build: float  # of networks and the graph of their steps
    build_layer: float
    first_look: float  # more than later ones: its graphs are made then
    look: float  # after each epoch, beside the forward passes
    finish: float  # model, portable forms, codes, evaluation
    finish_layer: float

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def fixed_from_json(document: object) -> Fixed:
    names = [field.name for field in fields(Fixed)]
    if not isinstance(document, dict) or sorted(document) != sorted(names):
        raise LoupeError("The calibration is not one of this program", fix="Remove it; it is measured anew")
    if not all(type(value) in (int, float) and 0 <= value < math.inf for value in document.values()):
        raise LoupeError("The calibration holds times that none can be", fix="Remove it; it is measured anew")
    return Fixed(**{name: float(document[name]) for name in names})


Rate = TypeVar("Rate", Calibration, Fixed)
# Of a quick laptop with two cores: for a first guess, until a machine is measured. A slower one takes so many times as
# long for everything as it takes for a product of matrices.
USUAL_RATES = Calibration(
    step=1e-4,
    layer=6e-5,
    convolution=3e-11,
    narrow=1.5e-10,
    dense=3e-11,
    element=1.5e-9,
    random=5e-9,
    parameter=4e-9,
)
MULTIPLY_ADD = 1.45e-11  # seconds in such a product
USUAL = Fixed(start=5, build=0.7, build_layer=0.2, first_look=1, look=0.1, finish=2, finish_layer=0.13)


@dataclass(frozen=True)
class Images:
    """How many train, validate, are tested at the end, and are neighbours of those; a trial of a search tests none."""

    train: int
    held_out: int = 0
    test: int = 0
    neighbours: int = 0


@dataclass(frozen=True)
class Parts:
    """Of one training. What is left of it is the same sum over fewer steps and epochs."""

    start: Span
    build: Span
    first_look: Span
    step: Span
    look: Span
    finish: Span
    steps: int  # an epoch
    epochs: int
    measured: bool  # on this machine; else it is a guess

    @property
    def epoch(self) -> Span:
        return self.step * self.steps + self.look

    @property
    def whole(self) -> Span:
        return self.start + self.build + self.first_look + self.epoch * self.epochs + self.finish


def foretell(
    config: Config, images: Images, rates: Calibration | None, fixed: Fixed | None, pace: float = 1.0
) -> Parts:
    """Without rates or fixed times, those of a usual machine are taken, times this one's pace, and not trusted far."""
    fixed_spread, rates_spread = (MEASURED if known else GUESSED for known in (fixed, rates))
    usual, architecture = fixed or slowed(USUAL, pace), config.architecture()
    step = cost.seconds_a_step(architecture, config.batch, rates or slowed(USUAL_RATES, pace))
    layers, forward = cost.layers(architecture), step / cost.TRAINING / config.batch
    build = usual.build + usual.build_layer * layers
    snapshot = (min(images.test, SEEN) + DRAWN) / 2 if images.test else 0
    tested = TESTED * images.test + COMPARED * images.neighbours
    finish = usual.finish + usual.finish_layer * layers if images.test else 0
    return Parts(
        about(usual.start, fixed_spread),
        about(build, fixed_spread) + _choice(config, step, build),
        about(usual.first_look, fixed_spread),
        about(step, rates_spread),
        about(usual.look, fixed_spread) + about((images.held_out + snapshot) * forward, rates_spread),
        about(finish, fixed_spread) + about(tested * forward, rates_spread),
        config.steps_an_epoch(images.train),
        config.epochs,
        measured=rates is not None and fixed is not None,
    )


def slowed(each: Rate, pace: float) -> Rate:
    return replace(each, **{name: pace * seconds for name, seconds in asdict(each).items()})


def _choice(config: Config, step: float, build: float) -> Span:
    """Of the precision, by taking steps in each, which is remembered for the next training of the same layers."""
    work = config.architecture().multiply_adds
    if config.precision != "auto" or work < cost.WORTH_MEASURING:
        return Span(0, 0)
    batch = min(config.batch, max(4, TRIED_WORK // work))
    return Span(0, 2 * build + TRIED * step * batch / config.batch)


class Clock:
    """What is left of a training that goes on."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._calls = 0
        self._looks = 0
        self._seconds = 0.0  # of the steps that were taken lately, the first call left out
        self._steps = 0.0

    def steps(self, count: int, seconds: float) -> None:
        """One call took so many. The first one also makes the graph, so it says nothing of the others."""
        self._calls += 1
        if self._calls == 1:
            return
        fades = 0.5 ** (seconds / LATELY)
        self._seconds = fades * self._seconds + seconds
        self._steps = fades * self._steps + count
        if self._seconds > ENOUGH:  # a few short steps may have waited for something else
            self.parts = replace(self.parts, step=about(self._seconds / self._steps))

    def look(self, seconds: float) -> None:
        """Of validation and what is written after an epoch. The first one also makes graphs: it is a bound."""
        self._looks += 1
        known = self.parts.look
        most = min(known.most, seconds)
        bound = Span(min(known.least, most), most)
        self.parts = replace(self.parts, look=about(seconds) if self._looks > 1 else bound)

    def left(self, steps: int, epochs: int) -> Span:
        """With so many steps and so many looks to come."""
        first = Span(0, 0) if self._looks else self.parts.first_look
        build = Span(0, 0) if self._calls else self.parts.build
        return build + self.parts.step * steps + first + self.parts.look * epochs + self.parts.finish


def status(span: Span, now: float) -> dict[str, Any]:
    """For a run's status. A range is written only where one number would not do."""
    between = None if span.is_close else [round(span.least, 1), round(span.most, 1)]
    return {"eta_seconds": round(span.middle, 1), "eta_range": between, "eta_at": round(now, 1)}


def left(status: Mapping[str, Any], now: float) -> Span | None:
    """What a status says is left, less the time since then; None where it says nothing."""
    if status.get("eta_seconds") is None:
        return None
    between = status.get("eta_range") or [status["eta_seconds"]] * 2
    return Span(*map(float, between)).less(max(0.0, now - float(status.get("eta_at") or now)))
