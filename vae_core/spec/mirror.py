"""The decoder that undoes an encoder, layer by layer and size by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from vae_core.errors import LoupeError
from vae_core.spec.layers import (
    Activation,
    BatchNorm,
    Conv,
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
)  # fmt: skip

WITHOUT_MIRROR = {
    Up: "it makes the image larger, and a mirror would have to guess how to make it smaller",
    Deconv: "it makes the image larger, and a mirror would have to guess how to make it smaller",
    Reshape: "what stands around it need not be an image",
}
FOLLOWERS = (BatchNorm, Dropout, Activation)


@dataclass(frozen=True)
class _Group:
    """A layer that does the work, what follows it, and the shapes on both sides."""

    main: Layer
    followers: tuple[Layer, ...]
    before: Shape
    after: Shape


def mirror(image: tuple[int, int, int], encoder: Sequence[Layer]) -> tuple[Layer, ...]:
    """From the flat code back to the image's exact size; `encoder` are the layers before the code."""
    _refuse_what_has_no_mirror(encoder)
    spatial = tuple(takewhile(lambda layer: not isinstance(layer, Flatten), encoder))
    groups = _groups(spatial, image)
    if groups:
        return _convolutional(groups, has_norm=_uses_norm(encoder), channels=image[2])
    return _dense(image, encoder[len(spatial) + 1 :])


def _convolutional(groups: Sequence[_Group], has_norm: bool, channels: int) -> tuple[Layer, ...]:
    height, width, depth = groups[-1].after
    opening = (Dense(height * width * depth), *[BatchNorm()] * has_norm, Reshape(height, width, depth))
    return (*opening, *_undo_all(groups), Deconv(channels, activation="sigmoid"))


def _dense(image: tuple[int, int, int], layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The mirror of an encoder that has no convolutions: its dense layers in reverse."""
    flat = image[0] * image[1] * image[2]
    undone = _undo_all(_groups(layers, (flat,)))
    return (*undone, Dense(flat, "sigmoid"), Reshape(*image))


def _refuse_what_has_no_mirror(layers: Sequence[Layer]) -> None:
    for layer in layers:
        if isinstance(layer, Residual):
            _refuse_what_has_no_mirror(layer.body)
        reason = WITHOUT_MIRROR.get(type(layer))
        if reason:
            fix = "Take it out, or write a decoder line of your own"
            raise LoupeError(f"{layer.text} in an encoder has no mirror", f"The reason: {reason}", fix)


def _uses_norm(layers: Sequence[Layer]) -> bool:
    bodies = (layer.body for layer in layers if isinstance(layer, Residual))
    return any(isinstance(layer, BatchNorm) for layer in layers) or any(map(_uses_norm, bodies))


def _groups(layers: Sequence[Layer], shape: Shape) -> list[_Group]:
    """What follows no working layer (a batch norm on the image itself) belongs to nothing and is left out."""
    groups: list[_Group] = []
    for layer in layers:
        after = layer.output(shape)
        if not isinstance(layer, FOLLOWERS):
            groups.append(_Group(layer, (), shape, after))
        elif groups:
            groups[-1] = replace(groups[-1], followers=(*groups[-1].followers, layer))
        shape = after
    return groups


def _undo_all(groups: Sequence[_Group]) -> list[Layer]:
    return [layer for group in reversed(groups) for layer in (*_undo(group), *group.followers)]


def _undo(group: _Group) -> list[Layer]:
    """The layer that takes the shape `after` back to the rows and columns `before`."""
    main = group.main
    if isinstance(main, Conv):
        back: Layer = Deconv(main.filters, main.kernel, main.stride, main.valid, main.activation)
    elif isinstance(main, Pool):
        back = Up(main.size)
    elif isinstance(main, Crop):
        back = Pad(main.height, main.width)
    elif isinstance(main, Pad):
        back = Crop(main.height, main.width)
    elif isinstance(main, Residual):
        back = _undo_residual(main, group)
    else:
        back = main  # a dense layer
    return [back, *_fit(back.output(group.after), group.before)]


def _fit(have: Shape, want: Shape) -> list[Layer]:
    """Crop and pad to the rows and columns wanted, where strides and pools did not divide."""
    if len(have) == 1:
        return []
    rows, columns = want[0] - have[0], want[1] - have[1]
    crop, pad = Crop(max(-rows, 0), max(-columns, 0)), Pad(max(rows, 0), max(columns, 0))
    return [layer for layer in (crop, pad) if layer.height or layer.width]


def _undo_residual(block: Residual, group: _Group) -> Residual:
    """The body's layers in reverse, ending in as many channels as the block put out, as an undone convolution does."""
    groups = _groups(block.body, group.before)
    undone: list[Layer] = []
    for index, inner in reversed(list(enumerate(groups))):
        first, *rest = _undo(inner)
        channels = group.after[-1] if index == 0 else inner.before[-1]
        undone += [_with_channels(first, channels), *rest, *inner.followers]
    return Residual(tuple(undone) or block.body)


def _with_channels(layer: Layer, channels: int) -> Layer:
    if isinstance(layer, Deconv):
        return replace(layer, filters=channels)
    if isinstance(layer, Dense):
        return replace(layer, units=channels)
    return layer
