"""Layers as lines of Keras code, for people to read and run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vae_core.design.layers import Call, Layer, Residual, Shape


def chain(layers: Iterable[Layer], shape: Shape, depth: int = 0) -> list[str]:
    """Lines that carry `x` through the layers."""
    lines: list[str] = []
    for layer in layers:
        if isinstance(layer, Residual):
            lines += _residual(layer, shape, depth)
        else:
            lines += [call.line for call in layer.keras()]
        shape = layer.output(shape)
    return lines


def _residual(block: Residual, shape: Shape, depth: int) -> list[str]:
    saved = f"shortcut{depth}" if depth else "shortcut"
    lines = [f"{saved} = x", *chain(block.body, shape, depth + 1)]
    shortcut = block.shortcut(shape, block.output(shape)[-1])
    if shortcut:
        lines.append(replace(shortcut, takes=(saved,), gives=saved).line)
    return [*lines, Call("Add", takes=("x", saved)).line]
