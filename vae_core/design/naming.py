"""What a kind of model, a loss and its unit are called: one room, for every table, chart, sentence and command.

A run keeps its losses in nats per image. `scale` leads from there to the unit that is shown, `unit` is its name:

    value * naming.scale(config.image, naming.PIXEL), naming.unit(config, naming.PIXEL)

A model whose loss is nothing but a sum of squared errors has that as its unit, not nats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from vae_core.glossary import WORDS

KINDS = {"vae": "VAE", "ae": "autoencoder"}
PIXEL, IMAGE, CHANNELS = "per pixel", "per image", "per image, mean over channels"
NATS, SQUARED = "nats", "squared error"
Measure = Literal["bce", "mse"]
HALF = math.sqrt(0.5)  # the sigma whose Gaussian loss is the squared error itself
LOWER, HIGHER, NEITHER = "lower", "higher", ""
LOSS_HELP = (
    f"{WORDS['Loss']} This one is of the validation images at the best epoch: reconstruction at a code drawn from the "
    "spread, and the weighted KL."
)
PER_HELP = (
    "Per pixel: the mean over pixels and channels, which compares images of different sizes. Per image: their sum, "
    "which is what training makes small. Mean over channels: the sum over places only, as report 003 counts."
)


class Model(Protocol):
    """A config, or the line of a run in the list."""

    @property
    def kind(self) -> str: ...
    @property
    def loss(self) -> str: ...
    @property
    def sigma(self) -> float | None: ...
    @property
    def has_prior(self) -> bool: ...
    @property
    def image(self) -> tuple[int, ...]: ...


def kind(model: Model) -> str:
    """What kind of model it is; a VAE that trains without its KL term is one in name only."""
    named = model.kind != "vae" or model.has_prior
    return KINDS.get(model.kind, model.kind) if named else "VAE without its KL term (beta is 0)"


def measure(model: Model) -> str:
    """What its own loss counts: squared error where it is nothing else, otherwise nats."""
    plain = model.loss == "mse" and not model.has_prior and math.isclose(model.sigma or HALF, HALF)
    return SQUARED if plain else NATS


def unit(model: Model, per: str) -> str:
    """The unit of a model's own loss, and of the reconstruction part of that."""
    return f"{measure(model)} {per}"


def common_unit(models: Sequence[Model], per: str) -> str:
    """Of several models' own losses: a squared error beside one with a KL term is told in nats, as that is."""
    units = list(dict.fromkeys(unit(model, per) for model in models))
    of_one_kind = len({(model.loss, model.sigma) for model in models}) == 1
    return f"{NATS} {per}" if len(units) > 1 and of_one_kind else " against ".join(units)


def choices(image: tuple[int, ...]) -> tuple[str, ...]:
    """Per what its losses can be shown: images of one channel have no mean over channels."""
    return (PIXEL, IMAGE, CHANNELS) if image[-1] > 1 else (PIXEL, IMAGE)


def scale(image: tuple[int, ...], per: str) -> float:
    """The factor that leads from a loss per image to this one."""
    return {PIXEL: 1 / math.prod(image), IMAGE: 1.0, CHANNELS: 1 / image[-1]}[per]


def kl_per(per: str) -> str:
    """A code has no channels: beside a mean over them, its KL is the one per image, as report 003 counts."""
    return IMAGE if per == CHANNELS else per


def kl_unit(per: str) -> str:
    """A KL term is one of nats, whatever the reconstruction counts."""
    return f"{NATS} {kl_per(per)}"


def printed(unit: str) -> str:
    """The unit of a report's numbers, in words."""
    known = {"nats_per_image_mean_over_channels": f"{NATS} {CHANNELS}", "mse_per_pixel": f"{SQUARED} {PIXEL}"}
    return known.get(unit, unit.replace("_", " "))


def fitting(per: object, image: tuple[int, ...]) -> str:
    """What was chosen, where these images can be shown so: of one channel the mean is the channel itself."""
    if per in choices(image):
        return str(per)
    return IMAGE if per == CHANNELS else PIXEL


def validated(model: Model) -> str:
    """The words for where the loss of a list, a card or a chart was taken."""
    return f"on the validation images at the best epoch{', at a sampled code' if model.kind == 'vae' else ''}"


def shown(nats_per_image: float, model: Model, per: str) -> str:
    """A loss with its unit."""
    return f"{nats_per_image * scale(model.image, per):.4g} {unit(model, per)}"


