"""The layers a line of notation can hold: their text, and what they do to shapes, parameters and work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from vae_core.errors import LoupeError

Shape = tuple[int, ...]  # (height, width, channels), or (units,)

ACTIVATIONS = ("relu", "linear", "sigmoid", "tanh", "gelu", "elu", "silu", "leaky", "relu6")
MAX_ACTIVATION = 2**24  # numbers that one layer may put out for one image
MAX_CODE = 512


def show(shape: Shape) -> str:
    return "x".join(map(str, shape))


@dataclass(frozen=True)
class Layer:
    """One token. Most layers have no weights."""

    @property
    def text(self) -> str:
        raise NotImplementedError

    def output(self, shape: Shape) -> Shape:
        """The shape that leaves the layer; a LoupeError where this shape cannot enter."""
        raise NotImplementedError

    def parameters(self, shape: Shape) -> int:
        return 0

    def trainable(self, shape: Shape) -> int:
        return self.parameters(shape)

    def multiply_adds(self, shape: Shape) -> int:
        return 0

    def refuse(self, shape: Shape, reason: str, fix: str = "") -> NoReturn:
        raise LoupeError(f"{self.text} cannot take the shape {show(shape)} that reaches it", reason, fix)

    def need_image(self, shape: Shape) -> tuple[int, int, int]:
        if len(shape) != 3:
            fix = "Move it before flatten, or put reshape<h>x<w>x<c> before it"
            self.refuse(shape, "It needs rows, columns and channels", fix)
        return shape[0], shape[1], shape[2]

    def need_flat(self, shape: Shape) -> int:
        if len(shape) != 1:
            self.refuse(shape, "It needs a flat list of numbers", f"Put flatten before {self.text}")
        return shape[0]

    def bounded(self, shape: Shape, output: Shape) -> Shape:
        size = math.prod(output)
        if size > MAX_ACTIVATION:
            reason = f"It would put out {size:,} numbers for one image; at most {MAX_ACTIVATION:,} are allowed"
            self.refuse(shape, reason, "Use fewer filters or units, or a stride or a pool before it")
        return output


def _suffix(activation: str, default: str) -> str:
    return "" if activation == default else f":{activation}"


@dataclass(frozen=True)
class Convolution(Layer):
    filters: int
    kernel: int = 3
    stride: int = 1
    valid: bool = False
    activation: str = "relu"
    word: ClassVar[str] = ""

    @property
    def text(self) -> str:
        kernel = "" if self.kernel == 3 else f"k{self.kernel}"
        stride = "" if self.stride == 1 else f"/{self.stride}"
        return f"{self.word}{self.filters}{kernel}{stride}{'v' * self.valid}{_suffix(self.activation, 'relu')}"

    def parameters(self, shape: Shape) -> int:
        return (self.kernel**2 * shape[-1] + 1) * self.filters


@dataclass(frozen=True)
class Conv(Convolution):
    word: ClassVar[str] = "conv"

    def output(self, shape: Shape) -> Shape:
        height, width, _ = self.need_image(shape)
        side = min(height, width)
        # 3x3 with padding is allowed on any size: report 003 has one on a single pixel.
        if self.kernel > (side if self.valid else max(3, side)):
            fix = f"Use a kernel of at most {side}, as in {self.word}{self.filters}k{side}"
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


@dataclass(frozen=True)
class Deconv(Convolution):
    """A transposed convolution."""

    word: ClassVar[str] = "deconv"

    def output(self, shape: Shape) -> Shape:
        height, width, _ = self.need_image(shape)
        more = max(self.kernel - self.stride, 0) if self.valid else 0
        return self.bounded(shape, (height * self.stride + more, width * self.stride + more, self.filters))

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(shape) * self.kernel**2 * self.filters


@dataclass(frozen=True)
class Dense(Layer):
    units: int
    activation: str = "relu"

    @property
    def text(self) -> str:
        return f"dense{self.units}{_suffix(self.activation, 'relu')}"

    def output(self, shape: Shape) -> Shape:
        self.need_flat(shape)
        return self.bounded(shape, (self.units,))

    def parameters(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.units

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.units


@dataclass(frozen=True)
class Code(Layer):
    """The dense layer that ends an encoder. A VAE has two of them, for the mean and the log-variance."""

    size: int
    activation: str = "linear"

    @property
    def text(self) -> str:
        return f"code{self.size}{_suffix(self.activation, 'linear')}"

    def output(self, shape: Shape) -> Shape:
        self.need_flat(shape)
        return (self.size,)

    def parameters(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.size

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.size


@dataclass(frozen=True)
class BatchNorm(Layer):
    @property
    def text(self) -> str:
        return "bn"

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> int:
        return 4 * shape[-1]

    def trainable(self, shape: Shape) -> int:
        return 2 * shape[-1]


@dataclass(frozen=True)
class Dropout(Layer):
    rate: float

    @property
    def text(self) -> str:
        return f"drop{self.rate:g}"

    def output(self, shape: Shape) -> Shape:
        return shape


@dataclass(frozen=True)
class Activation(Layer):
    name: str

    @property
    def text(self) -> str:
        return self.name

    def output(self, shape: Shape) -> Shape:
        return shape


@dataclass(frozen=True)
class Pool(Layer):
    """Whole windows only: rows and columns that fill none are left out."""

    size: int
    average: bool = False

    @property
    def text(self) -> str:
        return f"{'avg' * self.average}pool{self.size}"

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        if self.size > min(height, width):
            self.refuse(shape, f"Its {self.size}x{self.size} window is larger than the image", "Take this pool out")
        return height // self.size, width // self.size, channels


@dataclass(frozen=True)
class Up(Layer):
    """Every pixel repeated `size` times in both directions."""

    size: int

    @property
    def text(self) -> str:
        return f"up{self.size}"

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        return self.bounded(shape, (height * self.size, width * self.size, channels))


@dataclass(frozen=True)
class Flatten(Layer):
    @property
    def text(self) -> str:
        return "flatten"

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            self.refuse(shape, "The numbers are flat already", "Take this flatten out")
        return (math.prod(shape),)


@dataclass(frozen=True)
class Reshape(Layer):
    height: int
    width: int
    channels: int

    @property
    def text(self) -> str:
        return f"reshape{show(self.shape)}"

    @property
    def shape(self) -> Shape:
        return self.height, self.width, self.channels

    def output(self, shape: Shape) -> Shape:
        wanted, given = math.prod(self.shape), math.prod(shape)
        if wanted != given:
            fix = f"Put dense{wanted} before it, or choose sizes whose product is {given}"
            self.refuse(shape, f"{show(self.shape)} is {wanted:,} numbers, but {given:,} come in", fix)
        return self.shape


@dataclass(frozen=True)
class _Border(Layer):
    """Rows and columns in all; half of them at each side, an odd one at the bottom or the right."""

    height: int
    width: int
    word: ClassVar[str] = ""

    @property
    def text(self) -> str:
        return f"{self.word}{self.height}" if self.height == self.width else f"{self.word}{self.height}x{self.width}"


@dataclass(frozen=True)
class Crop(_Border):
    word: ClassVar[str] = "crop"

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        if self.height >= height or self.width >= width:
            self.refuse(shape, "It would leave nothing of the image", "Crop less, or take it out")
        return height - self.height, width - self.width, channels


@dataclass(frozen=True)
class Pad(_Border):
    """Rows and columns of zeros."""

    word: ClassVar[str] = "pad"

    def output(self, shape: Shape) -> Shape:
        height, width, channels = self.need_image(shape)
        return self.bounded(shape, (height + self.height, width + self.width, channels))


@dataclass(frozen=True)
class Residual(Layer):
    """The body's output plus its input; where channels differ, the input goes through a linear 1x1 layer first."""

    body: tuple[Layer, ...]

    @property
    def text(self) -> str:
        return f"res({' '.join(layer.text for layer in self.body)})"

    def output(self, shape: Shape) -> Shape:
        result = self._shapes(shape)[-1]
        if result[:-1] != shape[:-1]:
            reason = f"Its body changes the height or width ({show(result)} comes out), so the sum has no meaning"
            self.refuse(shape, reason, "Put the stride, pool or crop outside the block")
        return result

    def parameters(self, shape: Shape) -> int:
        return self._sum("parameters", shape) + self._shortcut(shape, bias=True)

    def trainable(self, shape: Shape) -> int:
        return self._sum("trainable", shape) + self._shortcut(shape, bias=True)

    def multiply_adds(self, shape: Shape) -> int:
        return self._sum("multiply_adds", shape) + self._shortcut(shape, bias=False) * math.prod(shape[:-1])

    def _shapes(self, shape: Shape) -> list[Shape]:
        """The shape before each layer of the body, and the last one after it."""
        shapes = [shape]
        for layer in self.body:
            shapes.append(layer.output(shapes[-1]))
        return shapes

    def _sum(self, what: str, shape: Shape) -> int:
        return sum(getattr(layer, what)(each) for layer, each in zip(self.body, self._shapes(shape), strict=False))

    def _shortcut(self, shape: Shape, bias: bool) -> int:
        channels = self._shapes(shape)[-1][-1]
        return 0 if channels == shape[-1] else (shape[-1] + bias) * channels
