"""Layers that look at a small window of the image at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from vae_core.design.layers.activations import SUFFIX, option, read_activation, suffix, then
from vae_core.design.layers.base import Call, Layer, Option, Shape, Word
from vae_core.design.layers.tokens import (
    MAX_FILTERS,
    MAX_STRIDE,
    NUMBER,
    Form,
    Values,
    grow,
    nth,
    number,
    shrink,
    whole,
)
from vae_core.errors import LoupeError
from vae_core.words import plural

MAX_KERNEL = 31
FORM = f"{NUMBER}(?:k{NUMBER})?(?:/{NUMBER})?(v)?{SUFFIX}"
KERAS = {"filters": "filters", "kernel_size": "kernel", "strides": "stride", "padding": "padding"}
TORCH = {
    "in_channels": "",
    "out_channels": "filters",
    "kernel_size": "kernel",
    "stride": "stride",
    "padding": "padding",
}
MORE = {"output_padding": "more"}
CHANGES = {"filters": "filters", "kernel": "kernels", "stride": "strides", "valid": "kernels"}


@dataclass(frozen=True)
class Convolution(Layer):
    filters: int
    kernel: int = 3
    stride: int = 1
    valid: bool = False
    activation: str = "relu"

    @classmethod
    def read(cls, token: str, parts: list[str]) -> Self:
        filters, kernel, stride, valid, activation = parts
        return cls(
            number(token, filters, "filter count", MAX_FILTERS),
            number(token, kernel or "3", "kernel size", MAX_KERNEL),
            number(token, stride or "1", "stride", MAX_STRIDE),
            bool(valid),
            read_activation(token, activation, "relu"),
        )

    @classmethod
    def made(cls, name: str, values: Values) -> Layer:
        kernel, stride = whole(values, "kernel"), whole(values, "stride", 1)
        valid = cls._is_valid(values, kernel, stride)
        return cls(whole(values, "filters"), kernel, stride, valid, str(values.get("activation", "linear")))

    @classmethod
    def _is_valid(cls, values: Values, kernel: int, stride: int) -> bool:
        """Whether it has no padding. Keras says it in a word, PyTorch in pixels."""
        said = values.get("padding", 0)
        if isinstance(said, str):
            return said.lower() != "same"
        padding, more = whole(values, "padding", 0), whole(values, "more", 0)
        if cls._is_same(kernel, stride, padding, more):
            return False
        if padding or more:
            raise LoupeError(f"its padding of {padding} has no like here")
        return True

    @classmethod
    def _is_same(cls, kernel: int, stride: int, padding: int, more: int) -> bool:
        """Whether so many pixels around the image keep its size, up to the stride."""
        raise NotImplementedError

    @classmethod
    def guesses(cls, name: str, before: Shape, after: Shape, parameters: int) -> Iterator[Layer]:
        """The kernel follows from the count of weights, with a bias or without."""
        windows = [(parameters / after[-1] - bias) / before[-1] for bias in (1, 0)]
        kernels = [kernel for kernel in range(1, MAX_KERNEL + 1) if kernel**2 in windows] or [3]
        for kernel, stride, valid in itertools.product(kernels, range(1, MAX_STRIDE + 1), (False, True)):
            yield cls(after[-1], kernel, stride, valid)

    @property
    def text(self) -> str:
        kernel = "" if self.kernel == 3 else f"k{self.kernel}"
        stride = "" if self.stride == 1 else f"/{self.stride}"
        return f"{self.words[0].word}{self.filters}{kernel}{stride}{'v' * self.valid}{suffix(self.activation, 'relu')}"

    def parameters(self, shape: Shape) -> int:
        return (self.kernel**2 * shape[-1] + 1) * self.filters

    def with_outputs(self, count: int) -> Layer:
        return replace(self, filters=count)

    def smaller(self) -> tuple[Layer, ...]:
        whole = replace(self, stride=1), replace(self, valid=False), *(replace(self, kernel=k) for k in (5, 3, 1))
        plain = (replace(self, kernel=k, stride=1, valid=False) for k in (3, 1))
        fewer = (replace(self, filters=max(1, self.filters // factor)) for factor in (2, 4, 8, 16, 64))
        return (*whole, *plain, *fewer)

    def change(self, name: str) -> str:
        return CHANGES.get(name, "activations")

    @property
    def options(self) -> dict[str, Option]:
        """Of the layer of Keras, beside its filters and its kernel."""
        strides: dict[str, Option] = {"strides": self.stride} if self.stride > 1 else {}
        padding = {} if self.valid else {"padding": "same"}
        return {**strides, **padding, **option(self.activation)}


@dataclass(frozen=True)
class Conv(Convolution):
    words: ClassVar = (Word("conv", ("conv16", "conv16k5/2v", "conv16:gelu"), FORM, also=("convolution",)),)
    forms: ClassVar = (Form("Conv2D", {**KERAS, "activation": "activation"}), Form("Conv2d", TORCH))

    @classmethod
    def _is_same(cls, kernel: int, stride: int, padding: int, more: int) -> bool:
        return 2 * padding == kernel - 1 or (stride > 1 and 0 < 2 * padding == kernel - 2)

    def output(self, shape: Shape) -> Shape:
        height, width, _ = self.need_image(shape)
        side = min(height, width)
        # 3x3 with padding is allowed on any size: report 003 has one on a single pixel.
        if self.kernel > (side if self.valid else max(3, side)):
            fix = f"Use a kernel of at most {side}, as in conv{self.filters}k{side}"
            self.refuse(shape, f"Its {self.kernel}x{self.kernel} kernel is larger than the image", fix)
        if self.stride > side:
            fix = f"Use a stride of at most {side}"
            self.refuse(shape, f"Its stride of {self.stride} is larger than the image", fix)
        rows, columns = (self._length(size) for size in (height, width))
        return self.bounded(shape, (rows, columns, self.filters))

    def _length(self, size: int) -> int:
        return (size - self.kernel) // self.stride + 1 if self.valid else -(-size // self.stride)

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(self.output(shape)) * self.kernel**2 * shape[-1]

    def seen(self, side: float, apart: float) -> tuple[float, float]:
        return side + (self.kernel - 1) * apart, apart * self.stride

    def does(self, before: Shape) -> str:
        looks = (
            f"Looks for {plural(self.filters, 'pattern')} of {self.kernel}x{self.kernel} pixels all over the picture"
        )
        if self.stride > 1:
            looks += f", at every {nth(self.stride)} place, so that height and width {shrink(self.stride)}"
        if self.valid:
            looks += ", without looking over the edge"
        return f"{looks}{then(self.activation)}."

    def undone(self, before: Shape, after: Shape) -> tuple[Layer, ...]:
        return (Deconv(self.filters, self.kernel, self.stride, self.valid, self.activation),)

    def keras(self) -> tuple[Call, ...]:
        return (Call("Conv2D", (self.filters, self.kernel), self.options),)


@dataclass(frozen=True)
class Deconv(Convolution):
    """A transposed convolution."""

    words: ClassVar = (
        Word("deconv", ("deconv16", "deconv16k5/2v", "deconv1:sigmoid"), FORM, ("transpose", "convt", "convtranspose")),
    )
    forms: ClassVar = (
        Form("Conv2DTranspose", {**KERAS, "activation": "activation"}),
        Form("ConvTranspose2d", {**TORCH, **MORE}),
    )
    no_mirror: ClassVar = "it makes the image larger, and a mirror would have to guess how to make it smaller"

    @classmethod
    def _is_same(cls, kernel: int, stride: int, padding: int, more: int) -> bool:
        return kernel + more - 2 * padding == stride

    def output(self, shape: Shape) -> Shape:
        height, width, _ = self.need_image(shape)
        more = max(self.kernel - self.stride, 0) if self.valid else 0
        return self.bounded(shape, (height * self.stride + more, width * self.stride + more, self.filters))

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(shape) * self.kernel**2 * self.filters

    def seen(self, side: float, apart: float) -> tuple[float, float]:
        return side + (-(-self.kernel // self.stride) - 1) * apart, apart / self.stride

    def does(self, before: Shape) -> str:
        paints = f"Paints with {plural(self.filters, 'brush', 'brushes')} of {self.kernel}x{self.kernel} pixels"
        if self.stride > 1:
            paints += f", {self.stride} pixels apart, so that height and width {grow(self.stride)}"
        return f"{paints}{then(self.activation)}."

    def keras(self) -> tuple[Call, ...]:
        return (Call("Conv2DTranspose", (self.filters, self.kernel), self.options),)


KINDS = (Conv, Deconv)
