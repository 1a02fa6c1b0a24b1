"""Rules about the loss itself: what is in it, and how its parts weigh."""

from __future__ import annotations

import math

import numpy as np

from vae_core.design import naming
from vae_core.look.doctor.case import Case
from vae_core.look.doctor.finding import HINT, Fault, Finding, Repair
from vae_core.look.evidence import MARKED, Bars, Curves, Line
from vae_core.words import plural

NEAR = 1.25  # a beta within this factor of a count of pixels is one
LITTLE, MUCH = 0.05, 20.0  # a KL weight below hardly pulls, one above leaves little else
SUM_TOLERANCE = 1e-3  # of the total, rounding in a printed table aside
WORTH_PCA = 0.01  # of what PCA leaves above the least that is possible: by that much a network should beat it
NO_KL = Fault(
    "no-kl",
    "The KL term is missing",
    "A VAE's loss has two parts: how well an image is rebuilt, and the KL term, which keeps the codes of all "
    "images in one cloud around 0. Without it the model is an autoencoder with noise: random codes decode to "
    "nothing sensible, and the map has holes.",
)
SCALE_MISMATCH = Fault(
    "scale-mismatch",
    "KL and reconstruction are on different scales",
    "Both parts are nats of one image and belong together with a weight near 1. A common slip is to take the mean "
    "over pixels of one and the sum of the other: that multiplies or divides the weight by the number of pixels.",
)
PARTS_DO_NOT_SUM = Fault(
    "parts-do-not-sum",
    "The total is not the sum of its parts",
    "If the parts do not add up, at least one of the three numbers is wrong, was averaged in another way, or comes "
    "from another epoch, and no sentence about the loss can be trusted.",
)
NO_BETTER_THAN_PCA = Fault(
    "no-better-than-pca",
    "A straight line does as well",
    "PCA is the best that can be done without any hidden layer, and it takes a second. A network that is not "
    "better has either not learned enough yet, or its code is too small for these images.",
    HINT,
)


def no_kl(case: Case) -> Finding | None:
    if case.config.kind != "vae" or case.config.beta:
        return None
    last = case.column("validation_kl")
    seen = f" Its codes strayed to {last[-1]:.0f} nats from the prior." if len(last) and np.isfinite(last[-1]) else ""
    return NO_KL.seen(
        f"This model is called a VAE, but beta is 0: nothing in its loss holds the codes near the prior.{seen}",
        case.curves("How far the codes stray from the prior", ("kl",)),
        Repair("Put the KL term into the loss, with a weight of 1.", {"beta": 1.0}),
    )


def scale_mismatch(case: Case) -> Finding | None:
    beta, pixels = case.config.beta or 0.0, case.config.pixels
    if case.config.kind != "vae" or not beta:
        return None
    reason = _scale_reason(beta, case)
    if not reason:
        return None
    reconstruction, kl = (float(case.column(f"validation_{part}")[-1]) for part in ("reconstruction", "kl"))
    names, costs = ("reconstruction", f"{beta:g} x KL", "KL"), (reconstruction, beta * kl, kl)
    return SCALE_MISMATCH.seen(
        f"The KL term counts {beta:g} times in the loss, where both parts are summed over an image of {pixels:,} "
        f"values. {reason}",
        Bars("What one image costs in the loss", case.unit, names, costs, marked=(1,)),
        Repair("Weigh both parts alike: beta = 1.", {"beta": 1.0}, afresh=beta > 1),
    )


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
    totals, first = case.column(f"{part}_total"), case.epochs.index(epochs[0])
    lines = (
        Line("written down", case.epochs, tuple(map(float, totals))),
        Line("sum of the parts", case.epochs, tuple(map(float, sums)), MARKED, dashed=True),
    )
    return PARTS_DO_NOT_SUM.seen(
        f"In {len(epochs)} of {len(case.history)} epochs the {part} loss is not reconstruction + beta x KL: in epoch "
        f"{epochs[0]:.0f} it says {totals[first]:.2f}, and its parts make {sums[first]:.2f} {case.unit}.",
        Curves("The loss as it was written down, and the sum of its parts", case.unit, lines),
        Repair("Train it again here: this program computes the total from its parts.", {"seed": case.config.seed + 1}),
    )


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
    if not case.metrics or not case.metrics["baselines"].get("pca"):
        return None
    measure = naming.measures(case.config)[0]
    measured, model = naming.QUANTITIES[measure], case.metrics[measure]["mean_code"]["nats_per_pixel"]
    strip = {name: losses[measure]["nats_per_pixel"] for name, losses in case.metrics["baselines"].items() if losses}
    mean, pca, floor = strip["mean_image"], strip["pca"], strip["floor"]
    if not model - floor > (1 - WORTH_PCA) * (pca - floor):
        return None
    least = f", and the least that is possible is {floor:.4f}" if floor else ""
    title = f"{measured.label} on the test images, lower is better"
    return NO_BETTER_THAN_PCA.seen(
        f"On the test images this model reaches a {measured.label.lower()} of {model:.4f} {measured.unit}, and "
        f"principal component analysis with {plural(case.size, 'number')} reaches {pca:.4f}{least}: the network is "
        "not ahead by 1 % of what PCA leaves.",
        Bars(title, measured.unit, ("this model", "mean image", "PCA"), (model, mean, pca), marked=(0,)),
        Repair("Train it for twice as many epochs; where that does not help, give it a larger code.", case.longer),
    )
