"""From a saved network's layers to the operations that the browser knows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from vae_core.errors import LoupeError
from vae_core.look.program import windows
from vae_core.look.program.operations import Op, Program, Shape, Value
from vae_core.runs.keras_file import Graph, Layer

Apply = Callable[["Network", Layer, Value], Value]


class Network(Program):
    """A saved network as a program. A LoupeError where it holds what the browser does not know."""

    def __init__(self, graph: Graph, merged: bool) -> None:
        """`merged`: convolutions take up-sampling into their weights, which then are more."""
        super().__init__()
        self.graph = graph
        self.merged = merged
        uses = Counter([*(name for layer in graph.layers for name in layer.inputs), *graph.outputs])
        values: dict[str, Value] = {}
        for layer in graph.layers:
            value = self._apply(layer, [values[name] for name in layer.inputs])
            values[layer.name] = value if uses[layer.name] == 1 else replace(value, makers=())
        self.input = values[graph.input]
        self.outputs = [self.done(values[name]) for name in graph.outputs]

    def _apply(self, layer: Layer, inputs: list[Value]) -> Value:
        if layer.kind == "InputLayer":
            return self.new(tuple(layer.options["batch_shape"][1:]))
        if layer.kind in JOINING and len(inputs) == 2:
            return JOINING[layer.kind](self, *(self.done(value) for value in inputs))
        if layer.kind not in KNOWN or layer.calls != 1 or len(inputs) != 1:
            raise LoupeError(f"its layer {layer.name} ({layer.kind}) is used as no notation does")
        return KNOWN[layer.kind](self, layer, inputs[0])

    def weights(self, layer: Layer, kernel: Shape, filters: int) -> tuple[np.ndarray, np.ndarray]:
        """Kernel and bias; zeros where the layer has none."""
        biased = layer.options["use_bias"]
        found = self.graph.arrays(layer.name, kernel, *([(filters,)] if biased else []))
        return found[0], found[1] if biased else np.zeros(filters)


def _sum(network: Network, one: Value, other: Value) -> Value:
    if one.shape != other.shape:
        raise LoupeError("it adds images of different sizes")
    return network.emit("add", [one, other], one.shape, [math.prod(one.shape)])


def _joined(network: Network, one: Value, other: Value) -> Value:
    """Flat numbers one after the other: each is copied to its part of one buffer, as an image of one pixel."""
    (first,), (second,) = one.shape, other.shape
    found = network.new((first + second,))
    for value, count, start in ((one, first, 0), (other, second, first)):
        copy = Op("frame", ((value.buffer, 0),), (found.buffer, start), [1, 1, count, 1, 1, 0, 0], [np.zeros(count)])
        network.ops.append(copy)
    return found


def _activated(network: Network, layer: Layer, value: Value) -> Value:
    return network.activated(value, layer.options["activation"])


def _dense(network: Network, layer: Layer, value: Value) -> Value:
    (count,), units = value.shape, int(layer.options["units"])
    kernel, bias = network.weights(layer, (count, units), units)
    one = windows.plain(1, 1, 1, same=False)
    pixel = replace(value, shape=(1, 1, count))
    found = network.convolved(pixel, kernel.reshape(1, 1, count, units), bias, one, one)
    return _activated(network, layer, replace(found, shape=(units,)))


def _conv(network: Network, layer: Layer, value: Value) -> Value:
    (_, _, channels), filters = value.shape, int(layer.options["filters"])
    sides, strides, same = _window(layer)
    kernel, bias = network.weights(layer, (*sides, channels, filters), filters)
    if network.merged and value.repeat > 1 and strides == (1, 1) and max(sides) > 1:
        axes = [windows.enlarged(n, k, value.repeat, same) for n, k in zip(value.shape[:2], sides)]
    else:
        value = network.enlarged(value)
        axes = [windows.plain(n, k, s, same) for n, k, s in zip(value.shape[:2], sides, strides)]
    return _activated(network, layer, network.convolved(value, kernel, bias, axes[0], axes[1]))


def _deconv(network: Network, layer: Layer, value: Value) -> Value:
    value, filters = network.enlarged(value), int(layer.options["filters"])
    sides, strides, same = _window(layer)
    kernel, bias = network.weights(layer, (*sides, filters, value.shape[2]), filters)
    rows, columns = (windows.transposed(n, k, s, same) for n, k, s in zip(value.shape[:2], sides, strides))
    return _activated(network, layer, network.convolved(value, kernel.swapaxes(2, 3), bias, rows, columns))


def _window(layer: Layer) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    return tuple(layer.options["kernel_size"]), tuple(layer.options["strides"]), layer.options["padding"] == "same"


def _norm(network: Network, layer: Layer, value: Value) -> Value:
    gamma, beta, mean, variance = network.graph.arrays(layer.name, *[value.shape[-1:]] * 4)
    scale = gamma / np.sqrt(variance + layer.options["epsilon"])
    return network.scaled(value, scale, beta - mean * scale)


def _layer_norm(network: Network, layer: Layer, value: Value) -> Value:
    """Its scale and shift wait for a convolution, as those of a batch norm do."""
    gamma, beta = network.graph.arrays(layer.name, *[value.shape[-1:]] * 2)
    value, channels = network.normed(value), value.shape[-1]
    sizes = [math.prod(value.shape) // channels, channels]
    found = network.emit("normalize", [value], value.shape, sizes, np.array([layer.options["epsilon"]]))
    return network.scaled(replace(found, repeat=value.repeat), gamma, beta)


def _pool(network: Network, layer: Layer, value: Value) -> Value:
    size = layer.options["pool_size"]
    if layer.options["strides"] != size:
        raise LoupeError(f"its layer {layer.name} has windows that overlap or leave gaps")
    average = layer.kind == "AveragePooling2D"
    value = network.enlarged(value)
    if not average and value.scale is not None and (value.scale < 0).any():
        value = network.normed(value)  # the largest becomes the smallest
    height, width, channels = value.shape
    shape = (height // size[0], width // size[0], channels)
    found = network.emit("pool", [value], shape, [*value.shape, size[0], int(average)])
    return replace(found, scale=value.scale, shift=value.shift)


def _up(network: Network, layer: Layer, value: Value) -> Value:
    size = layer.options["size"]
    return replace(network.enlarged(value), repeat=size[0], makers=())


def _crop(network: Network, layer: Layer, value: Value) -> Value:
    value = network.enlarged(value)
    (top, below), (left, right) = layer.options["cropping"]
    return network.framed(value, top, left, value.shape[0] - top - below, value.shape[1] - left - right)


def _pad(network: Network, layer: Layer, value: Value) -> Value:
    value = network.enlarged(value)
    (top, below), (left, right) = layer.options["padding"]
    return network.framed(value, -top, -left, value.shape[0] + top + below, value.shape[1] + left + right)


def _flat(network: Network, layer: Layer, value: Value) -> Value:
    return _reshaped(network, value, (-1,))


def _reshape(network: Network, layer: Layer, value: Value) -> Value:
    return _reshaped(network, value, tuple(layer.options["target_shape"]))


def _reshaped(network: Network, value: Value, shape: Shape) -> Value:
    """The numbers stay where they are; a batch norm stays undone where it fits the new channels."""
    value = network.enlarged(value)
    count = math.prod(value.shape)
    shape = tuple(count // -math.prod(shape) if size == -1 else size for size in shape)
    if shape[-1] != value.shape[-1]:
        value = replace(network.normed(value) if shape[-1] != count else _per_number(value, count), makers=())
    return replace(value, shape=shape)


def _per_number(value: Value, count: int) -> Value:
    if value.scale is None or value.shift is None:
        return value
    return replace(value, scale=np.resize(value.scale, count), shift=np.resize(value.shift, count))


def _sine(network: Network, layer: Layer, value: Value) -> Value:
    return network.activated(value, "sin")


def _same(network: Network, layer: Layer, value: Value) -> Value:
    return value


KNOWN: Mapping[str, Apply] = {
    "Dense": _dense,
    "Conv2D": _conv,
    "Conv2DTranspose": _deconv,
    "BatchNormalization": _norm,
    "Dropout": _same,
    "Activation": _activated,
    "MaxPooling2D": _pool,
    "AveragePooling2D": _pool,
    "UpSampling2D": _up,
    "Cropping2D": _crop,
    "ZeroPadding2D": _pad,
    "Flatten": _flat,
    "Reshape": _reshape,
    "LayerNormalization": _layer_norm,
    "Sin": _sine,
}
JOINING: Mapping[str, Callable[[Network, Value, Value], Value]] = {"Add": _sum, "Concatenate": _joined}
