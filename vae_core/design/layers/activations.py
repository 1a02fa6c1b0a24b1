"""The functions of single numbers: as a layer of their own, and as the end of a layer that does work."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import ClassVar, Self

from vae_core.design.layers.base import REPEATED, Call, Layer, Shape, Word
from vae_core.design.layers.tokens import Form, Values, instead, short
from vae_core.errors import LoupeError


@dataclass(frozen=True)
class Function:
    name: str
    words: str
    settled: bool = False  # whether it leaves alone what it made itself
    keras: str = ""  # what Keras calls it, where that is not its name
    also: tuple[str, ...] = ()
    written: bool = True  # whether a line can ask for it by its name


# The browser's programs know all but `linear` by their places among those: a new one comes last.
FUNCTIONS = (
    Function("relu", "keeps what is positive and sets the rest to 0", settled=True),
    Function("linear", "passes numbers on as they are", settled=True),
    Function("sigmoid", "squeezes every number between 0 and 1, as pixels are"),
    Function("tanh", "squeezes every number between -1 and 1"),
    Function("gelu", "keeps what is positive and fades the rest out smoothly"),
    Function("elu", "keeps what is positive and bends the rest towards -1"),
    Function("silu", "keeps what is positive and fades the rest out smoothly", also=("swish",)),
    Function(
        "leaky", "keeps what is positive and a fifth of the rest", keras="leaky_relu", also=("lrelu", "leakyrelu")
    ),
    Function("relu6", "keeps what lies between 0 and 6 and clips the rest", settled=True),
    Function("sin", "bends every number into a wave", written=False),
)
NAMED = {function.name: function for function in FUNCTIONS if function.written}
ACTIVATIONS = tuple(NAMED)
SUFFIX = "(?::([a-z0-9]*))?"


def read_activation(token: str, name: str, default: str) -> str:
    """What a token has after its colon."""
    if ":" not in token:
        return default
    if name not in NAMED:
        called = [function.name for function in FUNCTIONS if name in function.also]
        close = difflib.get_close_matches(short(name), ACTIVATIONS, 1) or called or ["relu"]
        meant = f"{short(token.split(':')[0])}:{close[0]}"
        raise LoupeError(
            f"{short(token)} has the unknown activation '{short(name)}'",
            f"One of {', '.join(ACTIVATIONS)} was expected",
            f"Did you mean {meant}?",
            instead(token, meant),
        )
    return name


def suffix(activation: str, default: str) -> str:
    return "" if activation == default else f":{activation}"


def then(activation: str) -> str:
    """For the end of a sentence about the layer."""
    return "" if activation == "linear" else f", then {NAMED[activation].words}"


def keras_name(activation: str) -> str:
    return NAMED[activation].keras or activation


def option(activation: str) -> dict[str, str]:
    """Of a layer of Keras; what is its default is left out."""
    return {} if activation == "linear" else {"activation": keras_name(activation)}


def called(name: str) -> str | None:
    """What a function of Keras or PyTorch is called here."""
    word = name.lower().replace("_", "")
    names = ((each, {each.name, each.keras.replace("_", ""), *each.also}) for each in FUNCTIONS)
    return next((each.name for each, known in names if word in known), None)


@dataclass(frozen=True)
class Activation(Layer):
    name: str

    forms: ClassVar = (
        Form("Activation", {"activation": "activation"}),
        Form("ReLU", {"max_value": "most"}, needs={"max_value": 6}),
        *(Form(name, {"inplace": ""}) for name in ("ReLU", "ReLU6", "Sigmoid", "Tanh", "GELU", "SiLU", "ELU")),
        Form("LeakyReLU"),
    )
    words: ClassVar = tuple(Word(function.name, (function.name,), also=function.also) for function in NAMED.values())
    changes: ClassVar = "activations"
    follows: ClassVar = True

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        return cls(token)

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        """Of a summary nobody knows which one it is: relu is the usual one."""
        return cls("relu6" if values.get("most") == 6 else str(values.get("activation") or called(name) or "relu"))

    @property
    def text(self) -> str:
        return self.name

    def does(self, before: Shape) -> str:
        return f"{NAMED[self.name].words.capitalize()}."

    def repeats(self, last: Layer) -> str:
        done = getattr(last, "activation", getattr(last, "name", ""))
        return REPEATED if NAMED[self.name].settled and self.name == done else ""

    def keras(self) -> tuple[Call, ...]:
        return (Call("Activation", (keras_name(self.name),)),)


KINDS = (Activation,)
