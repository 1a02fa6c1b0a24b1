"""Chance in the training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from vae_core.design.layers.base import Call, Layer, Shape, Word
from vae_core.design.layers.tokens import Form, Values, instead, short
from vae_core.errors import LoupeError

RATES = (0.01, 0.95)
USUAL = 0.5


@dataclass(frozen=True)
class Dropout(Layer):
    rate: float

    words: ClassVar = (Word("drop", ("drop0.5",), r"([0-9]*\.?[0-9]+)", also=("dropout",)),)
    forms: ClassVar = (Form("Dropout", {"rate": "rate", "p": "rate"}),)
    changes: ClassVar = "norms"
    follows: ClassVar = True

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        rate = values.get("rate", USUAL)
        if not isinstance(rate, int | float):
            raise LoupeError("its rate is not known")
        return cls(round(float(rate), 4))

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        low, high = RATES
        rate = float(parts[0]) if len(parts[0]) <= 8 else -1.0
        if not low <= rate <= high:
            meant = [f"drop0.{parts[0]}"] if parts[0] in "123456789" else []
            happened = f"{short(token)} has a rate outside {low:g} to {high:g}"
            fix = "".join(f"Did you mean {text}?" for text in meant)
            raise LoupeError(happened, "The rate is the share of numbers set to 0", fix, instead(token, *meant))
        return cls(round(rate, 4))

    @property
    def text(self) -> str:
        return f"drop{self.rate:g}"

    def does(self, before: Shape) -> str:
        return f"In training sets a random {self.rate:.0%} of the numbers to 0, so that no single one is relied on."

    def repeats(self, last: Layer) -> str:
        if not isinstance(last, Dropout):
            return ""
        return f"With the one before it this is one drop{1 - (1 - self.rate) * (1 - last.rate):.4g}."

    def keras(self) -> tuple[Call, ...]:
        return (Call("Dropout", (self.rate,)),)


KINDS = (Dropout,)
