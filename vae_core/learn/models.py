"""From an architecture to Keras networks: the stock ones that are saved, and their fast twins for training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras

from vae_core.design import layers as spec
from vae_core.design.architecture import Architecture, without_sigmoid
from vae_core.design.layers.activations import option
from vae_core.learn.layers import (
    FusedBatchNormalization,
    PreciseConv2D,
    PreciseConv2DTranspose,
    SlicingCrop,
    UpConv,
    saves_work,
)

# By the names of stock layers, what trains in their place: where layers are fused, and in half precision.
FUSED: dict[str, type[keras.layers.Layer]] = {
    "BatchNormalization": FusedBatchNormalization,
    "Cropping2D": SlicingCrop,
}
PRECISE: dict[str, type[keras.layers.Layer]] = {"Conv2D": PreciseConv2D, "Conv2DTranspose": PreciseConv2DTranspose}


@dataclass(frozen=True)
class Style:
    """How a network computes; never what it computes. The default is what is saved and exported."""

    precision: str = "float32"
    fused: bool = False
    logits: bool = False  # leave out the decoder's last sigmoid, for a loss that is computed from logits


@dataclass(frozen=True)
class Networks:
    encoder: keras.Model  # images -> code, or [mean, log variance]
    decoder: keras.Model  # code -> images

    def get_weights(self) -> list[Any]:
        return [*self.encoder.get_weights(), *self.decoder.get_weights()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        count = len(self.encoder.weights)
        self.encoder.set_weights(weights[:count])
        self.decoder.set_weights(weights[count:])

    def whole(self) -> keras.Model:
        """Images -> their reconstructions, at the mean code: what model.keras holds."""
        pictures = keras.Input(self.encoder.input_shape[1:], name="image")
        code = self.encoder(pictures)
        return keras.Model(pictures, self.decoder(code[0] if isinstance(code, list) else code), name="autoencoder")


def build(architecture: Architecture, style: Style | None = None) -> Networks:
    """Networks with fresh weights. The order of construction decides those, so every style gets the same ones."""
    style = style or Style()
    pictures = keras.Input(architecture.image, name="image")
    features = _chain(architecture.encoder, pictures, style)
    encoder = keras.Model(pictures, _heads(architecture, features), name="encoder")
    code = keras.Input((architecture.code.size,), name="code")
    layers = (*architecture.tail, *_decoder_layers(architecture, style))
    return Networks(encoder, keras.Model(code, _decode(layers, code, style), name="decoder"))


def cut(architecture: Architecture, layer: int) -> tuple[keras.Model, keras.Model]:
    """An encoder, and the same one up to a layer, which has the encoder's weights as soon as the encoder has them."""
    pictures = keras.Input(architecture.image, name="image")
    until = _chain(architecture.encoder[: layer + 1], pictures, Style())
    features = _chain(architecture.encoder[layer + 1 :], until, Style())
    return keras.Model(pictures, _heads(architecture, features), name="encoder"), keras.Model(pictures, until)


def _decoder_layers(architecture: Architecture, style: Style) -> tuple[spec.Layer, ...]:
    """The decoder's layers, their last sigmoid taken off where the loss wants logits."""
    as_logits = style.logits and architecture.ends_in_sigmoid
    return without_sigmoid(architecture.decoder) if as_logits else architecture.decoder


def _heads(architecture: Architecture, features: Any) -> Any:
    """The code, in float32 whatever came before: its loss needs the digits."""
    code = architecture.code

    def head(name: str) -> Any:
        return keras.layers.Dense(code.size, name=name, dtype="float32", **option(code.activation))(features)

    return [head("mean"), head("log_variance")] if architecture.kind == "vae" else head("code")


def _decode(layers: Sequence[spec.Layer], code: Any, style: Style) -> Any:
    """Both ends of a decoder compute in float32: the few numbers of a code, and the output, need all their digits."""
    first, last = _first_steps(layers), _last_with_weights(layers)
    exact = replace(style, precision="float32")
    value = _chain(layers[:first], code, exact)
    value = _chain(layers[first:last], value, style)
    return _chain(layers[max(first, last) :], value, exact)


def _first_steps(layers: Sequence[spec.Layer]) -> int:
    """How many layers a code passes before it is spread over many numbers and normalised."""
    count = next((index + 1 for index, layer in enumerate(layers) if isinstance(layer, spec.Dense)), 0)
    while count < len(layers) and (layers[count].normalises or isinstance(layers[count], spec.Activation)):
        count += 1
    return count


def _chain(layers: Sequence[spec.Layer], value: Any, style: Style) -> Any:
    """Apply the layers in order."""
    index = 0
    while index < len(layers):
        layer, following = layers[index], layers[index + 1] if index + 1 < len(layers) else None
        joined = style.fused and _can_be_joined(layer, following, value.shape)
        index += 2 if joined else 1
        value = _up_conv(layer, following, value, style) if joined else _apply(layer, value, style)
    return value


def _can_be_joined(up: spec.Layer, conv: spec.Layer | None, shape: Sequence[int]) -> bool:
    """Whether up-sampling and the convolution after it are faster as one."""
    if not isinstance(up, spec.Up) or not isinstance(conv, spec.Conv):
        return False
    return conv.stride == 1 and saves_work(up.size, conv.kernel, _padding(conv), *shape[1:3])


def _last_with_weights(layers: Sequence[spec.Layer]) -> int:
    """The place of the last layer with weights, or of the up-sampling that may be joined with it."""
    weighty = (spec.Conv, spec.Deconv, spec.Dense, spec.Principal, spec.Residual)
    last = max((index for index, layer in enumerate(layers) if isinstance(layer, weighty)), default=0)
    return last - 1 if last and isinstance(layers[last - 1], spec.Up) else last


def _up_conv(up: Any, conv: Any, value: Any, style: Style) -> Any:
    layer = UpConv(
        conv.filters,
        conv.kernel,
        up.size,
        padding=_padding(conv),
        dtype=style.precision,
        **option(conv.activation),
    )
    return layer(value)


def _padding(layer: spec.Conv) -> str:
    return "valid" if layer.valid else "same"


def _apply(layer: spec.Layer, value: Any, style: Style) -> Any:
    if isinstance(layer, spec.Residual):
        return _residual(layer, value, style)
    values = {"x": value}
    for call in layer.keras():
        values[call.gives] = _made(call, style)(_joined([values[name] for name in call.takes]))
    return values["x"]


def _residual(block: spec.Residual, value: Any, style: Style) -> Any:
    inner = _chain(block.body, value, style)
    shortcut = block.shortcut(value.shape[1:], inner.shape[-1])
    if shortcut:
        value = _made(shortcut, style)(value)
    return keras.layers.Add(dtype=style.precision)([inner, value])


def _made(call: spec.Call, style: Style) -> Callable[[Any], Any]:
    """The layer that trains in the style; the stock one in the default."""
    if call.operation:
        operation: Callable[[Any], Any] = getattr(keras.ops, call.name)
        return operation
    fast = {**(FUSED if style.fused else {}), **(PRECISE if style.precision != "float32" else {})}
    kind = fast.get(call.name) or getattr(keras.layers, call.name)
    return kind(*call.arguments, dtype=style.precision, **call.options)


def _joined(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
