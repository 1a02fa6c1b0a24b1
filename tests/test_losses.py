"""The loss chart: units, lines, levels to compare with, a report's printed points."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from ui import losses
from ui.losses import Course
from vae_core.design import naming, recipes
from vae_core.design.config import Config

VAE = Config("mnist", (28, 28, 1), "flatten dense8", epochs=50)
AE = Config("mnist", (28, 28, 1), "flatten dense8", kind="ae", epochs=50)
STRIP = {
    name: {"bce": {"nats_per_image": nats}, "mse": {"nats_per_image": nats / 10}}
    for name, nats in (("floor", 45.0), ("mean_image", 206.0), ("pca", 179.0))
} | {"class_mean": None}


def rows(count: int) -> list[dict]:
    kinds = [
        f"{part}_{kind}_nats_per_image"
        for part in ("train", "validation")
        for kind in ("total", "reconstruction", "kl")
    ]
    other = {"learning_rate": 1e-3, "beta": 1.0, "seconds": 1.0, "images_per_second": 10.0, "peak_memory_mb": 600.0}
    return [{"epoch": epoch, **dict.fromkeys(kinds, 784.0 / epoch), **other} for epoch in range(1, count + 1)]


def charts(config: Config, count: int, per: str = naming.IMAGE, recipe=None, progress=(), strip=None) -> list[dict]:
    return losses.charts(Course(config, rows(count), "#123456", 1, progress, recipe, strip), per, log=False)


def test_a_vae_has_its_loss_its_parts_and_its_kl():
    main, kl = charts(VAE, 3)
    assert [line["name"] for line in main["lines"]] == [
        "loss, training",
        "loss, validation",
        "reconstruction, training",
        "reconstruction, validation",
    ]
    assert [line["dashed"] for line in kl["lines"]] == [False, True]
    assert sum(line["best"] for line in main["lines"] + kl["lines"]) == 1


def test_a_plain_autoencoder_has_one_chart():
    (main,) = charts(AE, 3)
    assert [line["name"] for line in main["lines"]] == ["training", "validation"]


@pytest.mark.parametrize("unit, value", [(naming.IMAGE, 392.0), (naming.PIXEL, 0.5)])
def test_units(unit, value):
    assert charts(AE, 2, unit)[0]["lines"][0]["values"][1] == pytest.approx(value)
    assert charts(AE, 2, unit)[0]["unit"] == f"nats {unit}"
    assert losses.table(rows(2), AE, unit)["Reconstruction, training"][0] == pytest.approx(value)


def test_a_value_that_is_no_number_is_a_gap():
    broken = rows(2)
    broken[1]["train_reconstruction_nats_per_image"] = None
    broken[0]["train_reconstruction_nats_per_image"] = math.inf
    main = losses.charts(Course(AE, broken, "#000000"), naming.IMAGE, False)[0]
    assert main["lines"][0]["values"] == [None, None]


def test_batches_are_shown_until_there_is_an_epoch():
    progress = [{"epoch": 1, "step": step, "steps": 10, "nats_per_image": 784.0} for step in range(1, 11)]
    main, kl = charts(VAE, 0, naming.PIXEL, progress=progress)
    assert main["batches"][4] == pytest.approx([0.5, 1.0])
    assert main["span"] == kl["span"] == [0, 1]
    assert kl["batches"] == []
    assert charts(VAE, 1, progress=progress)[0]["batches"] == []


def test_the_chart_widens_seldom_and_never_beyond_the_training():
    assert [losses.span(range(1, n + 1), 50, [])[1] for n in (1, 5, 6, 10, 11, 49, 50)] == [5, 5, 10, 10, 20, 50, 50]
    assert losses.span([1], 1, []) == [1, 2]
    assert losses.span([1, 2], 50, [50, 80]) == [1, 50]


def test_long_histories_are_thinned_and_keep_their_last_epoch():
    thin = losses.thinned(rows(2000))
    assert len(thin) == losses.MOST_POINTS
    assert (thin[0]["epoch"], thin[-1]["epoch"]) == (1, 2000)


def test_levels_are_in_the_models_own_unit():
    values = {level["name"]: level["value"] for level in losses.levels(VAE, STRIP, 1.0)}
    assert values == {"mean image": 206.0, "PCA, 2 numbers": 179.0, "entropy floor": 45.0}
    gaussian = Config("mnist", (28, 28, 1), "flatten dense8", loss="mse", sigma=0.5)
    values = {level["name"]: level["value"] for level in losses.levels(gaussian, STRIP, 1.0)}
    assert values == {"mean image": pytest.approx(20.6 * 2), "PCA, 2 numbers": pytest.approx(17.9 * 2)}
    assert losses.levels(VAE, None, 1.0) == []


def test_printed_points_stand_at_their_epochs_in_the_charts_unit():
    recipe = recipes.find("mnist-baseline")
    marks = charts(recipe.config, 3, naming.PIXEL, recipe)[0]["marks"]
    assert [(mark["epoch"], mark["part"], round(mark["value"], 4)) for mark in marks] == [
        (50, "train", 0.1879),
        (50, "validation", 0.1951),
    ]
    assert charts(recipe.config, 3, naming.IMAGE, recipe)[0]["marks"][1]["value"] == pytest.approx(0.1951 * 784)


@pytest.mark.parametrize(
    ("unit", "sigma", "nats"),
    [
        ("nats_per_pixel", None, 784.0),
        ("nats_per_image", None, 1.0),
        ("nats_per_image_mean_over_channels", None, 1.0),
        ("mse_per_pixel", 0.5**0.5, 784.0),
        ("mse_per_pixel", 0.5, 1568.0),
        ("mse_per_pixel", None, None),
    ],
)
def test_a_reports_unit_in_nats_per_image(unit, sigma, nats):
    """Half a squared error over the variance is a pixel's nats, but for a constant."""
    config = replace(AE, loss="mse", sigma=sigma) if sigma else AE
    assert losses.report_unit(unit, config) == (None if nats is None else pytest.approx(nats))


def test_report_003_counts_a_mean_over_channels():
    recipe = recipes.find("cifar-vae")
    main, kl = charts(recipe.config, 1, naming.IMAGE, recipe)
    assert [mark["value"] for mark in main["marks"]] == pytest.approx([654.6 * 3, 650.0 * 3])
    assert [mark["value"] for mark in kl["marks"]] == [4.35]
    main, kl = charts(recipe.config, 1, naming.CHANNELS, recipe)
    assert [mark["value"] for mark in main["marks"]] == pytest.approx([654.6, 650.0])
    assert [mark["value"] for mark in kl["marks"]] == [4.35]  # a code has no channels
    assert (main["unit"], kl["unit"]) == ("nats per image, mean over channels", "nats per image")


def test_points_printed_for_later_epochs_than_a_run_has_are_told_in_words():
    lite = recipes.find("mnist-baseline", "lite")
    assert "epoch 50" in losses.beyond(lite.config, lite, naming.PIXEL)
    assert "0.1951" in losses.beyond(lite.config, lite, naming.PIXEL)
    faithful = recipes.find("mnist-baseline")
    assert losses.beyond(faithful.config, faithful, naming.PIXEL) == ""


def test_a_recipe_is_known_by_its_runs_config():
    lite = recipes.find("mnist-wide", "lite")
    found = losses.recipe_of(lite.config)
    assert found is not None and (found.key, found.variant) == ("mnist-wide", "lite")
    assert losses.recipe_of(VAE) is None
