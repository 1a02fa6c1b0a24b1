"""Layers that only lay the numbers out in another way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from vae_core.design.layers.base import Call, Layer, Shape, Word, show
from vae_core.design.layers.tokens import MAX_FILTERS, NUMBER, Form, Values, number, wholes
from vae_core.errors import LoupeError
from vae_core.words import plural


@dataclass(frozen=True)
class Flatten(Layer):
    words: ClassVar = (Word("flatten", ("flatten",), also=("flat",)),)
    forms: ClassVar = (Form("Flatten", {"start_dim": ""}),)
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
    forms: ClassVar = (
        Form("Reshape", {"target_shape": "shape"}),
        Form("Unflatten", {"dim": "", "unflattened_size": "shape"}),
    )
    changes: ClassVar = "opening"
    no_mirror: ClassVar = "what stands around it need not be an image"

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        """A shape of one number is flat, one of two has one channel; PyTorch begins with the channels."""
        shape = wholes(values.get("shape"), "shape")
        if len(shape) == 1:
            return Flatten()
        if len(shape) > 3 or min(shape) < 1:
            raise LoupeError("its shape is not known")
        height, width, channels = (*shape, 1)[:3]
        return cls(width, channels, height) if name == "Unflatten" else cls(height, width, channels)

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterator[Layer]:
        yield cls.made("Reshape", {"shape": after})

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
