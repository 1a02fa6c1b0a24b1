"""What a run is worth on the test images: losses, KL, ELBO, classes in the code space, beside the baseline strip."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from vae_core.data import catalog, splits
from vae_core.data.dataset import Dataset, Part
from vae_core.design import cost
from vae_core.design.config import Config
from vae_core.design.naming import QUANTITIES
from vae_core.errors import LoupeError
from vae_core.look import baselines, neighbours
from vae_core.look.portable import Portable
from vae_core.look.rows import chunks
from vae_core.runs import forms
from vae_core.runs.store import Run
from vae_core.settings import Settings

VERSION = 1
ACTIVE = 0.01  # a dimension whose means vary by more carries something
NEIGHBOURS = 15
CHUNK = 1024
Progress = Callable[[int, int], None]
UNITS = {
    "bce": "nats of a Bernoulli pixel; per pixel, and summed over the pixels and channels of an image",
    "mse": "squared error of pixels in 0..1, in the same two forms: "
    "the nats of a Gaussian with sigma 1/sqrt(2), without its constant",
    "kl": QUANTITIES["kl"].unit,
    "elbo": "nats per image at beta = 1, one sampled code per image; higher is better",
    "negative_elbo": f"{QUANTITIES['negative_elbo'].unit} at beta = 1; lower is better",
    "knn_accuracy": f"{QUANTITIES['neighbours'].unit}; higher is better",
    "balanced_accuracy": f"{QUANTITIES['neighbours_balanced'].unit}; higher is better",
    "gap_closed": "share of the way from the mean image to the floor, at the mean code; 1 is best",
}


@dataclass(frozen=True)
class PerImage:
    """Every image's code and losses in nats or squared errors summed over its pixels. KL is 0 without a spread."""

    mean: np.ndarray  # (n, d)
    log_variance: np.ndarray | None
    kl: np.ndarray  # (n,)
    bce: dict[str, np.ndarray]  # by code, "mean_code" and "sampled": (n,)
    mse: dict[str, np.ndarray]

    def reconstruction(self, config: Config, code: str) -> np.ndarray:
        """The reconstruction loss of each image in the unit of the model's own, (n,)."""
        if config.loss != "mse":
            return self.bce[code]
        return self.mse[code] / (2 * (config.sigma or 1.0) ** 2)


def evaluate(run: Run, settings: Settings, progress: Progress | None = None) -> forms.Metrics:
    """The run's metrics, computed at the first call, kept in the run, and read from there afterwards."""
    config, kept, trained_on = run.config(), run.metrics(), run.resolved().get("data_fingerprint")
    if kept and (kept.get("version"), kept.get("data_fingerprint")) == (VERSION, trained_on):
        return kept
    dataset = catalog.load(run.data_name(), settings)
    check(config, dataset)
    own = splits.only(dataset, config.classes)
    metrics: forms.Metrics = {"run": run.id, **_measure(run, own, settings, progress)}
    metrics |= {"data_fingerprint": dataset.fingerprint, "classes": list(config.classes)}
    if trained_on not in (None, dataset.fingerprint):
        metrics["notes"].append(f"{config.dataset} has changed since this run was trained.")
    run.save_metrics(metrics)
    return metrics


def per_image(portable: Portable, pixels: np.ndarray, config: Config, progress: Progress | None = None) -> PerImage:
    """Codes and losses of these images (uint8), at the mean code and at one sampled code each."""
    steps = _Steps(progress, 2 * len(pixels))
    mean, log_variance = portable.encode(pixels, steps.after(0))
    if not np.isfinite(mean).all():
        raise LoupeError("Some of the model's codes are not finite numbers", fix="Train it again with a lower rate")
    names = ("mean_code", "sampled")
    bce, mse = ({name: np.zeros(len(pixels)) for name in names} for _ in range(2))
    sampled = _sampled(mean, log_variance, config.seed)
    for place in chunks(len(pixels), CHUNK):
        target = baselines.targets(pixels[place], config.loss == "bce-binary")
        for name, codes in (("mean_code", mean), ("sampled", sampled)):
            output = portable.output(codes[place]).reshape(target.shape)
            bce[name][place] = baselines.cross_entropy(target, output)
            mse[name][place] = baselines.squared_error(target, output)
        steps.after(len(pixels))(place.stop, len(pixels))
    return PerImage(mean, log_variance, gaussian_kl(mean, log_variance), bce, mse)


