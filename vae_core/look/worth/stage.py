"""A layer that computes, with the activation and norm that belong to it, and the straight layer of its own kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vae_core.design.layers import (
    Activation,
    BatchNorm,
    Code,
    Conv,
    Convolution,
    Crop,
    Dense,
    Dropout,
    Pad,
    Principal,
    Residual,
    Shape,
    Up,
)
from vae_core.design.layers import Layer as Design
from vae_core.design.notation import write
from vae_core.look.program import windows
from vae_core.look.program.windows import Axis
from vae_core.runs.keras_file import Layer

STRAIGHT = {"use_bias": True, "activation": "linear"}
SUMS = (Dense, Code, Convolution, Principal, BatchNorm, Dropout, Crop, Pad, Up)  # weighted sums, but for an activation
BLOCK = "block"  # what a block is called that adds to what passes it
ONE = windows.plain(1, 1, 1, same=False)


@dataclass(frozen=True)
class Straight:
    """A layer without a bend: whatever it puts out is a weighted sum of what is in its window, and a constant."""

    layer: Layer
    rows: Axis
    columns: Axis
    kernel: int
    channels: int
    filters: int

    @property
    def numbers(self) -> int:
        """That go into each number that comes out, the constant among them."""
        return self.kernel**2 * self.channels + 1

    @property
    def places(self) -> int:
        """Of one image, at each of which it is asked what comes out."""
        return self.rows.outputs * self.columns.outputs


@dataclass(frozen=True)
class Stage:
    part: str
    layers: tuple[Design, ...]
    shape: Shape  # of what reaches it
    first: int  # of its places in the chain
    last: int

    @property
    def name(self) -> str:
        return BLOCK if isinstance(self.layers[0], Residual) else self.layers[0].text

    @property
    def text(self) -> str:
        """With what belongs to it."""
        return write(self.layers)

    @property
    def output(self) -> Shape:
        shape = self.shape
        for layer in self.layers:
            shape = layer.output(shape)
        return shape

    @property
    def bends(self) -> bool:
        """Whether it is anything but a straight map; where it is none, nothing changes by taking one."""
        return any(map(_bends, self.layers))

    @property
    def keeps_shape(self) -> bool:
        return self.output == self.shape

    def straight(self) -> Straight | None:
        """Of its own kind; None where there is none."""
        if len(self.shape) == 1 and len(self.output) == 1:
            return _dense(self.shape[0], self.output[0])
        layer = self.layers[0]
        if isinstance(layer, Residual):
            sides = _sides(layer.body)
            return None if sides is None else _windowed(Conv(self.output[-1], 1 + 2 * sides), self.shape)
        return _windowed(layer, self.shape) if isinstance(layer, Convolution) else None


def _bends(layer: Design) -> bool:
    if isinstance(layer, Residual):
        return any(map(_bends, layer.body))
    if isinstance(layer, Activation):
        return layer.name != "linear"
    return getattr(layer, "activation", "linear") != "linear" or not isinstance(layer, SUMS)


def _dense(count: int, units: int) -> Straight:
    layer = Layer("", "Dense", {"units": units, **STRAIGHT}, (), 1)
    return Straight(layer, ONE, ONE, 1, count, units)


def _windowed(layer: Convolution, shape: Shape) -> Straight:
    transposed = not isinstance(layer, Conv)
    axis = windows.transposed if transposed else windows.plain
    rows, columns = (axis(length, layer.kernel, layer.stride, not layer.valid) for length in shape[:2])
    options: dict[str, object] = {
        "filters": layer.filters,
        "kernel_size": (layer.kernel,) * 2,
        "strides": (layer.stride,) * 2,
        "padding": "valid" if layer.valid else "same",
    }
    made = Layer("", "Conv2DTranspose" if transposed else "Conv2D", {**options, **STRAIGHT}, (), 1)
    return Straight(made, rows, columns, layer.kernel, shape[-1], layer.filters)


def _sides(body: Iterable[Design]) -> int | None:
    """How far a block looks to each side; None where it is not made of convolutions that keep the size."""
    working = [layer for layer in body if not layer.follows]
    if not all(isinstance(layer, Conv) and layer.stride == 1 and not layer.valid for layer in working):
        return None
    return sum(layer.kernel // 2 for layer in working if isinstance(layer, Conv))
