"""Each layer in one sentence of plain words, for people who have never seen one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from vae_core.spec.layers import (
    Activation,
    BatchNorm,
    Code,
    Conv,
    Crop,
    Deconv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pad,
    Pool,
    Reshape,
    Residual,
    Shape,
    Up,
    show,
)
from vae_core.words import plural

ACTIVATIONS = {
    "relu": "keeps what is positive and sets the rest to 0",
    "linear": "passes numbers on as they are",
    "sigmoid": "squeezes every number between 0 and 1, as pixels are",
    "tanh": "squeezes every number between -1 and 1",
    "gelu": "keeps what is positive and fades the rest out smoothly",
    "elu": "keeps what is positive and bends the rest towards -1",
    "silu": "keeps what is positive and fades the rest out smoothly",
    "leaky": "keeps what is positive and a fifth of the rest",
    "relu6": "keeps what lies between 0 and 6 and clips the rest",
}

SETTLED = ("relu", "relu6", "linear")  # those that leave alone what they made themselves
REPEATED = "The layer before it has done that already, so this one changes nothing: take it out."


def explain(layer: Layer, before: Shape, last: Layer | None = None) -> str:
    """What the layer does to the shape that reaches it; with the layer before it, also whether that did it already."""
    words: Callable[[Any, Shape], str] = WORDS[type(layer)]
    return words(layer, before) + _repeated(layer, last)


def _repeated(layer: Layer, last: Layer | None) -> str:
    """A run may be set up so, and many were; so it is said and not refused."""
    if isinstance(layer, Dropout) and isinstance(last, Dropout):
        return f" With the one before it this is one drop{1 - (1 - layer.rate) * (1 - last.rate):.4g}."
    is_repeated = isinstance(layer, BatchNorm) and isinstance(last, BatchNorm)
    if isinstance(layer, Activation) and layer.name in SETTLED:
        is_repeated = layer.name == getattr(last, "activation", getattr(last, "name", ""))
    return f" {REPEATED}" if is_repeated else ""


def _then(name: str) -> str:
    return "" if name == "linear" else f", then {ACTIVATIONS[name]}"


def _conv(layer: Conv, before: Shape) -> str:
    looks = f"Looks for {plural(layer.filters, 'pattern')} of {layer.kernel}x{layer.kernel} pixels all over the picture"
    if layer.stride > 1:
        looks += f", at every {_nth(layer.stride)} place, so that height and width {_shrink(layer.stride)}"
    if layer.valid:
        looks += ", without looking over the edge"
    return f"{looks}{_then(layer.activation)}."


def _deconv(layer: Deconv, before: Shape) -> str:
    paints = f"Paints with {plural(layer.filters, 'brush', 'brushes')} of {layer.kernel}x{layer.kernel} pixels"
    if layer.stride > 1:
        paints += f", {layer.stride} pixels apart, so that height and width {_grow(layer.stride)}"
    return f"{paints}{_then(layer.activation)}."


def _dense(layer: Dense, before: Shape) -> str:
    return f"Mixes all {math.prod(before):,} numbers into {layer.units:,} new ones{_then(layer.activation)}."


def _code(layer: Code, before: Shape) -> str:
    kept = plural(layer.size, "number")
    return f"Keeps {kept} of the whole picture: the code, its place on the map{_then(layer.activation)}."


def _norm(layer: BatchNorm, before: Shape) -> str:
    what = "channel" if len(before) == 3 else "number"
    return f"Brings every {what} to a common centre and spread over the batch, which makes training steadier."


def _dropout(layer: Dropout, before: Shape) -> str:
    return f"In training sets a random {layer.rate:.0%} of the numbers to 0, so that no single one is relied on."


def _activation(layer: Activation, before: Shape) -> str:
    return f"{ACTIVATIONS[layer.name].capitalize()}."


def _pool(layer: Pool, before: Shape) -> str:
    kept = "the mean" if layer.average else "the largest number"
    return f"Keeps {kept} of each {layer.size}x{layer.size} square: height and width {_shrink(layer.size)}."


def _up(layer: Up, before: Shape) -> str:
    return f"Makes every pixel a square of {layer.size}x{layer.size}: height and width {_grow(layer.size)}."


def _flatten(layer: Flatten, before: Shape) -> str:
    return f"Writes the {show(before)} block as one row of {math.prod(before):,} numbers."


def _reshape(layer: Reshape, before: Shape) -> str:
    size = f"{layer.height}x{layer.width} with {plural(layer.channels, 'channel')}"
    return f"Lays the row of numbers out as a picture of {size}."


def _crop(layer: Crop, before: Shape) -> str:
    return f"Cuts {_border(layer)} off the edges."


def _pad(layer: Pad, before: Shape) -> str:
    return f"Adds {_border(layer)} of zeros at the edges."


def _border(layer: Crop | Pad) -> str:
    parts = [plural(n, word) for n, word in ((layer.height, "row"), (layer.width, "column")) if n]
    return " and ".join(parts)


def _residual(layer: Residual, before: Shape) -> str:
    inside = " ".join(part.text for part in layer.body)
    return f"Runs {inside} and adds what came in to what comes out, so that the block only learns a correction."


def _shrink(factor: int) -> str:
    return "halve" if factor == 2 else f"shrink to 1/{factor}"


def _grow(factor: int) -> str:
    return "double" if factor == 2 else f"grow {factor} times"


def _nth(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")


WORDS: dict[type[Layer], Callable[[Any, Shape], str]] = {
    Conv: _conv,
    Deconv: _deconv,
    Dense: _dense,
    Code: _code,
    BatchNorm: _norm,
    Dropout: _dropout,
    Pool: _pool,
    Up: _up,
    Activation: _activation,
    Flatten: _flatten,
    Reshape: _reshape,
    Crop: _crop,
    Pad: _pad,
    Residual: _residual,
}
