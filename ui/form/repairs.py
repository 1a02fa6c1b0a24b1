"""Repairs of an architecture that does not fit: changes that are tried out, and offered only if they help."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ui.form.edits import MIRROR, Draft, Layers, Problem, table, with_code
from vae_core.errors import LoupeError
from vae_core.spec import recipes
from vae_core.spec.layers import Code, Convolution, Dense, Flatten, Layer, Pool, Reshape, Shape
from vae_core.spec.notation import parse, write

MOST_REPAIRS = 4


@dataclass(frozen=True)
class Repair:
    label: str
    draft: Draft


def repairs(draft: Draft, problem: Problem) -> list[Repair]:
    found: list[Repair] = []
    for repair in _candidates(draft, problem):
        if repair.draft not in [each.draft for each in found]:
            found.append(repair)
    good = [each for each in found if _works(each.draft)]
    better = [each for each in found if _is_later(_problem(each.draft), problem)]
    specific = (good or better)[:MOST_REPAIRS]
    return specific if len(specific) > 1 else specific + [each for each in _last_resorts(draft) if _works(each.draft)]


def _works(draft: Draft) -> bool:
    return _problem(draft) is None


def _problem(draft: Draft) -> Problem | None:
    return table(draft)[1]


def _is_later(new: Problem | None, old: Problem) -> bool:
    def rank(problem: Problem) -> tuple[bool, float]:
        return problem.part == "decoder", math.inf if problem.place is None else problem.place

    return new is not None and old.place is not None and rank(new) > rank(old)


def _candidates(draft: Draft, problem: Problem) -> Iterator[Repair]:
    part = problem.part or "encoder"
    line = draft.line(part)
    try:
        layers = parse(line)
        yield from _shape_repairs(draft, problem, part, layers)
    except LoupeError:
        yield from _token_repairs(draft, part, line)


def _last_resorts(draft: Draft) -> Iterator[Repair]:
    yield Repair("Let the decoder be the encoder's mirror", replace(draft, decoder=MIRROR))
    automatic = recipes.auto(draft.image, "any", draft.kind).encoder
    yield Repair("Start from the automatic architecture", replace(draft, encoder=automatic, decoder=MIRROR))


def _shape_repairs(draft: Draft, problem: Problem, part: str, layers: Layers) -> Iterator[Repair]:
    if not layers:
        return
    if part == "encoder":
        layers = with_code(layers, draft.image, draft.latent)
    places = range(len(layers)) if problem.place is None else [min(problem.place, len(layers) - 1)]
    for place in places:
        for label, changed in _layer_repairs(layers, place, problem.error, draft):
            yield Repair(label, _with(draft, part, write(changed)))
    if part == "encoder":
        yield from _encoder_repairs(draft, problem, layers)


def _token_repairs(draft: Draft, part: str, line: str) -> Iterator[Repair]:
    """For text that is no notation: what the error suggests, else without the token."""
    tokens = line.split()
    for place, token in enumerate(tokens):
        try:
            parse(token)
        except LoupeError as error:
            meant = re.findall(r"\(?([a-z]+[0-9][^\s,()?]*)\)?", error.fix)
            for text in meant:
                yield Repair(f"Write {text} for {token}", _with_tokens(draft, part, tokens, place, [text]))
            yield Repair(f"Take {token} out", _with_tokens(draft, part, tokens, place, []))


def _with_tokens(draft: Draft, part: str, tokens: list[str], place: int, new: list[str]) -> Draft:
    return _with(draft, part, " ".join([*tokens[:place], *new, *tokens[place + 1 :]]))


def _layer_repairs(layers: Layers, place: int, error: LoupeError, draft: Draft) -> Iterator[tuple[str, Layers]]:
    before, layer, after = layers[:place], layers[place], layers[place + 1 :]
    for label, changed in _smaller(layer):
        yield label, (*before, changed, *after)
    if not isinstance(layer, Flatten):
        yield f"Put flatten before {layer.text}", (*before, Flatten(), layer, *after)
    flat = next((i for i, each in enumerate(before) if isinstance(each, Flatten)), None)
    if flat is not None:
        yield f"Move {layer.text} before flatten", (*before[:flat], layer, *before[flat:], *after)
    if isinstance(layer, Reshape):
        yield from _reshape_repairs(before, layer, after)
    yield from _ending_repairs(layers, error, draft.image)
    if not isinstance(layer, Code) or any(isinstance(each, Code) for each in before):
        yield f"Take {layer.text} out", (*before, *after)


def _smaller(layer: Layer) -> Iterator[tuple[str, Layer]]:
    """The same layer with less of what may be too much."""
    tries: list[Layer] = []
    if isinstance(layer, Convolution):
        tries = [replace(layer, stride=1), replace(layer, valid=False), *[replace(layer, kernel=k) for k in (5, 3, 1)]]
        tries += [replace(layer, kernel=k, stride=1, valid=False) for k in (3, 1)]
        tries += [replace(layer, filters=max(1, layer.filters // factor)) for factor in (2, 4, 8, 16, 64)]
    if isinstance(layer, Dense):
        tries = [replace(layer, units=max(1, layer.units // factor)) for factor in (2, 4, 8, 16, 64)]
    if isinstance(layer, Pool):
        tries = [replace(layer, size=size) for size in range(layer.size - 1, 1, -1)]
    if isinstance(layer, Code):
        tries = [replace(layer, activation="linear")]
    yield from ((f"Write {each.text} for {layer.text}", each) for each in tries if each != layer)


def _reshape_repairs(before: Layers, layer: Reshape, after: Layers) -> Iterator[tuple[str, Layers]]:
    wanted = math.prod(layer.shape)
    for place in range(len(before) - 1, -1, -1):
        dense = before[place]
        if isinstance(dense, Dense):
            changed = replace(dense, units=wanted)
            yield (
                f"Write {changed.text} for {dense.text}",
                (*before[:place], changed, *before[place + 1 :], layer, *after),
            )
            return
    yield f"Put dense{wanted} before {layer.text}", (*before, Dense(wanted), layer, *after)


def _ending_repairs(layers: Layers, error: LoupeError, image: Shape) -> Iterator[tuple[str, Layers]]:
    """What the error says should be added at a decoder's end: before its last layer if that fits, else after it."""
    said = re.search(r"add (.+) at the end|End it in (.+)", error.fix)
    if said:
        more = parse(said[1] or said[2])
        text = write(more)
        yield f"Put {text} before {layers[-1].text}", (*layers[:-1], *more, layers[-1])
        yield f"Add {text} at the end", (*layers, *more)
    last = layers[-1]
    if isinstance(last, Convolution) and last.filters != image[-1]:
        changed = replace(last, filters=image[-1], activation="sigmoid")
        yield f"Write {changed.text} for {last.text}", (*layers[:-1], changed)


def _encoder_repairs(draft: Draft, problem: Problem, layers: Layers) -> Iterator[Repair]:
    yield Repair("Make it a plain autoencoder", replace(draft, kind="ae"))
    place = next((i for i, layer in enumerate(layers) if isinstance(layer, Code)), None)
    if place is not None:
        tail = tuple(layer for layer in layers[place + 1 :] if not isinstance(layer, Code))
        moved = write((*layers[:place], *tail, layers[place]))
        yield Repair(f"Let the encoder end in {layers[place].text}", replace(draft, encoder=moved))
        yield Repair(f"Take out what follows {layers[place].text}", replace(draft, encoder=write(layers[: place + 1])))
    if problem.place is None:  # too many parameters
        for pool in (Pool(2), Pool(4)):
            smaller = replace(draft, encoder=write((pool, *layers)), decoder=MIRROR)
            yield Repair(f"Shrink the picture first, with {pool.text}", smaller)


def _with(draft: Draft, part: str, line: str) -> Draft:
    return replace(draft, encoder=line) if part == "encoder" else replace(draft, decoder=line)
