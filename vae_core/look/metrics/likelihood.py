"""The logarithm of a test image's probability under the model: a bound by importance sampling (IWAE), and the integral
itself for codes of one or two numbers. Where the model of a pixel is not normalised, these are called pseudo-nats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.look import baselines
from vae_core.look.metrics.entry import HIGHER, Found, Missing, Tell, mean
from vae_core.look.metrics.information import log_mean_exp
from vae_core.look.metrics.subject import SEED, Subject

SAMPLES = 64  # codes drawn for each image
IMAGES, FEWEST = 500, 20
BUDGET = 3e10  # multiply-adds of decoding: some seconds
NODES, FEWEST_NODES = 201, 61  # of the integral's grid on each side
REACH = 5.0  # standard deviations of the prior; and further where codes are
FINE = 1.2  # a step of the grid, in spreads of a narrow code
NODE_CHUNK = 2048
LOG_2PI = math.log(2 * math.pi)
Decode = Callable[[np.ndarray], np.ndarray]  # codes (n, d) -> outputs (n, pixels)


@dataclass(frozen=True)
class Pixels:
    """The model of a picture given the decoder's output."""

    gaussian: bool
    sigma: float = 1.0

    @classmethod
    def of(cls, config: Config) -> Pixels:
        return cls(config.loss == "mse", config.sigma or 1.0)

    def of_all(self, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """log p(target | output) of every pair, (targets, outputs)."""
        count = targets.shape[1]
        if self.gaussian:
            squares = (targets**2).sum(axis=1)[:, None] - 2 * targets @ outputs.T + (outputs**2).sum(axis=1)
            return np.asarray(-squares / (2 * self.sigma**2) - count * (math.log(self.sigma) + LOG_2PI / 2))
        low = np.clip(outputs, baselines.MODEL_CLIP, 1 - baselines.MODEL_CLIP)
        dark = np.log1p(-low)
        return np.asarray(targets @ (np.log(low) - dark).T + dark.sum(axis=1))


def measure(subject: Subject, tell: Tell) -> Iterator[Found]:
    config, log_variance = subject.config, subject.found.log_variance
    names = (
        ("iwae", f"Log-likelihood, bound (IWAE, K = {SAMPLES})"),
        ("log_likelihood", "Log-likelihood, by quadrature"),
    )
    if not config.has_prior or log_variance is None:
        kind = "A plain autoencoder" if config.kind == "ae" else "A VAE without a KL term"
        yield from (Missing(*name, f"{kind} has no prior, so it gives no probability to an image.") for name in names)
        return
    count = int(min(IMAGES, len(subject.pixels), BUDGET / (SAMPLES * subject.decoding)))
    unit = f"{'pseudo-' if config.loss == 'bce' else ''}{naming.NATS} {naming.IMAGE}"
    places = subject.some(count)
    targets = baselines.targets(subject.pixels[places], config.loss == "bce-binary").astype(np.float64)
    decode = _decoder(subject)
    if count < min(FEWEST, len(subject.pixels)):
        yield Missing(*names[0], "Decoding so many codes of this large a model would take too long.")
    else:
        values = iwae(targets, subject.codes[places], log_variance[places], decode, Pixels.of(config), SAMPLES, SEED,
                      lambda share: tell(share / 2))  # fmt: skip
        yield mean(*names[0], values, unit, HIGHER, _meaning("A bound from below on", config))
    yield _integral(subject, names[1], unit, decode, tell)


def _integral(subject: Subject, name: tuple[str, str], unit: str, decode: Decode, tell: Tell) -> Found:
    size = subject.codes.shape[1]
    if size > 2:
        return Missing(*name, "Only for codes of one or two numbers can all codes be summed up.")
    wide = int(min(NODES if size == 2 else 20 * NODES, (BUDGET * 2 / subject.decoding) ** (1 / size)))
    log_variance = subject.found.log_variance
    assert log_variance is not None
    grid = Grid.around(subject.codes, log_variance, wide)
    if wide < FEWEST_NODES or grid is None:
        return Missing(*name, "Its codes are too narrow, or its decoder too slow, for a grid that is fine enough.")
    places = subject.some(2 * IMAGES)
    targets = baselines.targets(subject.pixels[places], subject.config.loss == "bce-binary").astype(np.float64)
    values = integral(targets, decode, Pixels.of(subject.config), grid, lambda share: tell(0.5 + share / 2))
    meaning = _meaning(f"The sum over {len(grid.codes):,} codes of a grid, no bound:", subject.config)
    return mean(*name, values, unit, HIGHER, meaning)


def _meaning(what: str, config: Config) -> str:
    if config.loss != "bce":
        return f"{what} the log-probability that the model gives to a test image. Higher is better."
    return (f"{what} what would be the log-probability of a test image, if grey pixels were coin throws. They are not, "
            "so it is no likelihood and compares with models of the same loss only.")  # fmt: skip


def _decoder(subject: Subject) -> Decode:
    return lambda codes: subject.portable.output(codes).reshape(len(codes), -1).astype(np.float64)


def iwae(
    targets: np.ndarray, mean: np.ndarray, log_variance: np.ndarray, decode: Decode, pixels: Pixels, samples: int,
    seed: int, tell: Tell = lambda share: None,
) -> np.ndarray:  # fmt: skip
    """The importance-weighted bound of each image, (n,) nats; it rises to the log-likelihood with more samples."""
    random = np.random.default_rng(seed)
    found = np.empty(len(targets))
    for place, target in enumerate(targets):
        noise = random.standard_normal((samples, mean.shape[1]))
        spread = np.exp(0.5 * log_variance[place].astype(np.float64))
        codes = mean[place] + spread * noise
        prior = -0.5 * (codes**2).sum(axis=1)
        drawn = -0.5 * (noise**2).sum(axis=1) - np.log(spread).sum()  # both without the constant of pi
        seen = pixels.of_all(target[None], decode(codes.astype(np.float32)))[0]
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


def integral(
    targets: np.ndarray, decode: Decode, pixels: Pixels, grid: Grid, tell: Tell = lambda share: None
) -> np.ndarray:
    """log of the integral over all codes of p(target | code) p(code), of each image, (n,) nats."""
    found = np.full(len(targets), -np.inf)
    for start in range(0, len(grid.codes), NODE_CHUNK):
        codes = grid.codes[start : start + NODE_CHUNK]
        prior = -0.5 * ((codes**2).sum(axis=1) + codes.shape[1] * LOG_2PI)
        each = pixels.of_all(targets, decode(codes.astype(np.float32))) + prior
        found = np.logaddexp(found, log_mean_exp(each) + math.log(len(codes)))
        tell(min(1.0, (start + NODE_CHUNK) / len(grid.codes)))
    return np.asarray(found + math.log(grid.cell))
