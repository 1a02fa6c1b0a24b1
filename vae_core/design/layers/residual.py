"""The one layer that holds others. Its brackets are read by the notation, its body is built by whoever builds lines."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

from vae_core.design.layers.base import Call, Layer, Shape, Word, show
from vae_core.design.layers.dense import Code
from vae_core.design.layers.form import Flatten, Reshape
from vae_core.errors import LoupeError


@dataclass(frozen=True)
class Residual(Layer):
    """The body's output plus its input; where channels differ, the input goes through a linear 1x1 layer first."""

    body: tuple[Layer, ...]

    words: ClassVar = (Word("res", ("res( conv16 bn conv16 )",), form=None, also=("residual",)),)
    changes: ClassVar = "layers"
    joins: ClassVar = "Add"

    @classmethod
    def joined(cls, ways: tuple[tuple[Layer, ...], ...]) -> Layer:
        """One of two ways is short: it has no layer, or one that only brings the channels to as many."""
        for short, long in itertools.permutations(sorted(ways, key=len), 2):
            if len(ways) == 2 and (not short or (len(short) == 1 and short[0].text in _shortcuts(long))):
                return cls.of(long)
        raise LoupeError("what it adds is no block here")

    @classmethod
    def of(cls, body: tuple[Layer, ...]) -> Residual:
        """A LoupeError where the body has none that can be added to its input."""
        if not body:
            raise LoupeError("'res( )' has nothing in it", fix=f"Write a block as {cls.words[0].told}")
        wrong = next((layer for layer in body if isinstance(layer, Flatten | Reshape | Code)), None)
        if wrong is not None:
            expected, fix = "A block's output has the form of its input", f"Put {wrong.text} outside the block"
            raise LoupeError(f"{wrong.text} stands inside res( )", expected, fix)
        return cls(body)

    @property
    def _inside(self) -> str:
        return " ".join(layer.text for layer in self.body)

    @property
    def text(self) -> str:
        return f"res({self._inside})"

    def output(self, shape: Shape) -> Shape:
        result = self._shapes(shape)[-1]
        if result[:-1] != shape[:-1]:
            reason = f"Its body changes the height or width ({show(result)} comes out), so the sum has no meaning"
            self.refuse(shape, reason, "Put the stride, pool or crop outside the block")
        return result

    def parameters(self, shape: Shape) -> int:
        return self._sum("parameters", shape) + self._shortcut(shape, bias=True)

    def trainable(self, shape: Shape) -> int:
        return self._sum("trainable", shape) + self._shortcut(shape, bias=True)

    def multiply_adds(self, shape: Shape) -> int:
        return self._sum("multiply_adds", shape) + self._shortcut(shape, bias=False) * math.prod(shape[:-1])

    def _shapes(self, shape: Shape) -> list[Shape]:
        """The shape before each layer of the body, and the last one after it."""
        shapes = [shape]
        for layer in self.body:
            shapes.append(layer.output(shapes[-1]))
        return shapes

    def _sum(self, what: str, shape: Shape) -> int:
        return sum(getattr(layer, what)(each) for layer, each in zip(self.body, self._shapes(shape), strict=False))

    def _shortcut(self, shape: Shape, bias: bool) -> int:
        channels = self._shapes(shape)[-1][-1]
        return 0 if channels == shape[-1] else (shape[-1] + bias) * channels

    def seen(self, side: float, apart: float) -> tuple[float, float]:
        for layer in self.body:
            side, apart = layer.seen(side, apart)
        return side, apart

    def does(self, before: Shape) -> str:
        added = f"Runs {self._inside} and adds what came in to what comes out"
        return f"{added}, so that the block only learns a correction."

    def shortcut(self, before: Shape, channels: int) -> Call | None:
        """What brings the input to as many channels as the body puts out; None where it has them."""
        if channels == before[-1]:
            return None
        return Call("Conv2D", (channels, 1)) if len(before) == 3 else Call("Dense", (channels,))


def _shortcuts(body: tuple[Layer, ...]) -> tuple[str, ...]:
    """What a short way may hold, by the body that it passes."""
    channels = [getattr(layer, "filters", getattr(layer, "units", None)) for layer in body]
    last = next((count for count in reversed(channels) if count), 0)
    return f"conv{last}k1:linear", f"dense{last}:linear"


KINDS = (Residual,)