@dataclass(frozen=True)
class Quantity:
    """A number that is measured of a finished model on the test images. `own`: it is in the unit of its own loss."""

    key: str
    label: str
    unit: str
    better: str  # LOWER, HIGHER, or NEITHER
    meaning: str
    per_pixel: bool = False  # kept as a sum over pixels, shown as their mean
    own: bool = False

    def unit_of(self, models: Sequence[Model]) -> str:
        return common_unit(models, IMAGE) if self.own else self.unit


QUANTITIES: Mapping[str, Quantity] = {
    each.key: each
    for each in (
        Quantity(
            "reconstruction",
            "Reconstruction",
            "",
            LOWER,
            "The loss between a test image and its reconstruction at the mean code, as this model was trained on it.",
            own=True,
        ),
        Quantity(
            "best_code",
            "Reconstruction, best code",
            "",
            LOWER,
            "The same loss at the best code that could be found for each image, in place of the encoder's own.",
            own=True,
        ),
        Quantity(
            "encoder_loses",
            "Lost by the encoder",
            "",
            LOWER,
            "The reconstruction at the encoder's own codes less the one at the best codes that could be found.",
            own=True,
        ),
        Quantity(
            "kl",
            "KL",
            f"{NATS} {IMAGE}",
            NEITHER,
            "How much the code of an image says beyond the prior. Neither more nor less is better in itself.",
        ),
        Quantity(
            "negative_elbo",
            "Negative ELBO",
            f"{NATS} {IMAGE}",
            LOWER,
            "Reconstruction at a sampled code plus KL, always at beta = 1.",
        ),
        Quantity(
            "bce",
            "Cross-entropy",
            f"{NATS} {PIXEL}",
            LOWER,
            "Between a test image and its reconstruction at the mean code, whatever the model was trained on.",
            per_pixel=True,
        ),
        Quantity(
            "bce_sampled",
            "Cross-entropy, sampled code",
            f"{NATS} {PIXEL}",
            LOWER,
            "The same at one random draw of the image's code.",
            per_pixel=True,
        ),
        Quantity(
            "mse",
            "Squared error",
            PIXEL,
            LOWER,
            "Mean squared difference of pixels in 0..1 between a test image and its reconstruction at the mean code.",
            per_pixel=True,
        ),
        Quantity(
            "mse_sampled",
            "Squared error, sampled code",
            PIXEL,
            LOWER,
            "The same at one random draw of the image's code.",
            per_pixel=True,
        ),
        Quantity(
            "neighbours",
            "Class by neighbours",
            "share of test images",
            HIGHER,
            "How often most of the 15 nearest training codes have the test image's class.",
        ),
        Quantity(
            "neighbours_balanced",
            "Class by neighbours, balanced",
            "mean share over classes",
            HIGHER,
            "The same, every class counting alike however many images it has.",
        ),
        Quantity(
            "gap_closed",
            "Gap closed",
            "share",
            HIGHER,
            "Of the way from always answering with the mean image (0) to the least that is possible (1).",
        ),
        Quantity(
            "active",
            "Active numbers of the code",
            "",
            NEITHER,
            "Numbers of the code whose mean varies over the test images. The others carry nothing.",
        ),
    )
}


@dataclass(frozen=True)
class Column:
    """Of a table of test losses: which measure of a picture, and per what."""

    measure: str  # "bce" or "mse"
    per: str
    words: str

    def of(self, losses: Mapping[str, Mapping[str, float]], image: tuple[int, ...]) -> float:
        """`losses` of a model, or of a baseline: by measure, in nats or squared errors per image."""
        return losses[self.measure]["nats_per_image"] * scale(image, self.per)


def measures(model: Model) -> tuple[Measure, Measure]:
    """The two measures of a picture, first the one that the model was trained on."""
    return ("mse", "bce") if model.loss == "mse" else ("bce", "mse")


def columns(model: Model) -> tuple[Column, ...]:
    """What the model was trained on comes first, per all that there is; the other measure per pixel."""
    first, second = measures(model)
    return tuple(
        Column(measure, per, f"{QUANTITIES[measure].label.lower()}{f', {NATS}' if measure == 'bce' else ''} {per}")
        for measure, per in [*((first, per) for per in choices(model.image)), (second, PIXEL)]
    )
