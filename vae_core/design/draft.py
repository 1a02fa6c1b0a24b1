"""An architecture that may not make sense yet: its table as far as the layers fit, what is wrong, what repairs it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from vae_core.design import recipes
from vae_core.design.architecture import Architecture, Layers, Row, is_mirror, plan
from vae_core.design.layers import Code, Flatten, Shape, show
from vae_core.design.mirror import mirror
from vae_core.design.notation import parse
from vae_core.design.repairs import unfit
from vae_core.errors import LoupeError, Repair

MIRROR = "mirror"
MOST_REPAIRS = 4
UNREAD = -1  # the place of what is wrong before any layer can be tried


@dataclass(frozen=True)
class Draft:
    """Two lines of notation, and what else an architecture follows from."""

    image: tuple[int, int, int]
    encoder: str
    decoder: str = MIRROR
    kind: str = "vae"
    latent: int = 2

    def architecture(self) -> Architecture:
        return plan(self.image, self.encoder, self.decoder, self.kind, self.latent)

    @property
    def mirrored(self) -> bool:
        """Whether the decoder is the encoder's mirror, in one word or written out."""
        if is_mirror(self.decoder):
            return True
        try:
            before = takewhile(lambda layer: not isinstance(layer, Code), with_code(parse(self.encoder), self.image, 1))
            return parse(self.decoder, "decoder") == mirror(self.image, tuple(before))
        except LoupeError:
            return False

    def line(self, part: str) -> str:
        return self.encoder if part == "encoder" else self.decoder

    def with_line(self, part: str, line: str) -> Draft:
        """A changed encoder takes its mirror along, where the decoder was the mirror."""
        if part == "decoder":
            return replace(self, decoder=line)
        return replace(self, encoder=line, decoder=MIRROR if self.mirrored else self.decoder)

    def repaired(self, repair: Repair) -> Draft:
        settings: dict[str, Any] = {**repair.settings}
        return replace(self, **settings)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and at which layer of which part where that is known."""

    error: LoupeError
    part: str = ""
    place: int | None = None


@dataclass(frozen=True)
class Line:
    """One line of the layer table."""

    part: str
    layer: str
    output: str
    parameters: int | None
    trained: int | None
    multiply_adds: int | None
    words: str


def table(draft: Draft) -> tuple[list[Line], Problem | None]:
    """The lines of the layers that fit, and the problem that ends them if there is one."""
    try:
        architecture = draft.architecture()
    except LoupeError as error:
        lines, problem = _walk(draft, error)
        if problem.error is not error:
            problem.error.offer(error.repairs)
        return lines, problem
    return [*_lines("encoder", architecture.encoder_rows), *_lines("decoder", architecture.decoder_rows)], None


def _lines(part: str, rows: Iterable[Row]) -> Iterator[Line]:
    last = None
    for row in rows:
        counts = row.parameters, row.trainable, row.multiply_adds
        yield Line(part, row.layer.text, show(row.output), *counts, row.layer.explain(row.before, last))
        last = row.layer


def _walk(draft: Draft, error: LoupeError) -> tuple[list[Line], Problem]:
    """As far as the layers fit; the last line is the one that does not."""
    lines: list[Line] = []
    try:
        encoder = with_code(parse(draft.encoder), draft.image, draft.latent)
    except LoupeError as first:
        return lines, Problem(first, "encoder", UNREAD)
    shape, found = _fill(lines, "encoder", encoder, draft.image)
    if found or draft.mirrored:
        return lines, found or Problem(error, "encoder")
    try:
        decoder = parse(draft.decoder, "decoder")
    except LoupeError as first:
        return lines, Problem(first, "decoder", UNREAD)
    shape, found = _fill(lines, "decoder", decoder, (_code_size(encoder),))
    ends_wrong = shape != draft.image and len(decoder) > 0
    return lines, found or Problem(error, "decoder", len(decoder) - 1 if ends_wrong else None)


def with_code(layers: Layers, image: Shape, latent: int) -> Layers:
    """The encoder with the flatten and the code that are added to a line without a code."""
    if any(isinstance(layer, Code) for layer in layers):
        return layers
    shape: Shape = image
    for layer in layers:
        try:
            shape = layer.output(shape)
        except LoupeError:
            return layers
    return (*layers, *(() if len(shape) == 1 else (Flatten(),)), Code(latent))


def _fill(lines: list[Line], part: str, layers: Layers, shape: Shape) -> tuple[Shape, Problem | None]:
    """Add the lines of these layers; the shape that comes out, and the first layer that does not fit."""
    for place, layer in enumerate(layers):
        try:
            after = layer.output(shape)
        except LoupeError as error:
            lines.append(Line(part, layer.text, "does not fit", None, None, None, str(error)))
            return shape, Problem(unfit(error, part, layers, place), part, place)
        counts = layer.parameters(shape), layer.trainable(shape), layer.multiply_adds(shape)
        last = layers[place - 1] if place else None
        lines.append(Line(part, layer.text, show(after), *counts, layer.explain(shape, last)))
        shape = after
    return shape, None


def _code_size(layers: Layers) -> int:
    return next((layer.size for layer in layers if isinstance(layer, Code)), 2)


def repairs(draft: Draft, problem: Problem) -> list[Repair]:
    """Of the repairs that the error offers, those that work; or else those that bring the problem further back."""
    found: dict[Draft, Repair] = {}
    for repair in problem.error.repairs:
        found.setdefault(draft.repaired(repair), repair)
    problems = {each: table(each)[1] for each in found}
    good = [found[each] for each, left in problems.items() if left is None]
    better = [found[each] for each, left in problems.items() if left and _is_later(left, problem)]
    specific = (good or better)[:MOST_REPAIRS]
    return specific if len(good) > 1 else [*specific, *_last_resorts(draft)]


def _is_later(new: Problem, old: Problem) -> bool:
    def rank(problem: Problem) -> tuple[bool, float]:
        return problem.part == "decoder", math.inf if problem.place is None else problem.place

    return old.place is not None and rank(new) > rank(old)


def _last_resorts(draft: Draft) -> Iterator[Repair]:
    automatic = recipes.convolutions(draft.image, "any", draft.kind).encoder
    for repair in (
        Repair("Let the decoder be the encoder's mirror", {"decoder": MIRROR}),
        Repair("Start from convolutions", {"encoder": automatic, "decoder": MIRROR}),
    ):
        if table(draft.repaired(repair))[1] is None:
            yield repair
