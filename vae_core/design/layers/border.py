"""Layers that take rows and columns off an image, or put some around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from vae_core.design.layers.base import Call, Layer, Shape, Word
from vae_core.design.layers.tokens import SIZES, Form, Values, number, short
from vae_core.errors import LoupeError
from vae_core.words import plural

MAX_BORDER = 512  # rows or columns
Sides = tuple[tuple[int, int], tuple[int, int]]


def _in_all(side: tuple[object, ...]) -> int:
    return sum(count for count in side if type(count) is int)


@dataclass(frozen=True)
class Border(Layer):
    """Rows and columns in all; half of them at each side, an odd one at the bottom or the right."""

    height: int
    width: int

    changes: ClassVar = "opening"

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        """Keras takes one number for all four sides, one for rows and one for columns, or two of each."""
        sides = values.get("sides", 1)
        each = sides if isinstance(sides, tuple) else (sides, sides)
        found = [side if isinstance(side, tuple) else (side, side) for side in each]
        layer = cls(*(_in_all(side) for side in found)) if len(found) == 2 else None
        if layer is None or layer.sides != tuple(found):
            raise LoupeError("its sides are not known, or cut off what is not cut off here")
        return layer

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterator[Layer]:
        yield cls(*(abs(there - here) for there, here in zip(before[:2], after[:2], strict=True)))

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        height = number(token, parts[0], "number of rows", MAX_BORDER, least=0)
        width = number(token, parts[1], "number of columns", MAX_BORDER, least=0) if parts[1] else height
        if not height and not width:
            raise LoupeError(f"{short(token)} does nothing", "At least one row or column was expected", "Take it out")
        return cls(height, width)

    @property
    def text(self) -> str:
        word = self.words[0].word
        return f"{word}{self.height}" if self.height == self.width else f"{word}{self.height}x{self.width}"

    @property
    def sides(self) -> Sides:
        return (self.height // 2, -(-self.height // 2)), (self.width // 2, -(-self.width // 2))

    @property
    def told(self) -> str:
        parts = [plural(count, what) for count, what in ((self.height, "row"), (self.width, "column")) if count]
        return " and ".join(parts)


@dataclass(frozen=True)
class Crop(Border):
    words: ClassVar = (Word("crop", ("crop1", "crop1x0"), SIZES, also=("cropping",)),)
    forms: ClassVar = (Form("Cropping2D", {"cropping": "sides"}),)

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        if self.height >= height or self.width >= width:
            self.refuse(shape, "It would leave nothing of the image", "Crop less, or take it out")
        return height - self.height, width - self.width, channels

    def does(self, before: Shape) -> str:
        return f"Cuts {self.told} off the edges."

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        return (Pad(self.height, self.width),)

    def keras(self) -> tuple[Call, ...]:
        return (Call("Cropping2D", (self.sides,)),)


@dataclass(frozen=True)
class Pad(Border):
    """Rows and columns of zeros."""

    words: ClassVar = (Word("pad", ("pad1", "pad1x0"), SIZES, also=("padding",)),)
    forms: ClassVar = (Form("ZeroPadding2D", {"padding": "sides"}),)

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        return self.bounded(shape, (height + self.height, width + self.width, channels))

    def does(self, before: Shape) -> str:
        return f"Adds {self.told} of zeros at the edges."

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        return (Crop(self.height, self.width),)

    def keras(self) -> tuple[Call, ...]:
        return (Call("ZeroPadding2D", (self.sides,)),)


KINDS = (Crop, Pad)
