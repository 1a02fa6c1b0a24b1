"""Layers that bring numbers to a common centre and spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vae_core.design.layers.base import REPEATED, Call, Layer, Shape, Word
from vae_core.design.layers.tokens import Form


@dataclass(frozen=True)
class BatchNorm(Layer):
    words: ClassVar = (Word("bn", ("bn",), also=("batchnorm", "batchnormalization", "norm")),)
    forms: ClassVar = (
        Form("BatchNormalization"),
        *(Form(name, {"num_features": ""}) for name in ("BatchNorm2d", "BatchNorm1d")),
    )
    changes: ClassVar = "norms"
    follows: ClassVar = True
    normalises: ClassVar = True

    def parameters(self, shape: Shape) -> int:
        return 4 * shape[-1]

    def trainable(self, shape: Shape) -> int:
        return 2 * shape[-1]

    def does(self, before: Shape) -> str:
        what = "channel" if len(before) == 3 else "number"
        return f"Brings every {what} to a common centre and spread over the batch, which makes training steadier."

    def repeats(self, last: Layer) -> str:
        return REPEATED if isinstance(last, BatchNorm) else ""

    def keras(self) -> tuple[Call, ...]:
        return (Call("BatchNormalization"),)


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Over the last axis: of the channels of each pixel, or of all numbers where they are flat."""

    words: ClassVar = (Word("layernorm", ("layernorm",), also=("ln", "layernormalization")),)
    forms: ClassVar = (Form("LayerNormalization"), Form("LayerNorm", {"normalized_shape": ""}))
    changes: ClassVar = "norms"
    follows: ClassVar = True
    normalises: ClassVar = True

    def parameters(self, shape: Shape) -> int:
        return 2 * shape[-1]

    def does(self, before: Shape) -> str:
        what = "the channels of every pixel" if len(before) == 3 else "the numbers of every image"
        return f"Brings {what} to a common centre and spread, whatever the other images of the batch are."

    def repeats(self, last: Layer) -> str:
        return REPEATED if isinstance(last, LayerNorm) else ""

    def keras(self) -> tuple[Call, ...]:
        return (Call("LayerNormalization"),)


KINDS = (BatchNorm, LayerNorm)
