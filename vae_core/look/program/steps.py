"""The operations of a packed program in NumPy: each is a function of arrays whose first axis is the rows.

docs/plane-format.md says what each of them does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from vae_core.look.program.operations import FUNCTIONS, Array, Op, Shape
from vae_core.look.program.packing import rounded

PIECE = 2**16  # numbers that a convolution lays out anew at once
SCATTERED = 8  # so many times more channels than filters: adding up products costs less than gathering windows
Step = Callable[..., None]


def _convolve(op: Op, sizes: Sequence[int]) -> Step:
    (rows, columns), (row_out, column_out, filters) = op.sizes[:2], op.sizes[7:10]
    _check(sizes[op.reads[0][0]] - op.reads[0][1], _reach(op.sizes[:7]))
    _check(sizes[op.writes[0]] - op.writes[1], _reach((rows, columns, row_out, column_out, 1, filters, 0)))
    products, numbers = _way(op)
    images, bias = max(1, PIECE // max(1, numbers)), rounded(op.vectors[0])

    def step(source: Array, target: Array) -> None:
        found = _strided(target, (rows, columns, filters), (row_out, column_out, 1))
        for start in range(0, len(source), images):
            part = slice(start, start + images)
            np.add(products(source[part]), bias, out=found[part])

    return step


def _way(op: Op) -> tuple[Callable[[Array], Array], int]:
    """How to multiply (n, rows, columns, filters), and how many numbers that takes beside one image."""
    assert op.kernel is not None
    rows, columns, row_apart, column_apart, taps, run, tap_apart = op.sizes[:7]
    kernel = rounded(op.kernel)
    _, wide, channels, filters = kernel.shape
    by_one = row_apart == tap_apart and taps > 1
    if by_one and column_apart == channels and channels >= SCATTERED * filters:
        return partial(_scattered, op.sizes, kernel), (rows + taps) * (columns + wide) * taps * wide * filters
    if by_one:
        return partial(_by_rows, op.sizes, kernel.reshape(taps, run, filters)), (rows + taps) * columns * run
    return partial(_gathered, op.sizes, kernel.reshape(taps * run, filters)), rows * columns * taps * run


def _gathered(sizes: Sequence[int], kernel: Array, source: Array) -> Array:
    """All numbers of every window beside each other: one product. No copy where they lie so already."""
    rows, columns, row_apart, column_apart, taps, run, tap_apart = sizes[:7]
    windows = _strided(source, (rows, columns, taps, run), (row_apart, column_apart, tap_apart, 1))
    products = windows.reshape(len(source) * rows * columns, len(kernel)) @ kernel
    return products.reshape(len(source), rows, columns, -1)


def _by_rows(sizes: Sequence[int], kernel: Array, source: Array) -> Array:
    """The windows of one row beside each other, which neighbouring rows of outputs share; a product for each tap."""
    rows, columns, _, column_apart, taps, run, tap_apart = sizes[:7]
    windows = _strided(source, (rows + taps - 1, columns, run), (tap_apart, column_apart, 1))
    lines = windows.reshape(len(source), -1, run)
    products = lines[:, : rows * columns] @ kernel[0]
    for tap in range(1, taps):
        products += lines[:, tap * columns : (tap + rows) * columns] @ kernel[tap]
    return products.reshape(len(source), rows, columns, -1)


def _scattered(sizes: Sequence[int], kernel: Array, source: Array) -> Array:
    """Every pixel times every weight that meets it, in one product, then the sums: for few filters of many channels."""
    rows, columns, row_apart, column_apart = sizes[:4]
    high, wide, channels, filters = kernel.shape
    shape = (rows + high - 1, columns + wide - 1)
    pixels = _strided(source, (*shape, channels), (row_apart, column_apart, 1)).reshape(-1, channels)
    found = kernel.transpose(0, 1, 3, 2).reshape(-1, channels) @ pixels.T
    parts = found.reshape(high * wide, filters, len(source), *shape)
    products = np.zeros((filters, len(source), rows, columns), np.float32)
    for place, part in enumerate(parts):
        row, column = divmod(place, wide)
        products += part[:, :, row : row + rows, column : column + columns]
    return products.transpose(1, 2, 3, 0)


def _strided(array: Array, shape: Shape, apart: Shape) -> Array:
    """Of each image, the numbers that lie so far apart."""
    return as_strided(array, (len(array), *shape), (array.strides[0], *(array.itemsize * each for each in apart)))


def _reach(window: Sequence[int]) -> int:
    """How far the last of these numbers lies behind the first."""
    rows, columns, row_apart, column_apart, taps, run, tap_apart = window
    if not taps * run:
        return 0
    return (rows - 1) * row_apart + (columns - 1) * column_apart + (taps - 1) * tap_apart + run


def _check(size: int, reach: int) -> None:
    """Strides know no bounds; a program that leaves its buffer is a bug here, and would read anything."""
    if not 0 <= reach <= size:
        raise IndexError(f"{reach} numbers of {size}")


def _frame(op: Op, sizes: Sequence[int]) -> Step:
    height, width, channels, rows, columns, top, left = op.sizes
    outside = rounded(op.vectors[0])
    first, after = max(0, -top), min(rows, height - top)
    begin, end = max(0, -left), min(columns, width - left)

    def step(source: Array, target: Array) -> None:
        found = target[:, : rows * columns * channels].reshape(len(target), rows, columns, channels)
        image = source.reshape(len(source), height, width, channels)
        found[:, :first], found[:, after:] = outside, outside
        found[:, first:after, :begin], found[:, first:after, end:] = outside, outside
        inner = image[:, first + top : after + top, begin + left : end + left]
        found[:, first:after, begin:end] = inner

    return step


def _enlarge(op: Op, sizes: Sequence[int]) -> Step:
    height, width, channels, size = op.sizes

    def step(source: Array, target: Array) -> None:
        found = target.reshape(len(target), height, size, width, size, channels)
        found[:] = source.reshape(len(source), height, 1, width, 1, channels)

    return step


def _pool(op: Op, sizes: Sequence[int]) -> Step:
    height, width, channels, size, average = op.sizes
    rows, columns = height // size, width // size
    join = np.add if average else np.maximum

    def step(source: Array, target: Array) -> None:
        found = target.reshape(len(target), rows, columns, channels)
        image = source.reshape(len(source), height, width, channels)[:, : rows * size, : columns * size]
        parts = [image[:, row::size, column::size] for row in range(size) for column in range(size)]
        found[:] = parts[0]
        for part in parts[1:]:
            join(found, part, out=found)
        if average:
            found /= np.float32(size**2)

    return step


def _add(op: Op, sizes: Sequence[int]) -> Step:
    return lambda one, other, target: np.add(one, other, out=target)


def _affine(op: Op, sizes: Sequence[int]) -> Step:
    pixels, channels = op.sizes
    scale, shift = map(rounded, op.vectors)

    def step(source: Array, target: Array) -> None:
        shape = (len(source), pixels, channels)
        found = target.reshape(shape)
        np.multiply(source.reshape(shape), scale, out=found)
        found += shift

    return step


def _normalize(op: Op, sizes: Sequence[int]) -> Step:
    pixels, channels = op.sizes
    epsilon = rounded(op.vectors[0])

    def step(source: Array, target: Array) -> None:
        image, found = (each.reshape(len(source), pixels, channels) for each in (source, target))
        np.subtract(image, image.mean(-1, keepdims=True), out=found)
        found /= np.sqrt(np.square(found).mean(-1, keepdims=True) + epsilon)

    return step


def _activate(op: Op, sizes: Sequence[int]) -> Step:
    return APPLIED[FUNCTIONS[op.sizes[1]]]


def _relu(x: Array, to: Array) -> None:
    np.maximum(x, 0, out=to)


def _sigmoid(x: Array, to: Array) -> None:
    np.negative(x, out=to)
    np.exp(to, out=to)
    to += 1
    np.reciprocal(to, out=to)


def _gelu(x: Array, to: Array) -> None:
    from scipy.special import erf

    found = erf(x * np.float32(math.sqrt(0.5)))
    found += 1
    found *= x
    np.multiply(found, np.float32(0.5), out=to)


def _elu(x: Array, to: Array) -> None:
    below = np.expm1(np.minimum(x, 0))
    np.maximum(x, below, out=to)


def _silu(x: Array, to: Array) -> None:
    found = np.exp(-x)
    found += 1
    np.divide(x, found, out=to)


def _leaky(x: Array, to: Array) -> None:
    np.maximum(x, x * np.float32(0.2), out=to)


def _relu6(x: Array, to: Array) -> None:
    np.clip(x, 0, 6, out=to)


APPLIED: dict[str, Step] = {
    "relu": _relu,
    "sigmoid": _sigmoid,
    "tanh": lambda x, to: np.tanh(x, out=to),
    "gelu": _gelu,
    "elu": _elu,
    "silu": _silu,
    "leaky_relu": _leaky,
    "relu6": _relu6,
    "sin": lambda x, to: np.sin(x, out=to),
}
STEPS: dict[str, Callable[[Op, Sequence[int]], Step]] = {
    "convolve": _convolve,
    "frame": _frame,
    "enlarge": _enlarge,
    "pool": _pool,
    "add": _add,
    "affine": _affine,
    "normalize": _normalize,
    "activate": _activate,
}
