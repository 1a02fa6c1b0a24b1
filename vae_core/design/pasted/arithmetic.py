"""Arithmetic on constants, as far as sizes of layers need it. Nothing here can grow large."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence

from vae_core.design.pasted.values import Unknown

LARGEST = 2**53
MOST_PARTS = 1000  # of a list
OPERATORS: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
LARGEST_POWER = 16


def binary(kind: type[ast.AST], left: object, right: object) -> object:
    if isinstance(left, list | tuple) and isinstance(right, list | tuple) and kind is ast.Add:
        joined = [*left, *right][:MOST_PARTS]
        return tuple(joined) if isinstance(left, tuple) else joined
    if not (is_number(left) and is_number(right)):
        return Unknown()
    if kind is ast.Pow:
        return _power(left, right)
    try:
        return bounded(OPERATORS[kind](left, right))  # type: ignore[arg-type]  # both are numbers
    except (KeyError, ArithmeticError):
        return Unknown()


def _power(base: object, exponent: object) -> object:
    if not isinstance(base, int) or not isinstance(exponent, int):
        return Unknown()
    small = abs(base) <= LARGEST_POWER and 0 <= exponent <= LARGEST_POWER
    return bounded(base**exponent) if small or (abs(base) < 2**20 and exponent == 2) else Unknown()


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def bounded(value: object) -> object:
    return value if is_number(value) and abs(value) <= LARGEST else Unknown()  # type: ignore[arg-type]


def call(name: str, arguments: Sequence[object]) -> object:
    """One of Python's own functions, or NumPy's product; None where it is neither."""
    found = FUNCTIONS.get(name)
    if found is None or not arguments:
        return None
    try:
        return found(*arguments)
    except (TypeError, ValueError, ArithmeticError):
        return Unknown()


def _range(*bounds: int) -> list[int]:
    return list(range(*bounds)[:MOST_PARTS])


def _product(values: Sequence[int]) -> object:
    """The size of the batch, which comes first, counts as nothing."""
    result: object = 1
    for value in values:
        result = binary(ast.Mult, result, 1 if value is None else value)
    return result


def _pairs(values: Sequence[object], start: int = 0) -> list[tuple[int, object]]:
    return list(enumerate(values, start))


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "range": _range,
    "prod": _product,
    "len": len,
    "tuple": tuple,
    "list": list,
    "reversed": lambda values: list(reversed(values)),
    "enumerate": _pairs,
    "zip": lambda *lists: list(zip(*lists, strict=False)),
    "int": lambda value: bounded(int(value)),
    "float": lambda value: bounded(float(value)),
    "min": min,
    "max": max,
    "sqrt": lambda value: bounded(math.sqrt(value)),
}
