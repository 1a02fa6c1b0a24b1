"""The decoder that undoes an encoder, layer by layer and size by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from vae_core.design.layers import Crop, Deconv, Dense, Flatten, Layer, Pad, Principal, Reshape, Residual, Shape
from vae_core.errors import LoupeError


@dataclass(frozen=True)
class _Group:
    """A layer that does the work, what follows it, and the shapes on both sides."""

    main: Layer
    followers: tuple[Layer, ...]
    before: Shape
    after: Shape


def mirror(image: tuple[int, int, int], encoder: Sequence[Layer]) -> tuple[Layer, ...]:
    """From the flat code back to the image's exact size; `encoder` are the layers before the code."""
    _check(encoder)
    spatial = tuple(takewhile(lambda layer: not isinstance(layer, Flatten), encoder))
    groups = _groups(spatial, image)
    if groups:
        return _convolutional(groups, norms=_norms(encoder)[:1], channels=image[2])
    return _dense(image, encoder[len(spatial) + 1 :])


def _convolutional(groups: Sequence[_Group], norms: Sequence[Layer], channels: int) -> tuple[Layer, ...]:
    height, width, depth = groups[-1].after
    opening = (Dense(height * width * depth), *norms, Reshape(height, width, depth))
    return (*opening, *_undo_all(groups), Deconv(channels, activation="sigmoid"))


def _dense(image: tuple[int, int, int], layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The mirror of an encoder that has no convolutions: its dense layers in reverse."""
    flat = image[0] * image[1] * image[2]
    undone = _undo_all(_groups(layers, (flat,)))
    last = () if undone and isinstance(undone[-1], Principal) else (Dense(flat, "sigmoid"),)
    return (*undone, *last, Reshape(*image))


def _check(layers: Sequence[Layer]) -> None:
    layer = next(filter(None, map(without_mirror, layers)), None)
    if layer:
        fix = "Take it out, or write a decoder line of your own"
        raise LoupeError(f"{layer.text} in an encoder has no mirror", f"The reason: {layer.no_mirror}", fix)


def without_mirror(layer: Layer) -> Layer | None:
    """The layer, or one in its body, that has none."""
    if isinstance(layer, Residual):
        return next(filter(None, map(without_mirror, layer.body)), None)
    return layer if layer.no_mirror else None


def _norms(layers: Sequence[Layer]) -> list[Layer]:
    """Those that normalise, blocks taken apart."""
    inner = [norm for layer in layers if isinstance(layer, Residual) for norm in _norms(layer.body)]
    return [layer for layer in layers if layer.normalises] + inner


def _groups(layers: Sequence[Layer], shape: Shape) -> list[_Group]:
    """What follows no working layer (a batch norm on the image itself) belongs to nothing and is left out."""
    groups: list[_Group] = []
    for layer in layers:
        after = layer.output(shape)
        if not layer.follows:
            groups.append(_Group(layer, (), shape, after))
        elif groups:
            groups[-1] = replace(groups[-1], followers=(*groups[-1].followers, layer))
        shape = after
    return groups


def _undo_all(groups: Sequence[_Group]) -> list[Layer]:
    return [layer for group in reversed(groups) for layer in _undone(group)]


def _undone(group: _Group) -> list[Layer]:
    """What followed a layer that needs no undoing follows nothing any more."""
    back = _undo(group)
    return [*back, *group.followers] if back else []


def _undo(group: _Group) -> list[Layer]:
    """The layers that take the shape `after` back to the rows and columns `before`."""
    main = group.main
    back = (_undo_residual(main, group),) if isinstance(main, Residual) else main.undone(group.before, group.after)
    shape = group.after
    for layer in back:
        shape = layer.output(shape)
    return [*back, *_fit(shape, group.before)]


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
        channels = group.after[-1] if index == 0 else inner.before[-1]
        undone += [*(layer.with_outputs(channels) for layer in _undo(inner)), *inner.followers]
    return Residual(tuple(undone) or block.body)
