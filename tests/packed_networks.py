"""For the tests: networks whose every weight counts, saved and packed, and what Keras makes of some rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from vae_core.design.config import Config
from vae_core.learn import models
from vae_core.look.program import packed
from vae_core.runs import keras_file
from vae_core.runs.keras_file import Graph

ROWS = 16  # real images, codes of such images, and draws from the prior
FAR = 8  # times as far from the middle: where activations level off


@dataclass(frozen=True)
class Case:
    """One packed network, what goes in, and what comes out of Keras."""

    name: str
    data: bytes
    rows: np.ndarray
    expected: np.ndarray

    def difference(self, found: np.ndarray) -> float:
        return difference(found, self.expected)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """As a share of the largest output, or of 1: not a number where anything is none."""
    wrong = np.abs(found.reshape(expected.shape) - expected).max()
    return float(wrong / max(1.0, np.abs(expected).max()))


def cases(config: Config, folder: Path, name: str) -> Iterator[Case]:
    """The encoder and the decoder of one config."""
    for part, graph, rows, expected in saved(config, folder, name):
        yield Case(f"{name} {part}", packed.pack(graph), rows, expected)


def saved(config: Config, folder: Path, name: str) -> Iterator[tuple[str, Graph, np.ndarray, np.ndarray]]:
    """Each of its networks as it is read from the saved model, rows that go in, and what Keras makes of them."""
    yield from kept(spread(models.build(config.architecture())), config.image, folder, name)


def kept(
    networks: models.Networks, image: tuple[int, int, int], folder: Path, name: str
) -> Iterator[tuple[str, Graph, np.ndarray, np.ndarray]]:
    path = folder / f"{name.replace('/', '_')}.keras"
    networks.whole().save(path)
    graphs = keras_file.read(path)
    images = pictures(image)
    found = outputs(networks.encoder, images)
    code = found[:, : networks.decoder.input_shape[1]]
    draws = np.random.default_rng(1).standard_normal(code.shape, np.float32)
    rows = np.concatenate([code, draws, FAR * draws[:4]])
    yield "encoder", graphs["encoder"], images, found
    yield "decoder", graphs["decoder"], rows, outputs(networks.decoder, rows)


def spread(networks: models.Networks) -> models.Networks:
    """Biases and batch norms away from their initial zeros and ones, so that one that is left out shows."""
    random = np.random.default_rng(0)
    makers = {
        "bias": lambda shape: random.normal(0, 0.3, shape),
        "beta": lambda shape: random.normal(0, 0.3, shape),
        "gamma": lambda shape: random.uniform(0.5, 1.5, shape) * random.choice([1, 1, -1], shape),
        "moving_mean": lambda shape: random.normal(0, 0.5, shape),
        "moving_variance": lambda shape: random.uniform(0.5, 2, shape),
    }
    for model in (networks.encoder, networks.decoder):
        for weight in model.weights:
            if weight.name in makers:
                weight.assign(makers[weight.name](tuple(weight.shape)))
    return networks


def pictures(shape: tuple[int, int, int]) -> np.ndarray:
    """Handwritten digits, brought to any size and tinted."""
    from PIL import Image
    from sklearn.datasets import load_digits

    small = load_digits().images[:ROWS].astype(np.uint8) * 15
    sized = np.stack([np.asarray(Image.fromarray(each).resize(shape[1::-1])) for each in small])
    tints = np.linspace(1, 0.5, shape[2], dtype=np.float32)
    return sized[..., None].astype(np.float32) / 255 * tints


def outputs(model: keras.Model, rows: np.ndarray) -> np.ndarray:
    found = model(rows, training=False)
    parts = found if isinstance(found, list) else [found]
    return np.concatenate([np.asarray(part) for part in parts], axis=-1).astype(np.float32)


# What the recipes and the contract of the layers leave out: every window and way of a batch norm, on images that are
# not square.
IMAGE = (9, 7, 3)
END = f"dense{math.prod(IMAGE)}:sigmoid reshape9x7x3"
LINES = {
    "residual": (
        "conv4:linear bn relu res(conv6 bn conv6:linear) res(bn conv6 relu) flatten res(dense9) bn",
        f"dense12 bn res(dense12 bn) reshape3x2x2 bn res(conv4 bn) up2 res(relu conv4:linear bn) bn flatten bn {END}",
    ),
    "pools": (
        "conv5 bn pool2 conv6 bn avgpool2 bn flatten",
        f"dense60 bn reshape5x4x3 bn pool2 bn up2 avgpool2 up3 bn relu up2 bn pool3 flatten {END}",
    ),
    "borders": (
        "pad3 conv4 bn pad3x2 conv5/2 bn crop2x1 bn conv4 flatten bn",
        "dense24 bn reshape4x3x2 bn pad2 crop1x2 conv5v:linear bn drop0.1 pad6x5 bn relu crop1x0 deconv3:sigmoid pad1",
    ),
    "few filters": (
        "conv2 conv1k2/2 conv2k4/2 flatten",
        f"dense18 reshape3x2x3 conv2 bn deconv1k4/2 deconv2k3/3v conv1 bn flatten {END}",
    ),
    "border of a norm": (
        "conv4 bn conv4k5 bn conv4k1 bn flatten",
        f"dense12 reshape2x3x2 bn deconv4k5/2 bn deconv3/3 bn flatten {END}",
    ),
    **{
        f"window {kernel}/{stride}{valid}": (
            f"conv6k{kernel}/{stride}{valid}:linear bn conv5k1 bn flatten",
            f"dense12 reshape3x2x2 bn deconv5k{kernel}/{stride}{valid} bn flatten bn {END}",
        )
        for kernel, stride in ((1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (4, 1), (4, 2), (5, 1), (5, 2), (5, 3))
        for valid in ("", "v")
    },
    **{
        f"enlarged {size} {kernel}{valid}": (
            "conv3 flatten",
            f"dense36 reshape4x3x3 bn up{size} conv10k{kernel}{valid} bn conv7 bn flatten {END}",
        )
        for size, kernel in ((2, 2), (2, 3), (3, 3), (3, 5), (4, 3), (2, 5))
        for valid in ("", "v")
    },
}
