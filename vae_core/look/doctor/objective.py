"""Rules about the loss itself: what is in it, and how its parts weigh."""

from __future__ import annotations

import math

import numpy as np

from vae_core.design import naming
from vae_core.look.doctor.case import Case
from vae_core.look.doctor.finding import HINT, Finding, Repair
from vae_core.look.evidence import MARKED, Bars, Curves, Line
from vae_core.words import plural

NEAR = 1.25  # a beta within this factor of a count of pixels is one
LITTLE, MUCH = 0.05, 20.0  # a KL weight below hardly pulls, one above leaves little else
SUM_TOLERANCE = 1e-3  # of the total, rounding in a printed table aside
WORTH_PCA = 0.01  # of what PCA leaves above the least that is possible: by that much a network should beat it


def no_kl(case: Case) -> Finding | None:
    if case.config.kind != "vae" or case.config.beta:
        return None
    last = case.column("validation_kl")
    seen = f" Its codes strayed to {last[-1]:.0f} nats from the prior." if len(last) and np.isfinite(last[-1]) else ""
    return Finding(
        "no-kl", "The KL term is missing",
        f"This model is called a VAE, but beta is 0: nothing in its loss holds the codes near the prior.{seen}",
        "A VAE's loss has two parts: how well an image is rebuilt, and the KL term, which keeps the codes of all "
        "images in one cloud around 0. Without it the model is an autoencoder with noise: random codes decode to "
        "nothing sensible, and the map has holes.",
        case.curves("How far the codes stray from the prior", ("kl",)),
        Repair("Put the KL term into the loss, with a weight of 1.", {"beta": 1.0}),
    )  # fmt: skip


def scale_mismatch(case: Case) -> Finding | None:
    beta, pixels = case.config.beta or 0.0, case.config.pixels
    if case.config.kind != "vae" or not beta:
        return None
    reason = _scale_reason(beta, case)
    if not reason:
        return None
    reconstruction, kl = (float(case.column(f"validation_{part}")[-1]) for part in ("reconstruction", "kl"))
    return Finding(
        "scale-mismatch", "KL and reconstruction are on different scales",
        f"The KL term counts {beta:g} times in the loss, where both parts are summed over an image of {pixels:,} "
        f"values. {reason}",
        "Both parts are nats of one image and belong together with a weight near 1. A common slip is to take the mean "
        "over pixels of one and the sum of the other: that multiplies or divides the weight by the number of pixels.",
        Bars("What one image costs in the loss", case.unit, ("reconstruction", f"{beta:g} x KL", "KL"),
             (reconstruction, beta * kl, kl), marked=(1,)),
        Repair("Weigh both parts alike: beta = 1.", {"beta": 1.0}, afresh=beta > 1),
    )  # fmt: skip


def _scale_reason(beta: float, case: Case) -> str:
    height, width, channels = case.config.image
    counts = {"pixels": height * width, "pixels and channels": case.config.pixels}
    for name, count in counts.items():
        if max(beta, 1 / beta) / count <= NEAR <= NEAR**2 * max(beta, 1 / beta) / count:
            part = "reconstruction was averaged" if beta > 1 else "KL was averaged"
            return f"That is what comes out where the {part} over its {count:,} {name} and the other part was summed."
    if channels > 1 and math.isclose(beta, channels):
        return f"That is what comes out where the reconstruction is a mean over the {channels} colour channels."
    if beta >= MUCH:
        return "So much weight leaves the codes little to say about the image."
    if beta <= LITTLE:
        return "So little weight hardly holds the codes near the prior."
    return ""


def parts_do_not_sum(case: Case) -> Finding | None:
    off = [(part, *_off(case, part)) for part in ("train", "validation")]
    part, epochs, sums = max(off, key=lambda each: len(each[1]))
    if not epochs:
        return None
    totals = case.column(f"{part}_total")
    first = case.epochs.index(epochs[0])
    kept = tuple(float(value) for value in totals)
    return Finding(
        "parts-do-not-sum", "The total is not the sum of its parts",
        f"In {len(epochs)} of {len(case.history)} epochs the {part} loss is not reconstruction + beta x KL: in epoch "
        f"{epochs[0]:.0f} it says {totals[first]:.2f}, and its parts make {sums[first]:.2f} {case.unit}.",
        "If the parts do not add up, at least one of the three numbers is wrong, was averaged in another way, or comes "
        "from another epoch, and no sentence about the loss can be trusted.",
        Curves("The loss as it was written down, and the sum of its parts", case.unit,
               (Line("written down", case.epochs, kept),
                Line("sum of the parts", case.epochs, tuple(float(each) for each in sums), MARKED, dashed=True))),
        Repair("Train it again here: this program computes the total from its parts.", {"seed": case.config.seed + 1}),
    )  # fmt: skip


def _off(case: Case, part: str) -> tuple[list[float], np.ndarray]:
    """The epochs that do not add up, and what the parts make of each epoch."""
    reconstruction, kl = case.column(f"{part}_reconstruction"), case.column(f"{part}_kl")
    total, beta = case.column(f"{part}_total"), case.config.beta or 0.0
    sums = reconstruction + beta * kl
    wrong = np.abs(total - sums) > SUM_TOLERANCE * np.maximum(1.0, np.abs(total))
    if part == "train":  # while beta rises, an epoch's total weighs each step with its own beta
        wrong &= np.arange(len(total)) >= case.config.kl_warmup
    return [epoch for epoch, bad in zip(case.epochs, wrong) if bad], sums


def no_better_than_pca(case: Case) -> Finding | None:
    strip = (case.metrics or {}).get("baselines")
    if not strip or not strip.get("pca"):
        return None
    unit = naming.measures(case.config)[0]
    measured = naming.QUANTITIES[unit]
    model = case.metrics[unit]["mean_code"]["nats_per_pixel"] if case.metrics else math.nan
    bars = {name: strip[key][unit]["nats_per_pixel"] for name, key in (("mean image", "mean_image"), ("PCA", "pca"))}
    floor = strip["floor"][unit]["nats_per_pixel"]
    if not model - floor > (1 - WORTH_PCA) * (bars["PCA"] - floor):
        return None
    size, least = case.size, f", and the least that is possible is {floor:.4f}" if floor else ""
    return Finding(
        "no-better-than-pca", "A straight line does as well",
        f"On the test images this model reaches a {measured.label.lower()} of {model:.4f} {measured.unit}, and "
        f"principal component analysis with {plural(size, 'number')} reaches {bars['PCA']:.4f}{least}: the "
        "network is not ahead by 1 % of what PCA leaves.",
        "PCA is the best that can be done without any hidden layer, and it takes a second. A network that is not "
        "better has either not learned enough yet, or its code is too small for these images.",
        Bars(f"{measured.label} on the test images, lower is better", measured.unit, ("this model", *bars),
             (model, *bars.values()), marked=(0,)),
        Repair("Train it for twice as many epochs; where that does not help, give it a larger code.",
               {"epochs": 2 * max(case.config.epochs, len(case.history))}),
        HINT,
    )  # fmt: skip
