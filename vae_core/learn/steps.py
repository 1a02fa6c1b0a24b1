"""What a backend must offer to train a network: many steps in one call, with randomness from (seed, step) alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from vae_core.learn import objective
from vae_core.learn.models import Networks
from vae_core.spec.config import Config

BATCH = 256  # images at once outside training
Images = tuple[Any, ...]  # where a backend's steps gather them from: see `to_train_on`


@dataclass(frozen=True)
class Plan:
    """Consecutive training steps: which images, and the rate and beta of each step."""

    order: np.ndarray  # (k, b) int32, places of images
    first_step: int
    rates: np.ndarray  # (k,) float32
    betas: np.ndarray  # (k,) float32


class Steps(Protocol):
    """One backend's compiled functions around one pair of networks."""

    task: Task

    def place(self, pixels: np.ndarray) -> Images:
        """Where the steps find what they train on."""

    def train(self, images: Images, plan: Plan) -> np.ndarray:
        """Take the steps; (k, 2): reconstruction and KL, summed over each batch, in nats."""

    def validate(self, pixels: np.ndarray, batch: int) -> np.ndarray:
        """(2,): reconstruction and KL summed over these images, evaluation mode, sampled codes, input noise."""

    def encode(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]: ...

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Pictures in 0..1."""

    def weights(self) -> list[np.ndarray]: ...

    def state(self) -> list[np.ndarray]:
        """The weights, then the optimizer's variables."""

    def restore(self, state: list[np.ndarray]) -> None:
        """Put a state back, or only its weights."""


def to_train_on(pixels: np.ndarray, config: Config) -> list[np.ndarray]:
    """The images; and where noise is drawn once, the noisy copy that every epoch sees."""
    return [pixels, _noisy_copy(pixels, config)] if config.noise_once else [pixels]


def _noisy_copy(pixels: np.ndarray, config: Config) -> np.ndarray:
    """Bytes, like everything else that is kept."""
    noisy = np.empty_like(pixels)
    random = np.random.default_rng([config.seed, 1])
    for start in range(0, len(pixels), 1024):
        part = pixels[start : start + 1024]
        noise = random.standard_normal(part.shape, dtype=np.float32) * (255 * config.noise)
        noisy[start : start + 1024] = np.clip(np.rint(part + noise), 0, 255).astype(np.uint8)
    return noisy


def make_optimizer(config: Config) -> keras.optimizers.Optimizer:
    rate = config.learning_rate
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=0.004)
    return keras.optimizers.Adam(rate)


def dropout_seeds(networks: Networks) -> list[keras.random.SeedGenerator]:
    """The generators whose state a step sets, so that dropout too depends on (seed, step) alone."""
    layers = [*networks.encoder.layers, *networks.decoder.layers]
    return [layer.seed_generator for layer in layers if isinstance(layer, keras.layers.Dropout)]


@dataclass(frozen=True)
class Task:
    """The forward pass and its loss, in backend-agnostic Keras operations."""

    config: Config
    networks: Networks
    observation: objective.Observation

    def losses(self, noisy: Any, pictures: Any, code_noise: Any, training: bool) -> tuple[Any, Any]:
        """Reconstruction and KL of each image, (b,) and (b,)."""
        code = self.networks.encoder(noisy, training=training)
        if self.config.kind == "vae":
            mean, log_variance = code
            kl = objective.gaussian_kl(mean, log_variance)
            code = objective.sample(mean, log_variance, code_noise)
        output = self.networks.decoder(code, training=training)
        nats = self.observation.nats(self.observation.target(pictures), output)
        return nats, kl if self.config.kind == "vae" else keras.ops.zeros_like(nats)

    def probabilities(self, output: Any) -> Any:
        return keras.ops.sigmoid(output) if self.observation.from_logits else keras.ops.clip(output, 0.0, 1.0)
