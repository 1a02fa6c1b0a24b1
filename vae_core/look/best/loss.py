"""A model's own reconstruction loss, as the evaluation counts it, with what a search for codes needs besides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_core.design.config import Config
from vae_core.look import baselines

SUREST = 1e-5  # a pixel that is surer than that counts as this sure, where it is said how steep its loss is


@dataclass(frozen=True)
class Loss:
    """Targets and outputs are (n, pixels) float32; losses are per image, as a run keeps them."""

    squared: bool
    weight: float = 1.0  # of a squared error
    binary: bool = False

    @classmethod
    def of(cls, config: Config) -> Loss:
        weight = 1 / (2 * (config.sigma or 1.0) ** 2)
        return cls(True, weight) if config.loss == "mse" else cls(False, binary=config.loss == "bce-binary")

    def targets(self, pixels: np.ndarray) -> np.ndarray:
        return baselines.targets(pixels, self.binary)

    def each(self, target: np.ndarray, output: np.ndarray) -> np.ndarray:
        """Of each pair, (n,) float64."""
        if self.squared:
            return self.weight * baselines.squared_error(target, output)
        return baselines.cross_entropy(target, output)

    def slopes(self, target: np.ndarray, output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How the loss falls with each pixel, and how that bends: (n, pixels) each."""
        if self.squared:
            return 2 * self.weight * (output - target), np.full_like(output, 2 * self.weight)
        sure = np.clip(output, np.float32(SUREST), np.float32(1 - SUREST))
        bend = 1 / (sure * (1 - sure))
        return (sure - target) * bend, bend

    def of_all(self, target: np.ndarray, output: np.ndarray) -> np.ndarray:
        """Of every target with every output, (targets, outputs) float32, but for what each target adds to all alike."""
        if self.squared:
            return self.weight * (np.square(output).sum(axis=1) - 2 * (target @ output.T))
        probability = np.clip(output, np.float32(baselines.MODEL_CLIP), np.float32(1 - baselines.MODEL_CLIP))
        unlit = np.log1p(-probability)
        return np.asarray(-(target @ (np.log(probability) - unlit).T) - unlit.sum(axis=1))