def _measure(run: Run, dataset: Dataset, settings: Settings, progress: Progress | None) -> forms.Metrics:
    config, portable = run.config(), Portable.of(run)
    known, tested = most_known(config, dataset), 2 * len(dataset.test)  # encoded, then decoded
    steps = _Steps(progress, tested + known)
    found = per_image(portable, dataset.test.pixels, config, steps.after(0))
    strip = baselines.strip(dataset, found.mean.shape[1], settings, config.loss == "bce-binary")
    return {
        "version": VERSION,
        "data_fingerprint": dataset.fingerprint,
        "images": len(dataset.test),
        "observation": _observation(config),
        "bce": _by_code(found.bce, config.pixels),
        "mse": _by_code(found.mse, config.pixels),
        **_bound(config, found),
        **_classes(portable, dataset, found.mean, known, steps.after(tested)),
        "gap_closed": _gap_closed(config, found, strip),
        "active_dimensions": int((found.mean.var(axis=0) > ACTIVE).sum()),
        "spread": _spread(found.reconstruction(config, "mean_code")),
        "baselines": strip,
        "units": UNITS,
        "notes": _notes(config, known, dataset),
    }


@dataclass(frozen=True)
class _Steps:
    """One count of done work for several parts that each count from 0."""

    progress: Progress | None
    total: int

    def after(self, before: int) -> Progress:
        def tell(done: int, of: int) -> None:
            if self.progress:
                self.progress(before + done, self.total)

        return tell


def check(config: Config, dataset: Dataset) -> None:
    if dataset.image != config.image:
        found, wanted = ("x".join(map(str, shape)) for shape in (dataset.image, config.image))
        raise LoupeError(
            f"The images of {config.dataset} are {found}",
            f"This run was trained on {wanted}",
            "Put the data set back that it was trained on",
        )


def _sampled(mean: np.ndarray, log_variance: np.ndarray | None, seed: int) -> np.ndarray:
    """One draw from each image's code distribution; a plain autoencoder's is a single point."""
    if log_variance is None:
        return mean
    noise = np.random.default_rng([seed, 3]).standard_normal(mean.shape, dtype=np.float32)
    return mean + np.exp(0.5 * log_variance) * noise


def gaussian_kl(mean: np.ndarray, log_variance: np.ndarray | None) -> np.ndarray:
    if log_variance is None:
        return np.zeros(len(mean))
    each = np.square(mean) + np.exp(log_variance) - 1 - log_variance
    return np.asarray(0.5 * each.sum(axis=1, dtype=np.float64))


def _by_code(losses: dict[str, np.ndarray], pixels: int) -> dict[str, baselines.Loss]:
    return {name: baselines.per_pixel_and_image(float(each.sum()), len(each), pixels) for name, each in losses.items()}


class _Bound(TypedDict):
    kl: float | None
    elbo: float | None
    negative_elbo: dict[str, float] | None


def _bound(config: Config, found: PerImage) -> _Bound:
    """KL and ELBO at beta = 1, whatever beta trained the model; a plain autoencoder has neither."""
    if found.log_variance is None:
        return {"kl": None, "elbo": None, "negative_elbo": None}
    kl = float(found.kl.mean())
    negative = {code: float(found.reconstruction(config, code).mean()) + kl for code in found.bce}
    return {"kl": kl, "elbo": -negative["sampled"], "negative_elbo": negative}


