"""Convolutions of every kind as one: sums over windows that begin at fixed distances along each axis.

A transposed convolution of stride s is s convolutions a side, one for each place of an output in a step: its *phase*.
So is a convolution after nearest up-sampling, over the smaller image; its taps that meet the same pixel are added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import numpy as np


@dataclass(frozen=True)
class Phase:
    """Every output `first`, `first + outputs_apart`, ...: `count` of them, the first reading from pixel `start` on."""

    first: int
    count: int
    start: int
    taps: tuple[tuple[int, ...], ...]  # for each pixel that is read, the rows of the kernel that meet it


@dataclass(frozen=True)
class Axis:
    length: int  # pixels that come in
    outputs: int
    pixels_apart: int  # between what neighbouring outputs of a phase read
    outputs_apart: int
    phases: tuple[Phase, ...]

    @property
    def border(self) -> tuple[int, int]:
        """Pixels that are read above the first one, and below the last one."""
        reading = [phase for phase in self.phases if phase.taps]
        ends = [p.start + (p.count - 1) * self.pixels_apart + len(p.taps) for p in reading]
        return max([0, *(-phase.start for phase in reading)]), max([0, *(end - self.length for end in ends)])


def plain(length: int, kernel: int, stride: int, same: bool) -> Axis:
    """Keras' Conv2D: with padding, an odd row of zeros goes below."""
    outputs = -(-length // stride) if same else (length - kernel) // stride + 1
    before = _before(outputs, length, kernel, stride) if same else 0
    return Axis(length, outputs, stride, 1, (Phase(0, outputs, -before, tuple((k,) for k in range(kernel))),))


def transposed(length: int, kernel: int, stride: int, same: bool) -> Axis:
    """Keras' Conv2DTranspose: output o takes the kernel's row k from pixel i where i * stride + k = o + before."""
    outputs = length * stride + (0 if same else max(kernel - stride, 0))
    before = _before(length, outputs, kernel, stride) if same else 0

    def phase(first: int) -> Phase:
        rows = range((first + before) % stride, kernel, stride)
        start = (first + before) // stride - len(rows) + 1
        return Phase(first, _count(outputs, first, stride), start, tuple((k,) for k in reversed(rows)))

    return Axis(length, outputs, 1, stride, _used(map(phase, range(stride))))


def enlarged(length: int, kernel: int, size: int, same: bool) -> Axis:
    """Conv2D of stride 1 on pixels that are each repeated `size` times; `length` counts them before that."""
    outputs = length * size - (0 if same else kernel - 1)
    before = (kernel - 1) // 2 if same else 0

    def phase(first: int) -> Phase:
        met = groupby(range(kernel), lambda k: (first - before + k) // size)
        start = (first - before) // size
        return Phase(first, _count(outputs, first, size), start, tuple(tuple(rows) for _, rows in met))

    return Axis(length, outputs, 1, size, _used(map(phase, range(size))))


def summed(kernel: np.ndarray, rows: Phase, columns: Phase) -> np.ndarray:
    """The kernel (rows, columns, in, out) of one phase."""
    for axis, phase in ((0, rows), (1, columns)):
        parts = [kernel.take(group, axis).sum(axis, keepdims=True) for group in phase.taps]
        kernel = np.concatenate(parts, axis) if parts else kernel.take([], axis)
    return kernel


def _before(fewer: int, more: int, kernel: int, stride: int) -> int:
    return max((fewer - 1) * stride + kernel - more, 0) // 2


def _count(outputs: int, first: int, apart: int) -> int:
    return -(-(outputs - first) // apart)


def _used(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    return tuple(phase for phase in phases if phase.count > 0)
