"""What is measured: a run's networks, its images, and what every part of the measuring needs of them, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vae_core.data.dataset import Dataset
from vae_core.design.config import Config
from vae_core.look import evaluation
from vae_core.look.evaluation import PerImage
from vae_core.look.portable import Network, Portable
from vae_core.look.rows import spread

SEED = 4  # of all that is drawn here; the codes' own draws have others


@dataclass(frozen=True)
class Judge:
    """A small classifier of the data set, frozen: its features see what pixels do not."""

    features: Network
    digest: str  # of its weights
    accuracy: float  # on the test images

    def of(self, pixels: np.ndarray) -> np.ndarray:
        return self.features(pixels)["mean"].astype(np.float64)


@dataclass(frozen=True)
class Subject:
    config: Config
    dataset: Dataset
    portable: Portable
    found: PerImage  # of all test images
    train_codes: np.ndarray  # of the training images whose classes are asked for
    train_labels: np.ndarray | None
    judge: Callable[[], Judge | str]  # it, or why there is none

    @property
    def pixels(self) -> np.ndarray:
        return self.dataset.test.pixels

    @property
    def labels(self) -> np.ndarray | None:
        return self.dataset.test.labels

    @property
    def codes(self) -> np.ndarray:
        return self.found.mean

    @property
    def decoding(self) -> int:
        """Multiply-adds of one decode."""
        return max(1, sum(row.multiply_adds for row in self.config.architecture().decoder_rows))

    def some(self, most: int) -> np.ndarray:
        """Places of evenly spaced test images."""
        return spread(len(self.pixels), most)

    def made(self, places: np.ndarray) -> np.ndarray:
        """Their reconstructions at the mean code, floats in 0..1."""
        return self.portable.decode(self.codes[places])


def make(
    config: Config, dataset: Dataset, portable: Portable, judge: Callable[[], Judge | str],
    progress: Callable[[int, int], None], training: int,
) -> Subject:  # fmt: skip
    """Encode and decode what all parts need; `training` says how many training images, 0 where none tells a class."""
    tested = 2 * len(dataset.test)
    found = evaluation.per_image(
        portable, dataset.test.pixels, config, lambda done, _: progress(done, tested + training)
    )
    codes, labels = (
        evaluation.known_codes(portable, dataset, training, lambda done, _: progress(tested + done, tested + training))
        if training
        else (found.mean[:0], None)
    )
    return Subject(config, dataset, portable, found, codes, labels, judge)
