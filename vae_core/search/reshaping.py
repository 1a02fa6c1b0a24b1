"""An encoder's line with more filters, more layers, another dropout or another activation; its mirror follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from vae_core.design.layers import Activation, Code, Conv, Convolution, Dense, Dropout, Layer, Residual
from vae_core.design.notation import parse, write

KEPT = ("linear", "sigmoid", "tanh")  # chosen for the range of their values, so another activation is no variant
LEAST_DROPOUT = 0.005
Layers = tuple[Layer, ...]


def reshaped(line: str, values: dict[str, Any]) -> str:
    """`values` may have filters (a factor), depth (layers more), dropout (a rate), activation (a name), latent."""
    layers = parse(line)
    for name, change in CHANGES.items():
        if name in values:
            layers = change(layers, values[name])
    return write(layers)


def _filters(layers: Sequence[Layer], factor: float) -> Layers:
    return tuple(_wider(layer, factor) for layer in layers)


def _wider(layer: Layer, factor: float) -> Layer:
    if isinstance(layer, Convolution):
        return replace(layer, filters=max(1, round(factor * layer.filters)))
    if isinstance(layer, Dense):
        return replace(layer, units=max(1, round(factor * layer.units)))
    if isinstance(layer, Residual):
        return replace(layer, body=_filters(layer.body, factor))
    return layer


def _depth(layers: Sequence[Layer], more: int) -> Layers:
    """The last convolution, or else the last dense layer, comes again that many times, with what follows it."""
    hidden = _places(layers, Conv) or _places(layers, Dense)
    if not hidden:
        return tuple(layers)
    start = hidden[-1]
    end = start + 1
    while end < len(layers) and layers[end].follows:
        end += 1
    again = [replace(layer, stride=1) if isinstance(layer, Conv) else layer for layer in layers[start:end]]
    return (*layers[:end], *(again * more), *layers[end:])


def _dropout(layers: Sequence[Layer], rate: float) -> Layers:
    """After every hidden dense layer, or else after the last convolution; where dropout stands already, only there."""
    rate = round(rate, 3)
    has_own = bool(_places(layers, Dropout))
    if has_own:
        return tuple(
            replace(layer, rate=rate) if isinstance(layer, Dropout) else layer
            for layer in layers
            if not isinstance(layer, Dropout) or rate >= LEAST_DROPOUT
        )
    after = _places(layers, Dense) or _places(layers, Conv)[-1:]
    if rate < LEAST_DROPOUT:
        return tuple(layers)
    return tuple(
        part for i, layer in enumerate(layers) for part in ((layer, Dropout(rate)) if i in after else (layer,))
    )


def _activation(layers: Sequence[Layer], name: str) -> Layers:
    return tuple(_activated(layer, name) for layer in layers)


def _activated(layer: Layer, name: str) -> Layer:
    if isinstance(layer, Convolution | Dense) and layer.activation not in KEPT:
        return replace(layer, activation=name)
    if isinstance(layer, Activation) and layer.name not in KEPT:
        return Activation(name)
    if isinstance(layer, Residual):
        return replace(layer, body=_activation(layer.body, name))
    return layer


def _latent(layers: Sequence[Layer], size: int) -> Layers:
    return tuple(replace(layer, size=size) if isinstance(layer, Code) else layer for layer in layers)


def _places(layers: Sequence[Layer], kind: type[Layer]) -> list[int]:
    return [i for i, layer in enumerate(layers) if isinstance(layer, kind)]


CHANGES: dict[str, Callable[[Sequence[Layer], Any], Layers]] = {
    "filters": _filters,
    "depth": _depth,
    "dropout": _dropout,
    "activation": _activation,
    "latent": _latent,
}
