"""The images that a projection is of, with all that is known about each: label, code, loss, columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_core.checked import Json
from vae_core.data.dataset import Array, Dataset, Part
from vae_core.design.config import Config
from vae_core.look import baselines
from vae_core.look.evaluation import gaussian_kl
from vae_core.look.portable import Portable
from vae_core.look.projection import TEST, TRAIN, Projection
from vae_core.look.projection.stages import Progress
from vae_core.look.rows import chunks, spread
from vae_core.runs.store import Run

CHUNK = 1024


@dataclass(frozen=True)
class Chosen:
    """n images of one half or of both, the test images first."""

    part: Part
    image: Array  # (n,) int32: its place in its half
    half: Array  # (n,) uint8

    def __len__(self) -> int:
        return len(self.image)

    def take(self, kept: Array) -> Chosen:
        return Chosen(self.part.take(kept), self.image[kept], self.half[kept])


@dataclass(frozen=True)
class Known:
    """What the model makes of n images, at the mean code."""

    codes: Array  # (n, d) float32
    loss: Array  # (n,) float32: reconstruction in the model's own unit, nats per image
    kl: Array  # (n,) float32: 0 without a spread

    def take(self, kept: Array) -> Known:
        return Known(self.codes[kept], self.loss[kept], self.kl[kept])


def choose(dataset: Dataset, spec: Projection) -> Chosen:
    """At most `count` images, evenly spaced in their files: that keeps the classes' shares."""
    halves = {"test": (TEST,), "train": (TRAIN,), "both": (TEST, TRAIN)}[spec.images]
    parts = {TEST: dataset.test, TRAIN: dataset.train}
    half = np.concatenate([np.full(len(parts[each]), each, np.uint8) for each in halves])
    image = np.concatenate([np.arange(len(parts[each]), dtype=np.int32) for each in halves])
    kept = spread(len(image), spec.count or len(image))
    half, image = half[kept], image[kept]
    return Chosen(_joined([parts[each].take(image[half == each]) for each in halves]), image, half)


def known(run: Run, dataset: Dataset, chosen: Chosen, progress: Progress) -> Known:
    """Codes and losses: of test images from the run's folder, where they are of the same images; else computed."""
    config, count = run.config(), len(chosen)
    kept = _kept(run, dataset)
    is_kept = (chosen.half == TEST) & (kept is not None)
    asked = np.flatnonzero(~is_kept)
    found = _computed(Portable.of(run), chosen.part.pixels[asked], config, progress) if len(asked) else None
    if found is None:
        assert kept is not None
        return kept.take(chosen.image)
    result = Known(
        np.empty((count, found.codes.shape[1]), np.float32), np.empty(count, np.float32), np.empty(count, np.float32)
    )
    for mine, theirs in zip(vars(result).values(), vars(found).values()):
        mine[asked] = theirs
    if kept is not None:
        for mine, theirs in zip(vars(result).values(), vars(kept.take(chosen.image[is_kept])).values()):
            mine[is_kept] = theirs
    return result


def described_columns(part: Part) -> tuple[list[dict[str, Json]], dict[str, Array]]:
    """The further columns of a user's manifest: what a result says of them, and their arrays by name."""
    described: list[dict[str, Json]] = []
    arrays: dict[str, Array] = {}
    for place, (name, values) in enumerate(part.columns.items()):
        array, about = f"column{place}", dict[str, Json](name=name, kind="number")
        if np.issubdtype(values.dtype, np.number) or values.dtype == bool:
            arrays[array] = values.astype(np.float64)
        else:
            words, which = np.unique(values.astype(str), return_inverse=True)
            arrays[array] = which.astype(np.int32)
            about = {"name": name, "kind": "words", "words": words.tolist()}
        described.append({**about, "array": array})
    return described, arrays


def _joined(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    labels = [part.labels for part in parts if part.labels is not None]
    names = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
    pixels = np.concatenate([part.pixels for part in parts])
    return Part(pixels, np.concatenate(labels) if len(labels) == len(parts) else None, columns)


def _kept(run: Run, dataset: Dataset) -> Known | None:
    """What the training wrote of the test images; None where the data set has changed since."""
    if run.resolved().get("data_fingerprint") not in (None, dataset.fingerprint):
        return None
    found = run.codes()
    if len(found["mean"]) != len(dataset.test):
        return None
    kl = found.get("kl", np.zeros(len(found["mean"]), np.float32))
    return Known(found["mean"], found["reconstruction"].astype(np.float32), kl.astype(np.float32))


def _computed(portable: Portable, pixels: Array, config: Config, progress: Progress) -> Known:
    codes, losses, spreads = [], [], []
    for place in chunks(len(pixels), CHUNK):
        mean, log_variance = portable.encode(pixels[place])
        target = baselines.targets(pixels[place], config.loss == "bce-binary")
        output = portable.output(mean).reshape(target.shape)
        codes.append(mean)
        losses.append(_reconstruction(config, target, output))
        spreads.append(gaussian_kl(mean, log_variance))
        progress(place.stop, len(pixels))
    loss, kl = (np.concatenate(each).astype(np.float32) for each in (losses, spreads))
    return Known(np.concatenate(codes), loss, kl)


def _reconstruction(config: Config, target: Array, output: Array) -> Array:
    if config.loss == "mse":
        return baselines.squared_error(target, output) / (2 * (config.sigma or 1.0) ** 2)
    return baselines.cross_entropy(target, output)
