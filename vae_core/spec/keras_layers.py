"""Layers as lines of Keras code, for people to read and run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from vae_core.spec.layers import (
    Activation,
    BatchNorm,
    Code,
    Convolution,
    Crop,
    Deconv,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Pad,
    Pool,
    Reshape,
    Residual,
    Shape,
    Up,
)

KERAS_NAMES = {"leaky": "leaky_relu"}


def chain(layers: Iterable[Layer], shape: Shape, depth: int = 0) -> list[str]:
    """Lines that carry `x` through the layers."""
    lines: list[str] = []
    for layer in layers:
        if isinstance(layer, Residual):
            lines += _residual(layer, shape, depth)
        else:
            lines.append(f"x = layers.{expression(layer)}(x)")
        shape = layer.output(shape)
    return lines


def _residual(block: Residual, shape: Shape, depth: int) -> list[str]:
    saved = f"shortcut{depth}" if depth else "shortcut"
    lines = [f"{saved} = x", *chain(block.body, shape, depth + 1)]
    channels = block.output(shape)[-1]
    if channels != shape[-1]:
        layer = f"Conv2D({channels}, 1)" if len(shape) == 3 else f"Dense({channels})"
        lines.append(f"{saved} = layers.{layer}({saved})")
    return [*lines, f"x = layers.Add()([x, {saved}])"]


@singledispatch
def expression(layer: Layer) -> str:
    """The call that makes one layer."""
    raise TypeError(f"no Keras code for {layer!r}")


def _call(name: str, *arguments: object, activation: str = "linear", **options: str) -> str:
    named = {**options, **({"activation": KERAS_NAMES.get(activation, activation)} if activation != "linear" else {})}
    return (
        f"{name}({', '.join([*map(str, arguments), *(f'{key}={value!r}' for key, value in named.items())])})".replace(
            "'", '"'
        )
    )


@expression.register
def _(layer: Convolution) -> str:
    name = "Conv2DTranspose" if isinstance(layer, Deconv) else "Conv2D"
    strides = [f"strides={layer.stride}"] if layer.stride > 1 else []
    padding = {} if layer.valid else {"padding": "same"}
    return _call(name, layer.filters, layer.kernel, *strides, activation=layer.activation, **padding)


@expression.register
def _(layer: Dense) -> str:
    return _call("Dense", layer.units, activation=layer.activation)


@expression.register
def _(layer: Code) -> str:
    return _call("Dense", layer.size, activation=layer.activation)


@expression.register
def _(layer: BatchNorm) -> str:
    return "BatchNormalization()"


@expression.register
def _(layer: Dropout) -> str:
    return f"Dropout({layer.rate:g})"


@expression.register
def _(layer: Activation) -> str:
    return f'Activation("{KERAS_NAMES.get(layer.name, layer.name)}")'


@expression.register
def _(layer: Pool) -> str:
    return f"{'Average' if layer.average else 'Max'}Pooling2D({layer.size})"


@expression.register
def _(layer: Up) -> str:
    return f"UpSampling2D({layer.size})"


@expression.register
def _(layer: Flatten) -> str:
    return "Flatten()"


@expression.register
def _(layer: Reshape) -> str:
    return f"Reshape({layer.shape})"


@expression.register
def _(layer: Crop) -> str:
    return f"Cropping2D({_sides(layer)})"


@expression.register
def _(layer: Pad) -> str:
    return f"ZeroPadding2D({_sides(layer)})"


def _sides(layer: Crop | Pad) -> str:
    (height, width) = ((size // 2, size - size // 2) for size in (layer.height, layer.width))
    return f"({height}, {width})"
