"""How deep it should be, where that was asked: the ladders that were climbed from one of the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vae_core.design import recipes
from vae_core.look import drawing
from vae_core.look.comparison import MATTERS
from vae_core.look.evidence import Spans
from vae_core.runs.store import Run
from vae_core.search import ladder
from vae_core.search.ladder import Ladder, Rung
from vae_core.share.report.parts import Block, Figure, Grid, Heading, told
from vae_core.share.report.side import Side
from vae_core.words import duration

HEADER = ("more pairs", "encoder", "loss", "difference", "interval", "a number sees", "trained in")
NONE = "-"


@dataclass(frozen=True)
class Climbed:
    name: str
    found: Ladder


def climbed(runs: Sequence[tuple[str, Run]]) -> Iterator[Climbed]:
    """Those that have a seed on every rung."""
    for name, run in runs:
        for where in recipes.ENDS:
            if task := ladder.newest(run, where):
                found = ladder.read(run, ladder.ASKED(task.spec)["pairs"], where)
                if found.seeds:
                    yield Climbed(name, found)


def of(sides: Sequence[Side]) -> Iterator[Block]:
    known = list(climbed([(side.name, side.run) for side in sides]))
    if known:
        yield Heading("How deep should it be?")
    for each in known:
        yield told(f"{each.name}, with more and more pairs of layers. {' '.join(each.found.sentences())}")
        unit = each.found.unit
        yield Grid(
            HEADER, tuple(_row(place, rung) for place, rung in enumerate(each.found.rungs)), f"Losses in {unit}."
        )
        yield from _drawn(each.found)


def concluded(sides: Sequence[Side]) -> Iterator[str]:
    for each in climbed([(side.name, side.run) for side in sides]):
        yield f"How deep {each.name} should be: {each.found.sentences()[0]}"


def _row(place: int, rung: Rung) -> tuple[str, ...]:
    apart, sees = rung.apart, rung.config.architecture().sees
    interval = (f"{apart.value:+.3g}", f"{apart.low:+.3g} to {apart.high:+.3g}") if apart else (NONE, NONE)
    loss = NONE if rung.loss is None else f"{rung.loss:.4g}"
    return f"{place}", rung.config.encoder, loss, *interval, f"{sees}x{sees} pixels", duration(rung.seconds)


def _drawn(found: Ladder) -> Iterator[Figure]:
    rungs = [(f"+{place}", rung.apart) for place, rung in enumerate(found.rungs) if rung.apart]
    if not rungs:
        return
    spans = tuple((apart.value, apart.low, apart.high) for _, apart in rungs)
    title = "Loss with more pairs of layers, less that without"
    drawn = drawing.svg(Spans(title, found.unit, tuple(name for name, _ in rungs), spans, found.matters))
    yield Figure(f"{title}. Grey: under {MATTERS:.0%}, which does not matter.", drawn)
