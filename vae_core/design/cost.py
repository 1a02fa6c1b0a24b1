"""What training a model will cost: memory from its sizes, a step's seconds from a few short trainings on this machine.

A step's seconds are modelled as a sum of quantities, each times a rate that was measured: fixed work, layers,
multiply-adds of convolutions and dense layers, numbers that pass through memory, and parameters that the optimizer
changes. Convolutions of few channels run far below a processor's peak, so their multiply-adds also count once divided
by their channels, which is what moving the numbers around costs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields

from vae_core.design.architecture import Architecture
from vae_core.design.config import Config
from vae_core.design.layers import Conv, Convolution, Dropout, Layer, Pool, Residual, Shape, Up
from vae_core.errors import LoupeError

WORTH_MEASURING = 5_000_000  # multiply-adds an image; below, half precision never paid
TRAINING = 3  # a training step's work over that of a forward pass
BASE_MEMORY = 650e6  # bytes: the interpreter and TensorFlow
MOST_NEIGHBOURS_FROM = 60_000  # training images that are encoded for the neighbours of test images, and fewer ...
MOST_MULTIPLY_ADDS = 3e12  # ... where encoding them would take longer than a minute or so
COPIES_OF_WEIGHTS = 7  # the trained and the saved network, gradients, two of the optimizer, the best, one in passing
COPIES_OF_ACTIVATIONS = 3  # forward, gradient, and what a layer needs to work
NUMBER = 4  # bytes


@dataclass(frozen=True)
class Calibration:
    """Seconds on this machine of one unit of each quantity in `features`."""

    step: float
    layer: float
    convolution: float
    narrow: float
    dense: float
    element: float
    random: float
    parameter: float

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def from_json(document: object) -> Calibration:
    names = [field.name for field in fields(Calibration)]
    wrong = LoupeError("The calibration is not one of this program", fix="Remove it; it is measured anew")
    if not isinstance(document, dict) or sorted(document) != sorted(names):
        raise wrong
    if not all(type(value) in (int, float) and 0 <= value < math.inf for value in document.values()):
        raise wrong
    return Calibration(**{name: float(document[name]) for name in names})


def features(architecture: Architecture, batch: int) -> tuple[float, ...]:
    """The quantities of one training step, in the order of Calibration's fields."""
    layers = list(_all_layers(architecture))
    convolutions = [
        (work, min(shape[-1], each.filters)) for each, shape, _, work in layers if isinstance(each, Convolution)
    ]
    return (
        1.0,
        float(len(layers)),
        batch * sum(work for work, *_ in convolutions),
        batch * sum(work / channels for work, channels in convolutions),
        batch * sum(work for layer, _, _, work in layers if not isinstance(layer, Convolution)),
        batch * (sum(math.prod(after) for *_, after, _ in layers) + 4.0 * math.prod(architecture.image)),
        batch * sum(math.prod(before) for layer, before, _, _ in layers if isinstance(layer, Dropout | Pool)),
        float(architecture.counts["trainable"]),
    )


def seconds_a_step(architecture: Architecture, batch: int, calibration: Calibration) -> float:
    rates = asdict(calibration).values()
    return sum(rate * amount for rate, amount in zip(rates, features(architecture, batch), strict=True))


def mostly_convolutions(architecture: Architecture) -> bool:
    work = [(isinstance(layer, Convolution), count) for layer, _, _, count in _all_layers(architecture)]
    return 2 * sum(count for is_one, count in work if is_one) > sum(count for _, count in work)


def layers(architecture: Architecture) -> int:
    """Both heads of a VAE, and what is in blocks."""
    return sum(1 for _ in _all_layers(architecture))


def neighbours(architecture: Architecture, images: int) -> int:
    """Of so many training images, how many are encoded at the end to be neighbours of the test images."""
    work = max(1, sum(row.multiply_adds for row in architecture.encoder_rows))
    return int(min(images, MOST_NEIGHBOURS_FROM, MOST_MULTIPLY_ADDS // work))


def fit(rows: Iterable[tuple[Sequence[float], float]]) -> Calibration:
    """The rates, none of them negative, that explain measured seconds best, by relative error."""
    import numpy as np
    from scipy.optimize import nnls

    pairs = [(np.asarray(amounts, float), seconds) for amounts, seconds in rows]
    scaled = np.stack([amounts / seconds for amounts, seconds in pairs])
    size = scaled.max(axis=0)
    size[size == 0] = 1.0  # a quantity that no measurement had
    rates, _ = nnls(scaled / size, np.ones(len(pairs)))
    return Calibration(*(float(rate) for rate in rates / size))


def memory(architecture: Architecture, config: Config, images: int = 0) -> int:
    """Bytes that a training process needs at its peak, roughly."""
    numbers = sum(math.prod(after) for *_, after, _ in _all_layers(architecture)) + math.prod(architecture.image)
    weights = COPIES_OF_WEIGHTS * architecture.counts["total"]
    activations = COPIES_OF_ACTIVATIONS * config.batch * numbers
    pixels = images * config.pixels  # bytes, kept once by numpy and once by the graph
    return int(BASE_MEMORY + NUMBER * (weights + activations) + 2 * pixels)


def _all_layers(architecture: Architecture) -> Iterator[tuple[Layer, Shape, Shape, float]]:
    """Layers, their input, their output and multiply-adds; both heads of a VAE, blocks taken apart."""
    yield from _chain(architecture.encoder, architecture.image)
    flat = architecture.encoder_rows[len(architecture.encoder) - 1].output
    for _ in range(2 if architecture.kind == "vae" else 1):
        yield from _chain((architecture.code,), flat)
    yield from _chain((*architecture.tail, *architecture.decoder), (architecture.code.size,))


def _chain(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[Layer, Shape, Shape, float]]:
    up = 1
    for layer in layers:
        after = layer.output(shape)
        if isinstance(layer, Residual):
            yield from _chain(layer.body, shape)
        yield layer, shape, after, _work(layer, shape, up)
        shape, up = after, layer.size if isinstance(layer, Up) else 1


def _work(layer: Layer, shape: Shape, up: int) -> float:
    """Multiply-adds; a convolution after an up-sampling is computed on the small image, with fewer kernel taps."""
    if isinstance(layer, Residual):
        return 0.0
    work = float(layer.multiply_adds(shape))
    if isinstance(layer, Conv) and layer.stride == 1 and up > 1:
        taps = (up + layer.kernel - 2) // up + 1
        work *= min(1.0, (taps / layer.kernel) ** 2)
    return work
