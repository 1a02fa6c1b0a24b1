"""Whether new pictures look like the data: distances in the features of a small frozen classifier of the data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vae_core.look import codes
from vae_core.look.metrics.entry import HIGHER, LOWER, Entry, Found, Quantity, Tell, missing
from vae_core.look.metrics.subject import SEED, Judge, Subject

FEWEST, MOST = 2_000, 5_000  # test images, and as many samples
NEAREST = 3  # the neighbour whose distance is the reach of a real image
BUDGET = 1e11  # multiply-adds of decoding
CHUNK = 512
FRECHET = Quantity(
    "frechet",
    "Samples against test images (Fréchet)",
    "",
    LOWER,
    "Distance between two bell curves, one fitted to the test images and one to pictures decoded from {}. It compares "
    "with the same data, classifier and number of images only.",
)
KERNEL = Quantity(
    "kernel",
    "Samples against test images (kernel)",
    "",
    LOWER,
    "The same comparison without bell curves, by a polynomial kernel; about 0 where the two are alike, and by chance "
    "below.",
)
PRECISION = Quantity(
    "precision",
    "Precision of samples",
    "share",
    HIGHER,
    "Share of samples that lie as near to the test images as those do to each other: how real they are.",
)
RECALL = Quantity(
    "recall",
    "Recall of samples",
    "share",
    HIGHER,
    "Share of test images that lie as near to the samples as those do to each other: how much of the data they cover.",
)


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    count, judge = _judge(subject)
    if isinstance(judge, str):
        yield from missing((FRECHET, KERNEL, PRECISION, RECALL), judge)
        return
    tell(0.2)
    drawn = codes.samples(subject.codes, subject.config.has_prior, count, SEED)
    fake = judge.of(np.rint(subject.portable.decode(drawn) * 255).astype(np.uint8))
    tell(0.5)
    real = judge.of(subject.pixels[subject.some(count)])
    of = f"{count:,} samples and as many test images; classifier {judge.digest}, {judge.accuracy:.1%} right"
    where = "the prior" if subject.config.has_prior else "a mixture fitted to the codes, as there is no prior"
    yield Entry(replace(FRECHET, meaning=FRECHET.meaning.format(where)), frechet(real, fake), of)
    yield Entry(KERNEL, kernel_distance(real, fake), of)
    tell(0.7)
    for what, share in zip((PRECISION, RECALL), precision_and_recall(real, fake)):
        yield Entry(what, share, of)


def _judge(subject: Subject) -> tuple[int, Judge | str]:
    """How many samples are judged, and by what; or why they are not."""
    count = min(MOST, len(subject.pixels))
    if count < FEWEST:
        return count, f"It takes at least {FEWEST:,} test images; there are {count:,}."
    judge = subject.judge()
    if isinstance(judge, str) or count * subject.decoding <= BUDGET:
        return count, judge
    if FEWEST * subject.decoding > BUDGET * 4:
        return FEWEST, "Decoding enough samples of this large a model would take too long."
    return FEWEST, judge


def frechet(one: np.ndarray, other: np.ndarray) -> float:
    """Squared Fréchet distance of the two fitted Gaussians."""
    means, covariances = zip(*((each.mean(axis=0), np.cov(each, rowvar=False)) for each in (one, other)))
    return frechet_of(means[0], covariances[0], means[1], covariances[1])


def frechet_of(mean: np.ndarray, covariance: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray) -> float:
    """tr((A B)^(1/2)) is the sum of the singular values of A^(1/2) B^(1/2): no root of an unsymmetric matrix."""
    cross = np.linalg.svd(_root(covariance) @ _root(covariance2), compute_uv=False).sum()
    value = ((mean - mean2) ** 2).sum() + np.trace(covariance) + np.trace(covariance2) - 2 * cross
    return float(max(0.0, value))


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    return np.asarray(vectors * np.sqrt(values.clip(0))) @ vectors.T


def kernel_distance(one: np.ndarray, other: np.ndarray) -> float:
    """The unbiased squared distance of two sets of equal size under the kernel (x.y / d + 1)^3."""
    count = len(one)
    inner = [
        (_kernel_sum(each, each) - (((each**2).mean(axis=1) + 1) ** 3).sum()) / (count * (count - 1))
        for each in (one, other)
    ]
    return inner[0] + inner[1] - 2 * _kernel_sum(one, other) / count**2


def _kernel_sum(one: np.ndarray, other: np.ndarray) -> float:
    total = 0.0
    for start in range(0, len(one), CHUNK):
        total += float(((one[start : start + CHUNK] @ other.T / one.shape[1] + 1) ** 3).sum())
    return total


def precision_and_recall(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Shares of the fake within reach of the real, and of the real within reach of the fake."""
    return _within_reach(real, fake), _within_reach(fake, real)


def _within_reach(known: np.ndarray, asked: np.ndarray) -> float:
    """How many lie in a ball around some known point that just holds that point's nearest neighbours."""
    reach = np.concatenate([np.partition(rows, NEAREST, axis=1)[:, NEAREST] for rows in _squares(known, known)])
    inside = [(rows <= reach).any(axis=1) for rows in _squares(asked, known)]
    return float(np.concatenate(inside).mean())


def _squares(one: np.ndarray, other: np.ndarray) -> Iterator[np.ndarray]:
    """Squared distances, some rows at a time. Their own zero is a little off, which moves no neighbour's place."""
    lengths = (other**2).sum(axis=1)
    for start in range(0, len(one), CHUNK):
        rows = one[start : start + CHUNK]
        yield np.maximum((rows**2).sum(axis=1)[:, None] - 2 * rows @ other.T + lengths, 0.0)
