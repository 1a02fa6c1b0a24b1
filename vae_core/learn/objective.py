"""The mathematics of the loss, in nats per image. Written once, for training, validation and tests alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

from keras import ops

from vae_core.design.config import Config
from vae_core.learn.layers import Tensor


@dataclass(frozen=True)
class Observation:
    """The model of a picture given its decoding: what the reconstruction loss is the negative logarithm of."""

    loss: str
    sigma: float
    from_logits: bool

    @classmethod
    def of(cls, config: Config, from_logits: bool) -> Observation:
        return cls(config.loss, config.sigma or 1.0, from_logits and config.loss != "mse")

    def target(self, pictures: Tensor) -> Tensor:
        """What is to be reconstructed: the pictures, or their binarised form."""
        return ops.cast(pictures >= 0.5, pictures.dtype) if self.loss == "bce-binary" else pictures

    def nats(self, target: Tensor, output: Tensor) -> Tensor:
        """Reconstruction loss of each image, (b,); for a Gaussian without its constant."""
        if self.loss == "mse":
            each = ops.square(target - output) / (2 * self.sigma**2)
        else:
            each = ops.binary_crossentropy(target, output, from_logits=self.from_logits)
        return ops.sum(ops.reshape(each, (ops.shape(each)[0], -1)), axis=1)


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each row, (b,)."""
    return 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance, axis=-1)


def sample(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    return mean + ops.exp(0.5 * log_variance) * noise


def learning_rate(config: Config, step: int, steps_per_epoch: int) -> float:
    """The rate of a global step: a linear rise over the warm-up, then constant or half a cosine down to 0."""
    warmup = config.warmup * steps_per_epoch
    if step < warmup:
        return config.learning_rate * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - warmup) / max(1.0, config.epochs * steps_per_epoch - warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def beta(config: Config, step: int, steps_per_epoch: int) -> float:
    """The weight of the KL term at a global step: a linear rise from 0 over `kl_warmup` epochs."""
    full = config.beta or 0.0
    warmup = config.kl_warmup * steps_per_epoch
    return full * min(1.0, step / warmup) if warmup else full
