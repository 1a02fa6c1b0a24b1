"""The few operations that the browser knows, and how a network is put together from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from vae_core.design.layers import MAX_ACTIVATION, activations
from vae_core.errors import LoupeError
from vae_core.look.program import windows
from vae_core.look.program.windows import Axis, Phase

# The browser knows them by their places in this list.
FUNCTIONS = tuple(each.keras or each.name for each in activations.FUNCTIONS if each.name != "linear")
MOST_NUMBERS = 2 * MAX_ACTIVATION  # in one buffer: what a layer may put out, and a border around it
Array = np.ndarray
Shape = tuple[int, ...]
Place = tuple[int, int]  # a buffer, and how many numbers after its beginning


@dataclass
class Op:
    """`kernel` (rows, columns, in, out) and `vectors` are its weights; `sizes` is all else that it needs to know."""

    name: str
    reads: tuple[Place, ...]
    writes: Place
    sizes: list[int]
    vectors: list[Array] = field(default_factory=list)
    kernel: Array | None = None


@dataclass(frozen=True)
class Value:
    """Numbers in a buffer, and what whoever reads them has still to do to them.

    That is a batch norm (`scale` and `shift` of each channel), then an enlargement by `repeat`. `makers` are the
    convolutions that have just computed it, as long as a batch norm can still go into their weights.
    """

    shape: Shape  # in the buffer
    buffer: int
    scale: Array | None = None
    shift: Array | None = None
    repeat: int = 1
    makers: tuple[Op, ...] = ()

    @property
    def zero(self) -> Array:
        """What becomes zero by the batch norm; not finite where nothing does."""
        if self.scale is None or self.shift is None:
            return np.zeros(self.shape[-1], np.float32)
        with np.errstate(all="ignore"):
            return (-self.shift / self.scale).astype(np.float32)


class Program:
    """Operations in order, and the sizes of the buffers between them."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.sizes: list[int] = []

    def new(self, shape: Shape) -> Value:
        self.sizes.append(math.prod(shape))
        if self.sizes[-1] > MOST_NUMBERS:
            raise LoupeError(f"a layer of it puts out {self.sizes[-1]:,} numbers")
        return Value(shape, len(self.sizes) - 1)

    def emit(self, name: str, reads: list[Value], shape: Shape, sizes: list[int], *vectors: Array) -> Value:
        value = self.new(shape)
        self.ops.append(Op(name, tuple((v.buffer, 0) for v in reads), (value.buffer, 0), sizes, list(vectors)))
        return value

    def done(self, value: Value) -> Value:
        """With nothing left to do."""
        return self.enlarged(self.normed(value))

    def normed(self, value: Value) -> Value:
        if value.scale is None or value.shift is None:
            return value
        sizes = [math.prod(value.shape) // len(value.scale), len(value.scale)]
        found = self.emit("affine", [value], value.shape, sizes, value.scale, value.shift)
        return replace(found, repeat=value.repeat)

    def enlarged(self, value: Value) -> Value:
        if value.repeat == 1:
            return value
        height, width, channels = value.shape
        shape = (height * value.repeat, width * value.repeat, channels)
        found = self.emit("enlarge", [value], shape, [*value.shape, value.repeat])
        return replace(found, scale=value.scale, shift=value.shift)

    def scaled(self, value: Value, scale: Array, shift: Array) -> Value:
        """A batch norm: into the weights that made the value where they are near, else left to whoever reads it."""
        if value.makers:
            for op in value.makers:
                assert op.kernel is not None
                op.kernel, op.vectors = op.kernel * scale, [op.vectors[0] * scale + shift]
            return value
        if value.scale is not None and value.shift is not None:
            scale, shift = value.scale * scale, value.shift * scale + shift
        return replace(value, scale=scale, shift=shift)

    def framed(self, value: Value, top: int, left: int, height: int, width: int) -> Value:
        """A window onto an image that begins `top` rows below its first; zeros where it reaches beyond."""
        value = self.enlarged(value)
        if (top, left, height, width) == (0, 0, *value.shape[:2]):
            return value
        if not np.isfinite(value.zero).all():
            value = self.normed(value)
        sizes = [*value.shape, height, width, top, left]
        found = self.emit("frame", [value], (height, width, value.shape[2]), sizes, value.zero)
        return replace(found, scale=value.scale, shift=value.shift)

    def activated(self, value: Value, name: str) -> Value:
        if name == "linear":
            return value
        value = self.normed(value)
        sizes = [math.prod(value.shape), FUNCTIONS.index(name)]
        found = self.emit("activate", [value], value.shape, sizes)
        return replace(found, repeat=value.repeat)

    def convolved(self, value: Value, kernel: Array, bias: Array, rows: Axis, columns: Axis) -> Value:
        """One operation for each phase; all read the same framed input, and fill their places of one output."""
        (top, below), (left, right) = rows.border, columns.border
        height, width, _ = value.shape
        value = self.framed(replace(value, repeat=1), -top, -left, height + top + below, width + left + right)
        result = self.new((rows.outputs, columns.outputs, kernel.shape[-1]))
        pairs = [(row, column) for row in rows.phases for column in columns.phases]
        makers = [self._phase(value, result, (rows, columns), pair) for pair in pairs]
        for op, pair in zip(makers, pairs, strict=True):
            op.kernel = windows.summed(kernel, *pair)
            op.vectors = [bias]
            _take_norm(op, value)
        self.ops += makers
        return replace(result, makers=tuple(makers))

    def _phase(self, value: Value, result: Value, axes: tuple[Axis, Axis], phases: tuple[Phase, Phase]) -> Op:
        """Distances are in numbers, not in pixels."""
        (_, wide, channels), (_, wide_out, filters) = value.shape, result.shape
        (rows, columns), (row, column) = axes, phases
        taps = (len(row.taps), len(column.taps))
        start = (row.start + rows.border[0]) * wide + column.start + columns.border[0] if all(taps) else 0
        first = row.first * wide_out + column.first
        sizes = [
            *(row.count, column.count, rows.pixels_apart * wide * channels, columns.pixels_apart * channels),
            *(taps[0], taps[1] * channels, wide * channels),
            *(rows.outputs_apart * wide_out * filters, columns.outputs_apart * filters, filters),
        ]
        return Op("convolve", ((value.buffer, start * channels),), (result.buffer, first * filters), sizes)


def _take_norm(op: Op, value: Value) -> None:
    """Let the weights do the batch norm of the value that they are applied to."""
    if value.scale is not None and value.shift is not None:
        assert op.kernel is not None
        op.vectors = [op.vectors[0] + (op.kernel * value.shift[:, None]).sum((0, 1, 2))]
        op.kernel = op.kernel * value.scale[:, None]