def _gap_closed(config: Config, found: PerImage, strip: forms.Strip) -> float | None:
    unit, each = ("mse", found.mse) if config.loss == "mse" else ("bce", found.bce)
    bars = {name: losses[unit]["nats_per_image"] for name, losses in strip.items() if losses}
    mean_image, floor = bars["mean_image"], bars["floor"]
    return float((mean_image - each["mean_code"].mean()) / (mean_image - floor)) if mean_image > floor else None


def _observation(config: Config) -> forms.Observation:
    """A likelihood is claimed only where the model of a pixel is normalised; the losses leave the constant out."""
    gaussian = config.loss == "mse"
    constant = config.pixels * math.log((config.sigma or 1.0) * math.sqrt(2 * math.pi)) if gaussian else 0.0
    return {"name": config.observation, "normalised": config.loss != "bce", "constant_nats_per_image": constant}


def _spread(losses: np.ndarray) -> dict[str, float]:
    """How the images' own losses lie, in the unit of the model's loss, nats per image."""
    places = {"lowest": 0, "p5": 5, "median": 50, "p95": 95, "highest": 100}
    return {name: float(np.percentile(losses, place)) for name, place in places.items()}


def most_known(config: Config, dataset: Dataset) -> int:
    """How many training images the neighbours come from."""
    if dataset.train.labels is None or dataset.test.labels is None:
        return 0
    return cost.neighbours(config.architecture(), len(dataset.train))


class _Classes(TypedDict):
    knn_accuracy: float | None
    balanced_accuracy: float | None
    knn_training_images: int


def _classes(portable: Portable, dataset: Dataset, mean: np.ndarray, known: int, progress: Progress) -> _Classes:
    """How well the classes of the nearest training codes tell a test image's class."""
    right = neighbours_right(portable, dataset, mean, known, progress)
    if right is None:
        return {"knn_accuracy": None, "balanced_accuracy": None, "knn_training_images": 0}
    labels = np.asarray(dataset.test.labels)
    of_class = [right[labels == kind].mean() for kind in np.unique(labels)]
    accuracy, balanced = float(right.mean()), float(np.mean(of_class))
    return {"knn_accuracy": accuracy, "balanced_accuracy": balanced, "knn_training_images": known}


def neighbours_right(
    portable: Portable, dataset: Dataset, mean: np.ndarray, known: int, progress: Progress
) -> np.ndarray | None:
    """For each test image whether its neighbours among `known` training codes tell its class, (n,) bool."""
    if not known:
        return None
    codes, labels = known_codes(portable, dataset, known, progress)
    return right_by_neighbours(codes, np.asarray(labels), mean, np.asarray(dataset.test.labels))


def right_by_neighbours(codes: np.ndarray, labels: np.ndarray, asked: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The one definition of whether the nearest training codes tell a class, (n,) bool."""
    near, _ = neighbours.search_among(codes, asked, min(NEIGHBOURS, len(codes)))
    return np.asarray(neighbours.most_common(labels, near) == truth)


def known_codes(
    portable: Portable, dataset: Dataset, known: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray | None]:
    """Codes and labels of so many training images."""
    chosen = _evenly(dataset.train, known)
    return portable.encode(chosen.pixels, progress)[0], chosen.labels


def _evenly(part: Part, count: int) -> Part:
    """Evenly spaced in the file, which keeps the classes' shares whether it is sorted or shuffled."""
    if count == len(part):
        return part
    return part.take(np.linspace(0, len(part) - 1, count).astype(int))


def _notes(config: Config, known: int, dataset: Dataset) -> list[str]:
    notes = []
    if config.split == "test":
        notes.append("The epoch was chosen on the test images, so these numbers flatter the model.")
    if 0 < known < len(dataset.train):
        notes.append(f"Neighbours come from {known:,} evenly spaced training images, not all {len(dataset.train):,}.")
    if config.kind == "ae":
        notes.append("A plain autoencoder's code is a point: the sampled code is the mean code, and there is no KL.")
    return notes
