"""The layer that is found, not trained: principal components of the images that train."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from vae_core.design.layers.base import MAX_ACTIVATION, Call, Layer, Shape, Word
from vae_core.design.layers.tokens import NUMBER, Form, Values, number, whole


@dataclass(frozen=True)
class Principal(Layer):
    """Between an image and its main parts: the way in as an encoder's first layer, the way back as a decoder's last.

    Its weights are PCA's of the images that train, and stay. A line that only adds to them begins as PCA itself:
    learn/principal.py.
    """

    size: int

    words: ClassVar = (Word("pca", ("pca64",), NUMBER, also=("principal",)),)
    forms: ClassVar = (Form("Dense", {"units": "size", "trainable": ""}, needs={"trainable": False}),)
    changes: ClassVar = "filters"

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        return cls(whole(values, "size"))

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(number(token, parts[0], "size", MAX_ACTIVATION))

    @property
    def text(self) -> str:
        return f"pca{self.size}"

    def output(self, shape: Shape) -> Shape:
        self.need_flat(shape)
        return self.bounded(shape, (self.size,))

    def parameters(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.size

    def trainable(self, shape: Shape) -> int:
        return 0

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.size

    def does(self, before: Shape) -> str:
        count = math.prod(before)
        if self.size < count:
            return f"Tells the image as {self.size:,} of the main ways in which the images differ: found, not trained."
        return f"Puts the picture together of the {count:,} main ways in which the images differ: found, not trained."

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        return (replace(self, size=before[0]),)

    def with_outputs(self, count: int) -> Layer:
        return replace(self, size=count)

    def smaller(self) -> tuple[Layer, ...]:
        return tuple(replace(self, size=max(1, self.size // factor)) for factor in (2, 4, 8))

    def keras(self) -> tuple[Call, ...]:
        return (Call("Dense", (self.size,), {"trainable": False}),)


KINDS = (Principal,)
