"""What the house's own recipes reach on the test images in 60 and 300 seconds, beside what is asked of them.

LOUPE_DATA=... python -m bench.quality --json [--seconds 60,300] [--seeds 3] [--only mnist-map,mnist-plain] [--out FILE]

Each training is a process of its own whose imports count. Its epoch is chosen by validation, its test images are read
once. Beside the number stands the likeness of structure (SSIM), and that of PCA with a code as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bench import timed
from bench.rows import Row
from vae_core.design import recipes
from vae_core.design.config import Config

MODULE = "bench.quality"
GREY, COLOUR = (28, 28, 1), (32, 32, 3)
PLAIN: Mapping[str, Any] = {"kind": "ae", "beta": 0.0}


@dataclass(frozen=True)
class Goal:
    """A data set's default with some settings, and the number that it is judged by."""

    dataset: str
    number: str
    asked: Mapping[int, float]  # at most, after so many seconds
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        image = COLOUR if self.dataset == "cifar10" else GREY
        return replace(recipes.default(self.dataset, image), **self.changes)


SQUARES = {**PLAIN, "loss": "mse"}
GOALS = {
    "mnist-map": Goal("mnist", "negative_elbo", {60: 139, 300: 134}),
    "mnist-plain": Goal("mnist", "bce_pixel", {60: 0.165, 300: 0.150}, PLAIN),
    "fashion-plain": Goal("fashion-mnist", "bce_pixel", {60: 0.320, 300: 0.310}, PLAIN),
    "fashion-2": Goal("fashion-mnist", "mse_pixel", {300: 0.0240}, {**SQUARES, "latent": 2}),
    "fashion-8": Goal("fashion-mnist", "mse_pixel", {300: 0.0165}, {**SQUARES, "latent": 8}),
    "fashion-16": Goal("fashion-mnist", "mse_pixel", {300: 0.0120}, {**SQUARES, "latent": 16}),
    "cifar-map": Goal("cifar10", "bce_places", {60: 648, 300: 640}),
    "cifar-64": Goal("cifar10", "bce_places", {300: 585.3}, {"latent": 64}),
}


def main() -> None:
    timed.main(__doc__, "goal", GOALS, _judged, partial(timed.in_time, MODULE), _told)


def _judged(asked: Row) -> Row:
    goal = GOALS[asked["goal"]]
    row = timed.train(goal.config, asked)
    code = "sampled" if goal.config.kind == "vae" else "mean_code"
    numbers = {
        "negative_elbo": row["negative_elbo"],
        "bce_pixel": row["bce"][code]["nats_per_pixel"],
        "mse_pixel": row["mse"][code]["nats_per_pixel"],
        "bce_places": row["bce"][code]["nats_per_image"] / goal.config.image[-1],  # mean over channels, as report 003
    }
    return {**row, "number": goal.number, "found": numbers[goal.number]}


def _told(row: Row) -> str:
    most = GOALS[row["goal"]].asked.get(int(row["seconds"]))
    asked = f", asked for {most:g}" if most else ""
    return (
        f"{row['goal']:14s}{row['seconds']:5.0f} s  seed {row['seed']}  {row['number']} {row['found']:.4g}{asked}  "
        f"SSIM {row['ssim']:.3f}, PCA's {row['pca_ssim']:.3f}  {row['steps']:,} steps in {row['taken']:.1f} s"
    )


if __name__ == "__main__":
    main()
