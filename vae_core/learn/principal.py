"""Where a network with `pca` layers begins: at PCA of the images that train, so that training only adds to that.

Those layers get the components and keep them. Where the rest of a network is blocks that add to what passes them, the
blocks begin as nothing, and what passes them becomes the whitened code of a PCA, and the way back from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from vae_core.design.config import Config
from vae_core.design.layers import Principal
from vae_core.learn.feeding import Pixels
from vae_core.learn.models import Networks
from vae_core.look.projection import pca
from vae_core.look.rows import spread

MOST_IMAGES = 20_000  # that the components are found in
MOST_NUMBERS = 50_000_000  # of all of these images
LEAST = 1e-4  # of the largest spread: what spreads less is none
SMALLEST = -10.0  # log-variance that a code begins with
PASSED = (keras.layers.Flatten, keras.layers.Reshape, keras.layers.Dropout)  # on the way round the blocks
Weights = tuple[np.ndarray, np.ndarray]  # kernel and bias


def has_components(config: Config) -> bool:
    return bool(_sizes(config))


def begin(networks: Networks, config: Config, pixels: Pixels) -> None:
    """Give networks with fresh weights those that they begin with. The same images give the same ones."""
    into, back = (_way(network) for network in (networks.encoder, networks.decoder))
    basis = _basis(pixels, max(*_sizes(config), config.architecture().code.size))
    for layer in into.fixed:
        layer.set_weights(basis.way_in(layer.units))
    for layer in back.fixed:
        layer.set_weights(basis.way_back(layer.input.shape[-1]))
    if into.only_adds and back.only_adds:
        _begin_as_pca(networks, into, back, basis.code(config))


def _sizes(config: Config) -> list[int]:
    """How many components each layer of them deals with."""
    architecture = config.architecture()
    into = [layer.size for layer in architecture.encoder if isinstance(layer, Principal)]
    return into + [row.before[0] for row in architecture.decoder_rows if isinstance(row.layer, Principal)]


@dataclass(frozen=True)
class Basis:
    """The components of the images that train, with pixels in 0..1."""

    mean: np.ndarray  # (D,)
    axes: np.ndarray  # (K, D)
    spread: np.ndarray  # (K,) standard deviations along them

    @property
    def scale(self) -> np.ndarray:
        """What a component is divided by for the network: halfway to equal spread, so that small ones stay small."""
        return np.asarray(np.sqrt(self.spread * self.spread.max(initial=0)))

    def way_in(self, count: int) -> Weights:
        kernel = self.axes.T / self.scale
        return _wide(kernel, count), _wide(-self.mean @ kernel, count)

    def way_back(self, count: int) -> Weights:
        return _wide(self.axes.T * self.scale, count).T, self.mean

    def code(self, config: Config) -> Code:
        """Of a plain autoencoder: the whitened components. Of a VAE: the best that is linear (probabilistic PCA)."""
        size = config.architecture().code.size
        noise = (config.sigma or 1.0) ** 2 * (config.beta or 0.0)
        kept = np.maximum(0, 1 - noise / np.square(self.spread[:size]))
        ratio = np.sqrt(kept) * self.scale[:size] / self.spread[:size]
        back = np.sqrt(kept) * self.spread[:size] / self.scale[:size]
        log_variance = np.log(np.maximum(1 - kept, np.exp(SMALLEST)))
        return Code(_wide(ratio, size), _wide(back, size), _wide(log_variance, size))


@dataclass(frozen=True)
class Code:
    """What each component is multiplied with on its way into the code and back, and how surely it is known."""

    into: np.ndarray
    back: np.ndarray
    log_variance: np.ndarray


def _basis(pixels: Pixels, count: int) -> Basis:
    numbers = int(np.prod(pixels.shape[1:]))
    chosen = pixels[spread(len(pixels), min(MOST_IMAGES, max(count, MOST_NUMBERS // numbers)))]
    flat = chosen.reshape(len(chosen), -1).astype(np.float32) / 255
    found = pca.components(flat, min(count, len(flat) - 1, numbers))
    deviations = found.places.std(axis=0)
    real = deviations > LEAST * deviations.max(initial=1e-12)
    return Basis(found.centre, found.axes[real], deviations[real])


def _wide(values: np.ndarray, count: int) -> np.ndarray:
    """With so many columns, zeros where there are fewer: few images have few components."""
    missing = max(0, count - values.shape[-1])
    return np.pad(values[..., :count], [*[(0, 0)] * (values.ndim - 1), (0, missing)]).astype(np.float32)


@dataclass
class Way:
    """The dense layers that a value passes round the blocks of a network, and the layers that end those blocks."""

    dense: list[Any] = field(default_factory=list)  # from the first to the last
    ends: list[Any] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)

    @property
    def fixed(self) -> list[Any]:
        return [layer for layer in self.dense if not layer.trainable]

    @property
    def only_adds(self) -> bool:
        """Whether it is components and one more layer, both linear, and blocks that add to what they carry."""
        linear = all(_is_linear(layer) for layer in (*self.dense, *self.ends))
        return linear and len(self.dense) == 2 and len(self.fixed) == 1 and not self.others


def _is_linear(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Dense) and layer.activation is keras.activations.linear


def _way(network: keras.Model) -> Way:
    way, value = Way(), network.outputs[0]
    while not isinstance(layer := value._keras_history.operation, keras.layers.InputLayer):
        if isinstance(layer, keras.layers.Add):
            body, value = layer.input
            way.ends.append(body._keras_history.operation)
            continue
        if isinstance(layer, keras.layers.Dense):
            way.dense.insert(0, layer)
        elif not isinstance(layer, PASSED):
            way.others.append(layer)
        value = layer.input[0] if isinstance(layer.input, list) else layer.input
    return way


def _begin_as_pca(networks: Networks, into: Way, back: Way, code: Code) -> None:
    for layer in (*into.ends, *back.ends):
        layer.set_weights([np.zeros(part.shape, np.float32) for part in layer.get_weights()])
    _pass_on(into.dense[-1], code.into)
    _pass_on(back.dense[0], code.back)
    for head in networks.encoder.outputs[1:]:
        layer = head._keras_history.operation
        layer.set_weights([np.zeros(layer.kernel.shape, np.float32), code.log_variance])


def _pass_on(layer: Any, factors: np.ndarray) -> None:
    """Let it multiply each of the first numbers with its factor, and nothing else."""
    kernel = np.zeros(layer.kernel.shape, np.float32)
    count = min(*kernel.shape, len(factors))
    kernel[range(count), range(count)] = factors[:count]
    layer.set_weights([kernel, np.zeros(kernel.shape[1], np.float32)])
