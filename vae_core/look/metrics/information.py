"""What a VAE's code carries: KL by number, active units, mutual information, and how the codes fill the prior."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vae_core.design.naming import QUANTITIES
from vae_core.look.evaluation import ACTIVE
from vae_core.look.metrics.entry import HIGHER, LOWER, Entry, Found, Quantity, Tell, mean, missing
from vae_core.look.metrics.subject import SEED, Subject

MOST = 4_000  # images whose codes stand for all: every one is compared with every other
CHUNK = 64
DRAWS = 4  # codes of each image
INFORMATION = Quantity(
    "mutual_information",
    "Information about the image",
    "nats",
    HIGHER,
    "How many nats a drawn code tells about which image it came from. 0 is a collapsed code.",
)
AGGREGATE = Quantity(
    "aggregate_kl",
    "Distance of all codes from the prior",
    "nats",
    LOWER,
    "KL between all codes together and the prior. Near 0 the codes fill the prior without holes, and random codes look "
    "like real ones.",
)


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    kl, count = QUANTITIES["kl"], subject.codes.shape[1]
    units = replace(QUANTITIES["active"], key="active_units", unit=f"of {count} numbers")
    if subject.found.log_variance is None:
        reason = "A plain autoencoder's code is a point without a spread."
        yield from missing((kl, units, INFORMATION, AGGREGATE), reason)
        return
    yield mean(kl, subject.found.kl)
    active = int((subject.codes.var(axis=0) > ACTIVE).sum())
    yield Entry(units, active, f"{len(subject.codes):,} test images")
    yield from _against_prior(subject, subject.found.log_variance, tell)


def _against_prior(subject: Subject, log_variance: np.ndarray, tell: Tell) -> Iterator[Found]:
    places = subject.some(MOST)
    if not (subject.config.has_prior and len(places) >= 2):
        why = "Without a KL term the codes follow no prior." if len(places) > 1 else "It takes at least two images."
        yield from missing((INFORMATION, AGGREGATE), why)
        return
    of = f"{len(places):,} test images, so at most {math.log(len(places)):.1f} nats"
    information = mutual_information(subject.codes[places], log_variance[places], SEED, tell)
    yield Entry(INFORMATION, information, of)
    yield Entry(AGGREGATE, float(subject.found.kl[places].mean()) - information, of)


def mutual_information(mean: np.ndarray, log_variance: np.ndarray, seed: int, tell: Tell = lambda share: None) -> float:
    """Between image and code, in nats, all images being equally likely: the mean of log q(z|x) / q(z).

    q(z) is the mixture of all images' codes, so the answer is never more than the logarithm of their number.
    """
    mean, log_variance = mean.astype(np.float64), log_variance.astype(np.float64)
    random, total = np.random.default_rng(seed), 0.0
    precision = np.exp(-log_variance)
    constant = -0.5 * (log_variance.sum(axis=1) + (precision * mean**2).sum(axis=1))  # of each mixture part
    for start in range(0, len(mean), CHUNK):
        rows = slice(start, start + CHUNK)
        noise = random.standard_normal((DRAWS, *mean[rows].shape))
        codes = (mean[rows] + np.exp(0.5 * log_variance[rows]) * noise).reshape(-1, mean.shape[1])
        # log N(z; m, v) without its constant of pi, for every drawn code and every image
        each = constant - 0.5 * (codes**2) @ precision.T + codes @ (precision * mean).T
        own = -0.5 * (log_variance[rows].sum(axis=1) + (noise**2).sum(axis=2)).reshape(-1)
        total += float((own - log_mean_exp(each)).sum())
        tell(min(1.0, (start + CHUNK) / len(mean)))
    return total / (DRAWS * len(mean))


def log_mean_exp(values: np.ndarray) -> np.ndarray:
    """The logarithm of the mean of exponentials over the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).mean(axis=-1)) + top[..., 0])
