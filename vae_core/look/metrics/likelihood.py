"""The logarithm of a test image's probability under the model: a bound by importance sampling (IWAE), and the integral
itself for codes of one or two numbers. Where the model of a pixel is not normalised, these are called pseudo-nats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.look import baselines
from vae_core.look.metrics.entry import HIGHER, Found, Missing, Quantity, Tell, mean, missing
from vae_core.look.metrics.information import log_mean_exp
from vae_core.look.metrics.subject import SEED, Subject
from vae_core.look.rows import chunks

SAMPLES = 64  # codes drawn for each image
IMAGES, FEWEST = 500, 20
BUDGET = 3e10  # multiply-adds of decoding: some seconds
NODES, FEWEST_NODES = 201, 61  # of the integral's grid on each side
REACH = 5.0  # standard deviations of the prior; and further where codes are
FINE = 1.2  # a step of the grid, in spreads of a narrow code
NODE_CHUNK = 2048
LOG_2PI = math.log(2 * math.pi)
Decode = Callable[[np.ndarray], np.ndarray]  # codes (n, d) -> outputs (n, pixels)


# Their unit, and what they mean, depend on the loss.
BOUND = Quantity("iwae", f"Log-likelihood, bound (IWAE, K = {SAMPLES})", naming.NATS, HIGHER, "")
QUADRATURE = Quantity("log_likelihood", "Log-likelihood, by quadrature", naming.NATS, HIGHER, "")


@dataclass(frozen=True)
class Pixels:
    """The model of a picture given its code."""

    decode: Decode
    gaussian: bool
    sigma: float = 1.0

    @classmethod
    def of(cls, subject: Subject) -> Pixels:
        def decode(codes: np.ndarray) -> np.ndarray:
            return subject.portable.output(codes).reshape(len(codes), -1).astype(np.float64)

        return cls(decode, subject.config.loss == "mse", subject.config.sigma or 1.0)

    def of_all(self, targets: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """log p(target | code) of every pair, (targets, codes)."""
        count, outputs = targets.shape[1], self.decode(codes.astype(np.float32))
        if self.gaussian:
            squares = (targets**2).sum(axis=1)[:, None] - 2 * targets @ outputs.T + (outputs**2).sum(axis=1)
            return np.asarray(-squares / (2 * self.sigma**2) - count * (math.log(self.sigma) + LOG_2PI / 2))
        low = np.clip(outputs, baselines.MODEL_CLIP, 1 - baselines.MODEL_CLIP)
        dark = np.log1p(-low)
        return np.asarray(targets @ (np.log(low) - dark).T + dark.sum(axis=1))


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    config, log_variance = subject.config, subject.found.log_variance
    if not config.has_prior or log_variance is None:
        kind = "A plain autoencoder" if config.kind == "ae" else "A VAE without a KL term"
        reason = f"{kind} has no prior, so it gives no probability to an image."
        yield from missing((BOUND, QUADRATURE), reason)
        return
    yield _bound(subject, log_variance, lambda share: tell(share / 2))
    yield _integral(subject, log_variance, lambda share: tell(0.5 + share / 2))


def _bound(subject: Subject, log_variance: np.ndarray, tell: Tell) -> Found:
    count = int(min(IMAGES, len(subject.pixels), BUDGET / (SAMPLES * subject.decoding)))
    if count < min(FEWEST, len(subject.pixels)):
        return Missing(BOUND, "Decoding so many codes of this large a model would take too long.")
    places = subject.some(count)
    given = _targets(subject, places), subject.codes[places], log_variance[places]
    values = iwae(*given, Pixels.of(subject), SAMPLES, SEED, tell)
    return mean(_told(BOUND, "A bound from below on", subject.config), values)


def _integral(subject: Subject, log_variance: np.ndarray, tell: Tell) -> Found:
    size = subject.codes.shape[1]
    if size > 2:
        return Missing(QUADRATURE, "Only for codes of one or two numbers can all codes be summed up.")
    wide = int(min(NODES if size == 2 else 20 * NODES, (BUDGET * 2 / subject.decoding) ** (1 / size)))
    grid = Grid.around(subject.codes, log_variance, wide)
    if wide < FEWEST_NODES or grid is None:
        why = "Its codes are too narrow, or its decoder too slow, for a grid that is fine enough."
        return Missing(QUADRATURE, why)
    values = integral(_targets(subject, subject.some(2 * IMAGES)), Pixels.of(subject), grid, tell)
    what = f"The sum over {len(grid.codes):,} codes of a grid, no bound:"
    return mean(_told(QUADRATURE, what, subject.config), values)


def _targets(subject: Subject, places: np.ndarray) -> np.ndarray:
    return baselines.targets(subject.pixels[places], subject.config.loss == "bce-binary").astype(np.float64)


def _told(quantity: Quantity, what: str, config: Config) -> Quantity:
    unit = f"{naming.NATS} {naming.IMAGE}"
    if config.loss != "bce":
        meaning = f"{what} the log-probability that the model gives to a test image. Higher is better."
        return replace(quantity, unit=unit, meaning=meaning)
    meaning = (
        f"{what} what would be the log-probability of a test image, if grey pixels were coin throws. They are not, so "
        "it is no likelihood and compares with models of the same loss only."
    )
    return replace(quantity, unit=f"pseudo-{unit}", meaning=meaning)


def iwae(
    targets: np.ndarray,
    mean: np.ndarray,
    log_variance: np.ndarray,
    pixels: Pixels,
    samples: int,
    seed: int,
    tell: Tell = lambda share: None,
) -> np.ndarray:
    """The importance-weighted bound of each image, (n,) nats; it rises to the log-likelihood with more samples."""
    random = np.random.default_rng(seed)
    found = np.empty(len(targets))
    for place, target in enumerate(targets):
        noise = random.standard_normal((samples, mean.shape[1]))
        spread = np.exp(0.5 * log_variance[place].astype(np.float64))
        codes = mean[place] + spread * noise
        prior = -0.5 * (codes**2).sum(axis=1)
        drawn = -0.5 * (noise**2).sum(axis=1) - np.log(spread).sum()  # both without the constant of pi
        seen = pixels.of_all(target[None], codes)[0]
        found[place] = log_mean_exp(seen + prior - drawn)
        tell((place + 1) / len(targets))
    return found


@dataclass(frozen=True)
class Grid:
    """Nodes of the trapezium rule, which for smooth bumps is exact as soon as a step is no wider than they are."""

    codes: np.ndarray  # (m, d)
    cell: float

    @classmethod
    def around(cls, mean: np.ndarray, log_variance: np.ndarray, most: int) -> Grid | None:
        """As fine as the codes are narrow, over all that the prior and the codes reach; None where that is too fine."""
        narrow = float(np.exp(0.5 * np.quantile(log_variance, 0.02)))
        far = np.abs(mean).max(axis=0) + 4 * float(np.exp(0.5 * log_variance.max()))
        reach = float(max(REACH, min(far.max(), 3 * REACH)))
        wanted = math.ceil(2 * reach / (FINE * narrow)) + 1
        if wanted > most:
            return None
        line = np.linspace(-reach, reach, max(wanted, FEWEST_NODES))
        axes = np.meshgrid(*[line] * mean.shape[1], indexing="ij")
        return cls(np.stack([axis.ravel() for axis in axes], axis=1), float((line[1] - line[0]) ** mean.shape[1]))


def integral(targets: np.ndarray, pixels: Pixels, grid: Grid, tell: Tell = lambda share: None) -> np.ndarray:
    """log of the integral over all codes of p(target | code) p(code), of each image, (n,) nats."""
    found = np.full(len(targets), -np.inf)
    for part in chunks(len(grid.codes), NODE_CHUNK):
        codes = grid.codes[part]
        prior = -0.5 * ((codes**2).sum(axis=1) + codes.shape[1] * LOG_2PI)
        each = pixels.of_all(targets, codes) + prior
        found = np.logaddexp(found, log_mean_exp(each) + math.log(len(codes)))
        tell(part.stop / len(grid.codes))
    return np.asarray(found + math.log(grid.cell))
