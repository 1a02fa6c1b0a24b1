"""Rules about what the code carries, over all test images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from vae_core.design.config import Config
from vae_core.design.layers import Activation, Code
from vae_core.design.notation import parse, write
from vae_core.look.doctor.case import Case
from vae_core.look.doctor.finding import HINT, Fault, Finding, Repair
from vae_core.look.evaluation import ACTIVE
from vae_core.look.evidence import Bars, Dots
from vae_core.look.rows import spread

NOT_NEGATIVE = ("relu", "sigmoid", "relu6")
FLAT = 1e-6  # of the largest spread: a number of the code that never moves
FEW = 4  # up to so many numbers, one that says nothing is a collapse and not a spare one
NEEDED = 0.99  # of the codes' variance, for a plain autoencoder
DOTS = 1500
COLLAPSE = Fault(
    "posterior-collapse",
    "The code has collapsed",
    "The KL term is cheapest where every image has the same code. If it wins early, the decoder learns to do "
    "without the code and draws one mean picture; this is called posterior collapse.",
)
HALF_PLANE = Fault(
    "half-plane",
    "Part of the code cannot be used",
    "A code needs room on both sides of 0. An activation such as ReLU cuts off everything below 0, and a number "
    "that is cut off for every image gets no gradient any more: it is dead for good.",
)
TOO_LARGE = Fault(
    "code-too-large",
    "The code is larger than it needs to be",
    "Numbers of the code that carry nothing make every map and every comparison of code sizes harder to read, and "
    "they cost nothing to leave out. In a VAE this is the KL term at work, and no fault of the training.",
    HINT,
)


def kl_of_each(case: Case) -> np.ndarray | None:
    """The KL of each number of the code, averaged over the test images, (d,) nats; None for a plain autoencoder."""
    if case.codes is None or case.log_variance is None or not len(case.codes):
        return None
    mean, log_variance = case.codes.astype(np.float64), case.log_variance.astype(np.float64)
    return np.asarray(0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).mean(axis=0))


def collapse(case: Case) -> Finding | None:
    each = kl_of_each(case)
    if each is None or case.codes is None or not case.config.has_prior:
        return None
    silent = np.flatnonzero(case.codes.var(axis=0) <= ACTIVE)
    if not (len(silent) == case.size or (case.size <= FEW and len(silent))):
        return None
    which = "No number" if len(silent) == case.size else f"Only {case.size - len(silent)} of {case.size} numbers"
    return COLLAPSE.seen(
        f"{which} of the code says anything about the image: over {len(case.codes):,} test images the others hardly "
        f"move, and all of the code carries {each.sum():.2f} nats.",
        _carried(each, silent),
        _slower_kl(case.config),
    )


def _carried(each: np.ndarray, silent: Iterable[int] = ()) -> Bars:
    names, limit = tuple(f"z{place + 1}" for place in range(len(each))), (ACTIVE, "hardly anything")
    title = "What each number of the code carries, over the test images"
    return Bars(title, "nats", names, tuple(map(float, each)), limit, tuple(map(int, silent)))


def _slower_kl(config: Config) -> Repair:
    words, slowly = "Let the KL term come in slowly, over the first half of the epochs", max(1, config.epochs // 2)
    if (config.beta or 0) > 1:
        return Repair(f"{words}, and weigh it with 1.", {"kl_warmup": slowly, "beta": 1.0}, afresh=True)
    return Repair(f"{words}.", {"kl_warmup": slowly}, afresh=True)


def half_plane(case: Case) -> Finding | None:
    """Dead numbers, or codes that may only be positive."""
    if case.config.kind != "ae" or case.codes is None or not len(case.codes):
        return None
    cut = _activation(case.config)
    widths = np.ptp(case.codes, axis=0)
    dead = np.flatnonzero(widths <= FLAT * max(float(widths.max()), 1e-30))
    if not cut and not len(dead):
        return None
    told = []
    if cut:
        told.append(
            f"The code ends in {cut}, so none of its {case.size} numbers can be negative: the map has "
            f"{1 / 2**case.size:.2g} of its room."
        )
    if len(dead):
        told.append(f"{len(dead)} of {case.size} numbers are the same for all {len(case.codes):,} test images.")
    repair = Repair("Let the code be linear: no activation on it.", _linear_code(case.config))
    return HALF_PLANE.seen(" ".join(told), _dots(case), repair)


def _activation(config: Config) -> str:
    """The activation that keeps the code from being negative; empty where it may be."""
    plan = config.architecture()
    names = [plan.code.activation, *(layer.name for layer in plan.tail if isinstance(layer, Activation))]
    return next((name for name in names if name in NOT_NEGATIVE), "")


def _linear_code(config: Config) -> dict[str, object]:
    plan = config.architecture()
    tail = tuple(layer for layer in plan.tail if not isinstance(layer, Activation))
    if not _activation(config):  # dead numbers of a linear code: smaller steps
        return {"learning_rate": config.learning_rate / 10}
    return {"encoder": write((*plan.encoder, replace(plan.code, activation="linear"), *tail)), "latent": None}


def too_large(case: Case) -> Finding | None:
    each = kl_of_each(case)
    if case.codes is None or case.size <= FEW or not len(case.codes):
        return None
    if case.config.has_prior and each is not None:
        used, bars = int((case.codes.var(axis=0) > ACTIVE).sum()), _carried(each)
        seen = f"{used} of {case.size} numbers carry anything; the others are noise around 0."
    else:
        shares = _shares(case.codes)
        used, bars = int(np.searchsorted(np.cumsum(shares), NEEDED) + 1), _along_axes(shares)
        seen = f"{used} of {case.size} directions hold {NEEDED:.0%} of all that the codes vary."
    if not 0 < used <= case.size // 2:
        return None
    repair = Repair(f"Train it with a code of {used}.", _with_size(case.config, used))
    return TOO_LARGE.seen(f"{seen} A code of {used} would do.", bars, repair)


def _along_axes(shares: np.ndarray) -> Bars:
    names = tuple(f"axis {place + 1}" for place in range(len(shares)))
    title = "How much the codes vary along each of their main axes"
    return Bars(title, "share of the variance", names, tuple(map(float, shares)))


def _shares(codes: np.ndarray) -> np.ndarray:
    """The shares of the variance along the main axes, the largest first."""
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(codes.astype(np.float64), rowvar=False)))[::-1].clip(0)
    return np.asarray(values / max(values.sum(), 1e-30))


def _with_size(config: Config, size: int) -> dict[str, object]:
    layers = parse(config.encoder)
    if any(isinstance(layer, Code) for layer in layers):
        smaller = (replace(layer, size=size) if isinstance(layer, Code) else layer for layer in layers)
        return {"encoder": write(tuple(smaller))}
    return {"latent": size}


def _dots(case: Case) -> Dots:
    assert case.codes is not None
    some = spread(len(case.codes), DOTS)
    codes = case.codes[some]
    second = codes[:, 1] if case.size > 1 else np.zeros(len(codes))
    labels = None if case.labels is None else tuple(int(label) for label in case.labels[some])
    return Dots("Where the test images' codes lie", tuple(map(float, codes[:, 0])), tuple(map(float, second)), labels)
