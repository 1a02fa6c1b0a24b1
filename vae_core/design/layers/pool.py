"""Layers that make an image smaller or larger and learn nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from vae_core.design.layers.base import Call, Layer, Shape, Word
from vae_core.design.layers.tokens import MAX_STRIDE, NUMBER, Form, Values, grow, number, shrink, whole
from vae_core.errors import LoupeError

WINDOW = {"pool_size": "size", "strides": "stride", "padding": "padding"}
TORCH = {"kernel_size": "size", "stride": "stride", "padding": "padding"}


@dataclass(frozen=True)
class Pool(Layer):
    """Whole windows only: rows and columns that fill none are left out."""

    size: int
    average: bool = False

    words: ClassVar = (
        Word("pool", ("pool2",), NUMBER, also=("maxpool", "maxpooling")),
        Word("avgpool", ("avgpool2",), NUMBER, also=("averagepool",)),
    )
    forms: ClassVar = (
        *(Form(name, WINDOW) for name in ("MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D")),
        *(Form(name, TORCH) for name in ("MaxPool2d", "AvgPool2d")),
    )
    changes: ClassVar = "strides"

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        """Whoever knows the image puts a border around it where `same` would."""
        size = whole(values, "size", 2)
        if values.get("stride") is not None and whole(values, "stride") != size:
            raise LoupeError("its windows overlap or leave gaps")
        return cls(size, average=name.startswith("Av"))

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterator[Layer]:
        yield from (cls.made(name, {"size": size}) for size in range(2, MAX_STRIDE + 1))

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(number(token, parts[0], "window", MAX_STRIDE, least=2), average=token.startswith("avg"))

    @property
    def text(self) -> str:
        return f"{'avg' * self.average}pool{self.size}"

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        if self.size > min(height, width):
            self.refuse(shape, f"Its {self.size}x{self.size} window is larger than the image", "Take this pool out")
        return height // self.size, width // self.size, channels

    def seen(self, side: float, apart: float) -> tuple[float, float]:
        return side + (self.size - 1) * apart, apart * self.size

    def does(self, before: Shape) -> str:
        kept = "the mean" if self.average else "the largest number"
        return f"Keeps {kept} of each {self.size}x{self.size} square: height and width {shrink(self.size)}."

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        return (Up(self.size),)

    def smaller(self) -> tuple[Layer, ...]:
        return tuple(replace(self, size=size) for size in range(self.size - 1, 1, -1))

    def keras(self) -> tuple[Call, ...]:
        return (Call(f"{'Average' if self.average else 'Max'}Pooling2D", (self.size,)),)


@dataclass(frozen=True)
class Up(Layer):
    """Every pixel repeated `size` times in both directions."""

    size: int

    words: ClassVar = (Word("up", ("up2",), NUMBER, also=("upsample", "upsampling")),)
    forms: ClassVar = (Form("UpSampling2D", {"size": "size"}), Form("Upsample", {"": "", "scale_factor": "size"}))
    changes: ClassVar = "strides"
    no_mirror: ClassVar = "it makes the image larger, and a mirror would have to guess how to make it smaller"

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        return cls(whole(values, "size", 2))

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterator[Layer]:
        yield from map(cls, range(2, MAX_STRIDE + 1))

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(number(token, parts[0], "factor", MAX_STRIDE, least=2))

    @property
    def text(self) -> str:
        return f"up{self.size}"

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        return self.bounded(shape, (height * self.size, width * self.size, channels))

    def seen(self, side: float, apart: float) -> tuple[float, float]:
        return side, apart / self.size

    def does(self, before: Shape) -> str:
        return f"Makes every pixel a square of {self.size}x{self.size}: height and width {grow(self.size)}."

    def keras(self) -> tuple[Call, ...]:
        return (Call("UpSampling2D", (self.size,)),)


KINDS = (Pool, Up)
