"""What was found of each layer, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import repeat

import numpy as np

from vae_core.checked import Json
from vae_core.design.architecture import Architecture
from vae_core.design.difference import listed
from vae_core.look import intervals
from vae_core.look.comparison import MATTERS
from vae_core.look.evidence import Spans
from vae_core.look.intervals import Interval
from vae_core.look.worth.chain import stages
from vae_core.look.worth.stage import Stage
from vae_core.look.worth.work import STRAIGHT

LONGEST = 24  # letters of a layer's name in a picture
NOTHING = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Question:
    """What was asked of each layer, in words."""

    title: str
    none: str  # of a network where it is asked of no layer
    most: str  # begins the sentence of the layer without which the loss rises most
    lacks: str  # begins the lists of layers


BEND = Question(
    "How much the loss rises with a straight map in a layer's place",
    "No layer of this network has a bend that can be asked of.",
    "The bend of {} matters most. With a straight map in its place the loss rises by",
    "without the bend of",
)
LEFT_OUT = Question(
    "How much more the loss is without a layer, the rest refitted",
    "No layer of this network can simply be left out.",
    "The rest misses {} most. Without it the loss is higher by",
    "without",
)


@dataclass(frozen=True)
class Layer:
    name: str  # as a picture names it
    text: str  # the tokens of it and of what belongs to it
    reason: str  # why it was not asked of; empty where it was
    apart: Interval | None  # from the whole network; exactly 0 of a layer without a bend

    @property
    def called(self) -> str:
        """Within a sentence."""
        part, _, name = self.name.partition(" ")
        return f"the {part}'s {name}" if name else part

    @property
    def is_straight(self) -> bool:
        return self.reason == STRAIGHT

    @property
    def word(self) -> str:
        """What a picture says in place of a number."""
        return "no bend" if self.is_straight else "not asked" if self.reason else ""


@dataclass(frozen=True)
class Found:
    question: Question
    layers: tuple[Layer, ...]
    whole: float  # loss of the whole network
    chance: float = 0.0  # by so much it may differ from itself

    @classmethod
    def by(
        cls,
        question: Question,
        plan: Architecture,
        reasons: Sequence[str],
        arrays: Mapping[str, np.ndarray],
        chance: float = 0.0,
    ) -> Found:
        whole, replaced = arrays["whole"], arrays["replaced"]
        apart = map(intervals.of_mean, (replaced - whole[:, None]).T, repeat(intervals.level(replaced.shape[1])))
        layers = tuple(_layers(plan, reasons, apart))
        return cls(question, layers, float(whole.mean()), chance)

    def scaled(self, scale: float) -> Found:
        """In another unit."""
        layers = (replace(each, apart=each.apart and _times(each.apart, scale)) for each in self.layers)
        return Found(self.question, tuple(layers), self.whole * scale, self.chance * scale)

    @property
    def matters(self) -> float:
        return max(MATTERS * abs(self.whole), self.chance)

    @property
    def asked(self) -> tuple[Layer, ...]:
        return tuple(each for each in self.layers if not each.reason)

    def spans(self, unit: str) -> Spans:
        """In the order in which an image passes them."""
        known = [each.apart or NOTHING for each in self.layers]
        values = tuple((each.value, each.low, each.high) for each in known)
        words = tuple(each.word for each in self.layers)
        return Spans(self.question.title, unit, tuple(each.name for each in self.layers), values, self.matters, words)

    def sentences(self, unit: str) -> tuple[str, ...]:
        return tuple(_sentences(self, unit))

    def to_json(self, unit: str) -> dict[str, Json]:
        layers: list[Json] = [
            {
                "layer": each.name,
                "text": each.text,
                "difference": asdict(each.apart) if each.apart else None,
                "reason": each.reason,
            }
            for each in self.layers
        ]
        return {"unit": unit, "loss": self.whole, "layers": layers, "sentences": list(self.sentences(unit))}


def _layers(plan: Architecture, reasons: Sequence[str], apart: Iterator[Interval]) -> Iterator[Layer]:
    known = tuple(stages(plan))
    for name, stage, reason in zip(names(known), known, reasons, strict=True):
        found = next(apart) if not reason else NOTHING if reason == STRAIGHT else None
        yield Layer(name, stage.text, reason, found)


def names(known: Sequence[Stage]) -> Iterator[str]:
    """With a number where a part has several of the same."""
    every = [_name(stage.part, stage.name) for stage in known]
    for place, name in enumerate(every):
        yield f"{name} ({every[: place + 1].count(name)})" if every.count(name) > 1 else name


def _name(part: str, text: str) -> str:
    name = text if text.startswith(part) else f"{part} {text}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def _times(interval: Interval, scale: float) -> Interval:
    return Interval(interval.value * scale, interval.low * scale, interval.high * scale)


def _sentences(found: Found, unit: str) -> Iterator[str]:
    if not found.asked:
        yield found.question.none
    else:
        yield from _of_asked(found, unit)
    if found.chance:
        yield f"Refitted once more, the whole network differs from itself by {found.chance:.2g} {unit}: that is chance."
    straight = [each.called for each in found.layers if each.is_straight]
    if straight:
        yield f"Without a bend, so that nothing can be lost: {listed(straight)}."


def _of_asked(found: Found, unit: str) -> Iterator[str]:
    known = [(each, each.apart) for each in found.asked if each.apart]
    layer, most = max(known, key=lambda pair: pair[1].value)
    if most.low > 0 and not most.within(found.matters):
        span = f"{most.low:.4g} to {most.high:.4g}"
        share = f", {most.value / found.whole:.0%} of {found.whole:.4g}" if found.whole > 0 else ""
        yield f"{found.question.most.format(layer.called)} {most.value:.4g} {unit} ({span}){share}."
    lower = [each.called for each, apart in known if apart.high < 0]
    if lower:
        yield f"The loss even falls {found.question.lacks}: {listed(lower)}. On new images the network may be too sure."
    open_ = [each.called for each, apart in known if not apart.excludes_zero]
    if open_:
        yield f"Nothing that could be told is lost {found.question.lacks}: {listed(open_)}."
    little = [each.called for each, apart in known if apart.low > 0 and apart.within(found.matters)]
    if little:
        yield f"Too little to matter is lost {found.question.lacks}: {listed(little)}."
