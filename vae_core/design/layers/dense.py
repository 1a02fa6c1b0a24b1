"""Layers of flat numbers, each of which looks at all of those before it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from vae_core.design.layers.activations import SUFFIX, option, read_activation, suffix, then
from vae_core.design.layers.base import MAX_ACTIVATION, Call, Layer, Shape, Word
from vae_core.design.layers.tokens import MAX_FILTERS, NUMBER, Form, Values, number, whole
from vae_core.errors import LoupeError
from vae_core.words import plural

MAX_CODE = 512
FORM = NUMBER + SUFFIX


@dataclass(frozen=True)
class Dense(Layer):
    units: int
    activation: str = "relu"

    words: ClassVar = (Word("dense", ("dense32", "dense32:gelu"), FORM, also=("fc", "linear")),)
    forms: ClassVar = (
        Form("Dense", {"units": "units", "activation": "activation"}),
        Form("Linear", {"in_features": "", "out_features": "units"}),
    )

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        return cls(whole(values, "units"), str(values.get("activation", "linear")))

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterator[Layer]:
        yield cls(after[-1])

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(number(token, parts[0], "unit count", MAX_ACTIVATION), read_activation(token, parts[1], "relu"))

    @property
    def text(self) -> str:
        return f"dense{self.units}{suffix(self.activation, 'relu')}"

    def output(self, shape: Shape) -> Shape:
        self.need_flat(shape)
        return self.bounded(shape, (self.units,))

    def parameters(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.units

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.units

    def does(self, before: Shape) -> str:
        return f"Mixes all {math.prod(before):,} numbers into {self.units:,} new ones{then(self.activation)}."

    def with_outputs(self, count: int) -> Layer:
        return replace(self, units=count)

    def smaller(self) -> tuple[Layer, ...]:
        return tuple(replace(self, units=max(1, self.units // factor)) for factor in (2, 4, 8, 16, 64))

    def change(self, name: str) -> str:
        return "filters" if name == "units" else "activations"

    def keras(self) -> tuple[Call, ...]:
        return (Call("Dense", (self.units,), option(self.activation)),)


@dataclass(frozen=True)
class Code(Layer):
    """The dense layer that ends an encoder. A VAE has two of them, for the mean and the log-variance."""

    size: int
    activation: str = "linear"

    words: ClassVar = (Word("code", ("code2", "code2:relu"), FORM, also=("latent",)),)

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(number(token, parts[0], "size", MAX_CODE), read_activation(token, parts[1], "linear"))

    @property
    def text(self) -> str:
        return f"code{self.size}{suffix(self.activation, 'linear')}"

    def output(self, shape: Shape) -> Shape:
        self.need_flat(shape)
        return (self.size,)

    def parameters(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.size

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.size

    def does(self, before: Shape) -> str:
        kept = plural(self.size, "number")
        return f"Keeps {kept} of the whole picture: the code, its place on the map{then(self.activation)}."

    def smaller(self) -> tuple[Layer, ...]:
        return (replace(self, activation="linear"),)

    def change(self, name: str) -> str:
        return "code" if name == "size" else "activations"

    def keras(self) -> tuple[Call, ...]:
        return (Call("Dense", (self.size,), option(self.activation)),)


@dataclass(frozen=True)
class Fourier(Layer):
    """What comes in, and the sines of so many sums of it, whose directions and phases are learned.

    It is made for the beginning of a decoder: a network draws what changes quickly over the plane of codes more easily
    from waves than from the codes themselves.
    """

    waves: int

    words: ClassVar = (Word("fourier", ("fourier16",), NUMBER, also=("waves", "sine")),)
    changes: ClassVar = "filters"
    joins: ClassVar = "Concatenate"

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(number(token, parts[0], "number of waves", MAX_FILTERS))

    @classmethod
    def joined(cls, ways: tuple[tuple[Layer, ...], ...]) -> Layer:
        kept, *waves = ways
        if kept or len(waves) != 1 or len(waves[0]) != 2:
            raise LoupeError("what it brings together is no layer here")
        dense, sine = waves[0]
        if not isinstance(dense, Dense) or sine.text != "sin":
            raise LoupeError("what it brings together is no layer here")
        return cls(dense.units)

    @property
    def text(self) -> str:
        return f"fourier{self.waves}"

    def output(self, shape: Shape) -> Shape:
        return self.bounded(shape, (self.need_flat(shape) + self.waves,))

    def parameters(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.waves

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.waves

    def does(self, before: Shape) -> str:
        waves = plural(self.waves, "wave")
        return f"Keeps the {math.prod(before):,} numbers and adds {waves} of them, so that small steps can change much."

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        """By nothing: it keeps what came in, so the mirror goes on with that."""
        return ()

    def smaller(self) -> tuple[Layer, ...]:
        return tuple(replace(self, waves=max(1, self.waves // factor)) for factor in (2, 4, 8, 16, 64))

    def keras(self) -> tuple[Call, ...]:
        return (
            Call("Dense", (self.waves,), gives="waves"),
            Call("sin", takes=("waves",), gives="waves", operation=True),
            Call("Concatenate", takes=("x", "waves")),
        )


KINDS = (Dense, Code, Fourier)
