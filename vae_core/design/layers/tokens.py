"""What the kinds of layers share when they read a token or a call of Keras, and when they put a number into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vae_core.errors import LoupeError, Repair

NUMBER = "([0-9]+)"
SIZES = f"{NUMBER}(?:x{NUMBER})?"  # rows, and columns where they differ
MAX_FILTERS = 65_536
MAX_STRIDE = 16  # of a convolution, a pool or an up-sampling
TOKEN = "token"  # what a repair sets that knows one token alone; the notation makes lines of it


def number(token: str, digits: str, what: str, most: int, least: int = 1) -> int:
    """A bounded whole number. Long strings of digits are refused unread: turning them into a number takes long."""
    value = int(digits) if len(digits.lstrip("0")) <= 9 else most + 1
    if not least <= value <= most:
        expected = f"A number from {least} to {most:,} was expected"
        raise LoupeError(f"{short(token)} has a {what} of {short(digits)}", expected)
    return value


def instead(token: str, *meant: str) -> tuple[Repair, ...]:
    return tuple(Repair(f"Write {text} for {short(token)}", {TOKEN: text}) for text in dict.fromkeys(meant))


def short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def shrink(factor: int) -> str:
    return "halve" if factor == 2 else f"shrink to 1/{factor}"


def grow(factor: int) -> str:
    return "double" if factor == 2 else f"grow {factor} times"


def nth(count: int) -> str:
    return {2: "second", 3: "third"}.get(count, f"{count}th")


# Layers as Keras and PyTorch write them.

Values = Mapping[str, object]  # what a layer is made with, by the names that it has here


@dataclass(frozen=True)
class Form:
    """A class of theirs and its parameters in order, each with its name here; '' where it says nothing new."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    needs: Values = field(default_factory=dict)  # it is this kind of layer only where it is made with these


def whole(values: Values, name: str, default: int | None = None) -> int:
    """A whole number, or two that are equal: here rows and columns are treated alike."""
    value = values.get(name, default)
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        value = value[0]
    if isinstance(value, tuple):
        raise LoupeError(f"its {name} is not the same for rows and columns")
    if type(value) is not int:
        raise LoupeError(f"no number is known for its {name}")
    return value


def wholes(value: object, name: str) -> tuple[int, ...]:
    """A shape, or a number alone."""
    parts = value if isinstance(value, tuple) else (value,)
    found = tuple(part for part in parts if type(part) is int)
    if len(found) != len(parts) or not found:
        raise LoupeError(f"its {name} is not known")
    return found
