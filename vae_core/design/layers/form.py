"""Layers that only lay the numbers out in another way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from vae_core.design.layers.base import Call, Layer, Shape, Word, show
from vae_core.design.layers.tokens import MAX_FILTERS, NUMBER, number
from vae_core.words import plural


@dataclass(frozen=True)
class Flatten(Layer):
    words: ClassVar = (Word("flatten", ("flatten",), also=("flat",)),)
    changes: ClassVar = "opening"

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            self.refuse(shape, "The numbers are flat already", "Take this flatten out")
        return (math.prod(shape),)

    def does(self, before: Shape) -> str:
        return f"Writes the {show(before)} block as one row of {math.prod(before):,} numbers."

    def keras(self) -> tuple[Call, ...]:
        return (Call("Flatten"),)


@dataclass(frozen=True)
class Reshape(Layer):
    height: int
    width: int
    channels: int

    words: ClassVar = (Word("reshape", ("reshape7x7x16",), f"{NUMBER}x{NUMBER}x{NUMBER}"),)
    changes: ClassVar = "opening"
    no_mirror: ClassVar = "what stands around it need not be an image"

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        names = ("height", "width", "channel count")
        return cls(*(number(token, part, name, MAX_FILTERS) for part, name in zip(parts, names, strict=True)))

    @property
    def text(self) -> str:
        return f"reshape{show(self.shape)}"

    @property
    def shape(self) -> Shape:
        return self.height, self.width, self.channels

    def output(self, shape: Shape) -> Shape:
        wanted, given = math.prod(self.shape), math.prod(shape)
        if wanted != given:
            fix = f"Put dense{wanted} before it, or choose sizes whose product is {given}"
            self.refuse(shape, f"{show(self.shape)} is {wanted:,} numbers, but {given:,} come in", fix)
        return self.shape

    def does(self, before: Shape) -> str:
        size = f"{self.height}x{self.width} with {plural(self.channels, 'channel')}"
        return f"Lays the row of numbers out as a picture of {size}."

    def keras(self) -> tuple[Call, ...]:
        return (Call("Reshape", (self.shape,)),)


KINDS = (Reshape, Flatten)
