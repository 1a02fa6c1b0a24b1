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
from vae_core.runs.store import Run

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


def make(run: Run, dataset: Dataset, judge: Callable[[], Judge | str], progress: Callable[[int, int], None]) -> Subject:
    """Encode and decode what all parts need: the test images, and the training images that tell a class."""
    config, portable = run.config(), Portable.of(run)
    known, tested = evaluation.most_known(config, dataset), 2 * len(dataset.test)

    def after(before: int) -> Callable[[int, int], None]:
        return lambda done, _: progress(before + done, tested + known)

    found = evaluation.per_image(portable, dataset.test.pixels, config, after(0))
    codes, labels = evaluation.known_codes(portable, dataset, known, after(tested)) if known else (found.mean[:0], None)
    return Subject(config, dataset, portable, found, codes, labels, judge)
