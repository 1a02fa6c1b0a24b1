"""Layers that bring numbers to a common centre and spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from vae_core.spec.layers.base import REPEATED, Call, Layer, Shape, Word


@dataclass(frozen=True)
class BatchNorm(Layer):
    words: ClassVar = (Word("bn", ("bn",), also=("batchnorm", "batchnormalization", "norm")),)
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

    def change(self, name: str) -> str:
        return "norms"

    def keras(self) -> tuple[Call, ...]:
        return (Call("BatchNormalization"),)


KINDS = (BatchNorm,)
