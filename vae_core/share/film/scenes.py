"""What the film shows, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from vae_core.look import comparison, pictures
from vae_core.look.portable import Portable
from vae_core.runs.store import Run
from vae_core.share.film import canvas, route, rungs, webm
from vae_core.share.film.webm import Shot
from vae_core.share.report import depth

if TYPE_CHECKING:
    from PIL.Image import Image

STEP = 83  # milliseconds of a picture that moves: 12 a second
SECOND = 1000  # what stands is sent once a second, so that no player takes it for the end
LARGEST = 12_000  # bytes of a picture of the walk, so that all of them stay under 3 MB
REST, CARD, RUNG = 700, 4, 2  # milliseconds at a stop; seconds of words; seconds of a rung
NOTE = "Left: where the model puts the test images. Right: what it draws of the place under the ring."
ONE = "This is one training. With another seed it comes out somewhat differently."
Told = Callable[[float], None]


def of(runs: Sequence[Run], told: Told) -> Iterator[Shot]:
    """The title, the walk, the first ladder that was climbed, the end."""
    run, name = runs[-1], comparison.name(runs[-1])
    yield from _standing(canvas.card(name, _about(run)), CARD)
    yield from _walk(run, told)
    ladders = list(depth.climbed([(comparison.name(each), each) for each in runs]))
    for picture in rungs.pictures_of(ladders[0].found) if ladders else ():
        yield from _standing(picture, RUNG)
    said = [*_compared(runs), *(ladder.found.sentences()[0] for ladder in ladders)]
    yield from _standing(canvas.card("What follows", said or [ONE]), CARD + 2)  # a player stops where the last begins


def _standing(picture: Image, seconds: int) -> list[Shot]:
    return [webm.shot(picture, SECOND)] * seconds


def _about(run: Run) -> list[str]:
    plan = run.config().architecture()
    size, epochs = plan.counts["total"], len(run.history())
    return [
        f"Trained on {run.config().dataset} for {epochs} epochs, with {size:,} parameters.",
        f"Encoder: {plan.encoder_line}",
        f"Decoder: {plan.decoder_line}",
    ]


def _walk(run: Run, told: Told) -> Iterator[Shot]:
    on, network = route.land(run), Portable.of(run)
    walk, under, quality = route.stops(on), canvas.map_of(on), 0
    ways = [(walk[:1], walk[0].code[None])]
    ways += [([a, b], route.between(a, b, route.steps(walk))) for a, b in pairwise(walk)]
    for number, (ends, codes) in enumerate(ways):
        named, drawn = canvas.named(under, on, ends), pictures.as_bytes(network.decode(codes))
        for place, code in enumerate(codes):
            picture = canvas.walked(named, on.places(code[None])[0], drawn[place])
            canvas.told(picture, f"From {ends[0].name} to {ends[1].name}" if number else ends[0].name, NOTE)
            quality = quality or webm.quality(picture, LARGEST)
            yield webm.shot(picture, STEP if place < len(codes) - 1 else REST, quality)
        told((number + 1) / len(ways))


def _compared(runs: Sequence[Run]) -> Iterator[str]:
    """What may be said of the last one beside the first."""
    if len(runs) > 1:
        found = comparison.compare(runs[0], runs[-1], comparisons=len(runs) - 1)
        yield found.headline
        yield from found.sentences()[:1]
