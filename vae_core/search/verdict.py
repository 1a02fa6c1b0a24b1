"""What a search's best trial is worth: beside predictors that learn next to nothing, and fold by fold."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from vae_core.checked import Json
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.runs import history
from vae_core.runs.forms import Metrics, Strip
from vae_core.search.trials import Trial

LEVELS = {"mean_image": "mean image", "class_mean": "mean of its class", "pca": "PCA"}
LOSSES = (  # of a fold
    "validation_total_nats_per_image",
    "validation_reconstruction_nats_per_image",
    "train_total_nats_per_image",
)
LAG = 1.5  # a validation loss of so many times the training loss is no matter of generalisation any more


@dataclass(frozen=True)
class Unit:
    """Of a model's own loss: its names, its key in a run's metrics, and what leads there from nats per image."""

    name: str
    whole: str  # the same, summed over an image
    key: naming.Measure
    scale: float


def unit_of(config: Config) -> Unit:
    """What is compared with simple means, which have no sigma, is the squared error itself."""
    whole = naming.unit(config, naming.IMAGE)
    if config.loss != "mse":
        return Unit(naming.unit(config, naming.PIXEL), whole, "bce", 1 / config.pixels)
    twice = 2 * (config.sigma or 1.0) ** 2
    return Unit(f"{naming.SQUARED} {naming.PIXEL}", whole, "mse", twice / config.pixels)


@dataclass(frozen=True)
class Fold:
    """A trial's training at its best epoch. Losses of images that validate, but for `train`; nats per image."""

    number: int
    run: str
    epoch: int
    loss: float
    reconstruction: float
    train: float


def folds(trial: Trial, histories: Mapping[str, Sequence[history.Row]]) -> list[Fold]:
    """Of those that have an epoch; `histories` by the runs' ids."""
    found = []
    for number, run in enumerate(trial.runs, 1):
        if best := history.best(histories.get(run, ())):
            loss, reconstruction, train = (float(best[name]) for name in LOSSES)
            found.append(Fold(number, run, int(best["epoch"]), loss, reconstruction, train))
    return found


def mean_and_spread(values: Sequence[float]) -> tuple[float, float | None]:
    """The spread is the standard deviation of a sample; one value has none."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


@dataclass(frozen=True)
class Verdict:
    """In the unit of the loss; `bars` are reached on the test images by what learns next to nothing."""

    unit: str
    model: float  # the winner's on the test images, or before there is one the best trial's on those that validate
    images: str  # which of the two
    bars: dict[str, float]
    words: tuple[str, ...]  # what is wrong; empty where nothing is

    def to_json(self) -> dict[str, Json]:
        return asdict(self)


def judge(config: Config, found: Sequence[Fold], metrics: Metrics | None, strip: Strip | None) -> Verdict:
    """Of the best trial, which has these folds, and of the run that it became, once that has `metrics`."""
    unit = unit_of(config)
    of_folds = statistics.fmean(fold.reconstruction for fold in found) * unit.scale
    model = float(metrics[unit.key]["mean_code"]["nats_per_pixel"]) if metrics else of_folds
    images = "test" if metrics else "validation"
    known = {name: levels for key, name in LEVELS.items() if (levels := (strip or {}).get(key))}
    bars = {name: float(levels[unit.key]["nats_per_pixel"]) for name, levels in known.items()}
    said = [_beaten(model, images, bars, unit), _lagging(found, unit)]
    return Verdict(unit.name, model, images, bars, tuple(sentence for sentence in said if sentence))


def _beaten(model: float, images: str, bars: Mapping[str, float], unit: Unit) -> str:
    mean = bars.get("mean image")
    if mean is None or model < mean:
        return ""
    return (
        f"Nothing here beats the mean image. The best model reaches {model:.4g} {unit.name} on the {images} "
        f"images; always answering with the mean training image reaches {mean:.4g}. More trials of this kind will "
        "not help: give each more epochs, other ranges or other layers."
    )


def _lagging(found: Sequence[Fold], unit: Unit) -> str:
    far = [fold for fold in found if fold.train > 0 and fold.loss > LAG * fold.train]
    if not far:
        return ""
    worst = max(far, key=lambda fold: fold.loss / fold.train)
    return (
        f"The best trial is far worse on images that it did not train on: a loss of {worst.loss:.4g} {unit.whole} "
        f"against {worst.train:.4g} in training. After few steps that is mostly batch norm, whose "
        "running means lag behind; after many it is learning by heart."
    )
