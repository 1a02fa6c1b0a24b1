"""What every kind of layer says of itself; a kind is a class that answers these questions, in a file of this folder.

The notation, the table, the mirror, the comparison of two architectures and the Keras code are made of the answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NoReturn, Self, TypeAlias

from vae_core.design.layers.tokens import Form, Values
from vae_core.errors import LoupeError

Shape = tuple[int, ...]  # (height, width, channels), or (units,)
Option: TypeAlias = bool | int | float | str | tuple[int, ...] | tuple[tuple[int, int], ...]  # of a layer of Keras

MAX_ACTIVATION = 2**24  # numbers that one layer may put out for one image
REPEATED = "The layer before it has done that already, so this one changes nothing: take it out."


def show(shape: Shape) -> str:
    return "x".join(map(str, shape))


@dataclass(frozen=True)
class Word:
    """What a token begins with; `form` is a regular expression of the rest, or None for a block in brackets."""

    word: str
    examples: tuple[str, ...]
    form: str | None = ""
    also: tuple[str, ...] = ()  # what people write for it

    @property
    def told(self) -> str:
        """The examples, for a sentence."""
        *some, last = self.examples
        return f"{', '.join(some)} or {last}" if some else last


@dataclass(frozen=True)
class Call:
    """A layer of Keras: its class, and what it is made with; or one of its operations, which is only applied.

    It takes values by their names; `x` is the one that runs through a network.
    """

    name: str
    arguments: tuple[Option, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    takes: tuple[str, ...] = ("x",)
    gives: str = "x"
    operation: bool = False

    @property
    def text(self) -> str:
        named = (f"{key}={value!r}" for key, value in self.options.items())
        return f"{self.name}({', '.join([*map(repr, self.arguments), *named])})".replace("'", '"')

    @property
    def line(self) -> str:
        """The line of a program that makes and applies it."""
        taken = ", ".join(self.takes)
        applied = f"keras.ops.{self.name}" if self.operation else f"layers.{self.text}"
        return f"{self.gives} = {applied}({taken if len(self.takes) == 1 else f'[{taken}]'})"


@dataclass(frozen=True)
class Layer:
    """One token. Most layers have no weights."""

    words: ClassVar[tuple[Word, ...]] = ()
    forms: ClassVar[tuple[Form, ...]] = ()  # of which it is read in a program of somebody else
    joins: ClassVar[str] = ""  # the layer of Keras that brings the ways together of which it is made
    follows: ClassVar[bool] = False  # it belongs to the layer before it, which does the work
    changes: ClassVar[str]  # of which kind it is where two of them differ: a key of `alignment.KINDS`
    normalises: ClassVar[bool] = False  # a mirror opens with it where its encoder has it
    no_mirror: ClassVar[str] = ""  # why an encoder that holds it has none

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        """From a token of one of its words, and what the groups of the word's form found; a LoupeError by name."""
        return cls()

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        """From a form of this name; a LoupeError says why it cannot be."""
        return cls()

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterable[Layer]:
        """What it may be where only so much is known, the likeliest first."""
        return (cls.made(name, {}),)

    @classmethod
    def joined(cls, ways: tuple[tuple[Layer, ...], ...]) -> Layer:
        """From the ways that `joins` brings together; a LoupeError where it is something else."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The token. The first word, where nothing can be chosen."""
        return self.words[0].word

    # Numbers.

    def output(self, shape: Shape) -> Shape:
        """The shape that leaves the layer; a LoupeError where this shape cannot enter."""
        return shape

    def parameters(self, shape: Shape) -> int:
        return 0

    def trainable(self, shape: Shape) -> int:
        return self.parameters(shape)

    def multiply_adds(self, shape: Shape) -> int:
        return 0

    def seen(self, side: float, apart: float) -> tuple[float, float]:
        """Pixels of the picture: the side of the square that one of its numbers is made of, and how far apart the
        squares of two neighbours are; from the same two of the layer before it."""
        return side, apart

    # Words.

    def does(self, before: Shape) -> str:
        """In one sentence of plain words, for people who have never seen a layer."""
        raise NotImplementedError

    def repeats(self, last: Layer) -> str:
        """What to say where the layer before it did the same. A run may be set up so, so nothing is refused."""
        return ""

    def explain(self, before: Shape, last: Layer | None = None) -> str:
        """What it does to the shape that reaches it; with the layer before it, also whether that did it already."""
        repeated = self.repeats(last) if last else ""
        return f"{self.does(before)} {repeated}".rstrip()

    # Other layers.

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        """What takes the shape `after` back to the rows and columns of `before`; the mirror makes up for a few."""
        return (self,)

    def with_outputs(self, count: int) -> Layer:
        """With so many channels or units, where they can be chosen."""
        return self

    def smaller(self) -> tuple[Layer, ...]:
        """With less of what may be too much, to be tried where it does not fit."""
        return ()

    def change(self, name: str) -> str:
        """Which kind of change it is where two layers differ in this field."""
        return self.changes

    def keras(self) -> tuple[Call, ...]:
        """The layers of Keras that compute it, in the order in which their weights are drawn."""
        raise NotImplementedError

    # For those who answer.

    def refuse(self, shape: Shape, reason: str, fix: str = "") -> NoReturn:
        raise LoupeError(f"{self.text} cannot take the shape {show(shape)} that reaches it", reason, fix)

    def need_image(self, shape: Shape) -> tuple[int, int, int]:
        if len(shape) != 3:
            fix = "Move it before flatten, or put reshape<h>x<w>x<c> before it"
            self.refuse(shape, "It needs rows, columns and channels", fix)
        return shape[0], shape[1], shape[2]

    def need_flat(self, shape: Shape) -> int:
        if len(shape) != 1:
            self.refuse(shape, "It needs a flat list of numbers", f"Put flatten before {self.text}")
        return shape[0]

    def bounded(self, shape: Shape, output: Shape) -> Shape:
        size = math.prod(output)
        if size > MAX_ACTIVATION:
            reason = f"It would put out {size:,} numbers for one image; at most {MAX_ACTIVATION:,} are allowed"
            self.refuse(shape, reason, "Use fewer filters or units, or a stride or a pool before it")
        return output
