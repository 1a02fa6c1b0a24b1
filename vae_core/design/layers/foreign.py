"""Layers as Keras and PyTorch write them: what a kind of layer can be read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vae_core.errors import LoupeError

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
