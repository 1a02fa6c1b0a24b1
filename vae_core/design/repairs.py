"""Lines that may fit where one does not. They are only offered; `draft.repairs` tries them out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from vae_core.design.layers import Code, Convolution, Dense, Flatten, Layer, Pool, Reshape, Shape
from vae_core.design.notation import write
from vae_core.errors import LoupeError, Repair

Layers = tuple[Layer, ...]
Change = tuple[str, Layers]  # in words, and the layers of the line then


def unfit(error: LoupeError, part: str, layers: Layers, place: int) -> LoupeError:
    """The error of the layer at this place of a line, with what may be written instead."""
    return error.offer(_written(part, of_layer(layers, place)))


def of_layer(layers: Layers, place: int) -> Iterator[Change]:
    before, layer, after = layers[:place], layers[place], layers[place + 1 :]
    yield from smaller(layers, place)
    if not isinstance(layer, Flatten):
        yield f"Put flatten before {layer.text}", (*before, Flatten(), layer, *after)
    flat = next((i for i, each in enumerate(before) if isinstance(each, Flatten)), None)
    if flat is not None:
        yield f"Move {layer.text} before flatten", (*before[:flat], layer, *before[flat:], *after)
    if isinstance(layer, Reshape):
        yield _filled(before, layer, after)
    if not isinstance(layer, Code) or any(isinstance(each, Code) for each in before):
        yield without(layers, place)


def smaller(layers: Layers, place: int) -> Iterator[Change]:
    layer = layers[place]
    for each in layer.smaller():
        if each != layer:
            yield f"Write {each.text} for {layer.text}", (*layers[:place], each, *layers[place + 1 :])


def without(layers: Layers, place: int) -> Change:
    return f"Take {layers[place].text} out", (*layers[:place], *layers[place + 1 :])


def _filled(before: Layers, layer: Reshape, after: Layers) -> Change:
    """As many numbers as the picture has: of the dense layer before it, or of a new one."""
    wanted = math.prod(layer.shape)
    place = max((place for place, each in enumerate(before) if isinstance(each, Dense)), default=None)
    if place is None:
        return f"Put dense{wanted} before {layer.text}", (*before, Dense(wanted), layer, *after)
    changed = before[place].with_outputs(wanted)
    label = f"Write {changed.text} for {before[place].text}"
    return label, (*before[:place], changed, *before[place + 1 :], layer, *after)


def ending(layers: Layers, more: Layers, image: Shape) -> Iterator[Repair]:
    """Of a decoder that ends in another shape, where these layers would lead to the image's."""
    yield from _written("decoder", _ending(layers, more, image))


def _ending(layers: Layers, more: Layers, image: Shape) -> Iterator[Change]:
    if not layers:
        yield f"Write {write(more)}", more
        return
    last = layers[-1]
    yield f"Put {write(more)} before {last.text}", (*layers[:-1], *more, last)
    yield f"Add {write(more)} at the end", (*layers, *more)
    if isinstance(last, Convolution) and last.filters != image[-1]:
        changed = replace(last, filters=image[-1], activation="sigmoid")
        yield f"Write {changed.text} for {last.text}", (*layers[:-1], changed)
    yield from of_layer(layers, len(layers) - 1)


def code_last(before: Layers, code: Code, tail: Layers) -> Iterator[Repair]:
    """Of an encoder that does not end in its code."""
    yield Repair("Make it a plain autoencoder", {"kind": "ae"})
    moved = tuple(layer for layer in tail if not isinstance(layer, Code))
    yield Repair(f"Let the encoder end in {code.text}", {"encoder": write((*before, *moved, code))})
    yield Repair(f"Take out what follows {code.text}", {"encoder": write((*before, code))})
    yield from _written("encoder", smaller((*before, code, *tail), len(before)))


def fewer_parameters(encoder: Layers, largest: int) -> Iterator[Repair]:
    """Of a model that is too large, most of all at this place of the encoder."""
    yield from _written("encoder", smaller(encoder, largest))
    for pool in (Pool(2), Pool(4)):
        settings = {"encoder": write((pool, *encoder)), "decoder": "mirror"}
        yield Repair(f"Shrink the picture first, with {pool.text}", settings)


def taken_out(part: str, layers: Layers, places: Sequence[int]) -> Iterator[Repair]:
    yield from _written(part, (without(layers, place) for place in places))


def no_code(layers: Layers, place: int, size: int) -> Iterator[Repair]:
    """Of a decoder that holds a code."""
    dense = Dense(size)
    changed = (*layers[:place], dense, *layers[place + 1 :])
    yield Repair(f"Write {dense.text} for {layers[place].text}", {"decoder": write(changed)})
    yield from taken_out("decoder", layers, [place])


def _written(part: str, changes: Iterator[Change]) -> Iterator[Repair]:
    return (Repair(label, {part: write(layers)}) for label, layers in changes)
