"""Every number that is computed here by hand, against a closed form or somebody else's program; and the bad days."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.stats
import skimage.metrics
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from vae_core.cli import worker as worker
from vae_core.data import catalog
from vae_core.design.architecture import Architecture
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.learn import classifier, export, models
from vae_core.look import evaluation, metrics
from vae_core.look.metrics import entry, information, likelihood, pictures, samples
from vae_core.look.metrics.likelihood import Grid, Pixels
from vae_core.look.metrics.subject import Judge
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 8, 1), (32, 24, 3), (5, 9, 1)])
def test_ssim_and_psnr_agree_with_scikit_image(shape: tuple[int, int, int]) -> None:
    one = RANDOM.random((4, *shape))
    other = np.clip(one + RANDOM.normal(0, 0.2, one.shape), 0, 1)
    side = min(7, *shape[:2])
    side -= 1 - side % 2
    for a, b, alike, decibels in zip(one, other, pictures.ssim(one, other), pictures.psnr(one, other)):
        expected = skimage.metrics.structural_similarity(a, b, win_size=side, data_range=1.0, channel_axis=2)
        assert alike == pytest.approx(expected, abs=1e-10)
        assert decibels == pytest.approx(skimage.metrics.peak_signal_noise_ratio(a, b, data_range=1.0))


def test_an_interval_is_students() -> None:
    values = RANDOM.normal(3, 2, 40)
    low, high = scipy.stats.t.interval(0.95, 39, values.mean(), values.std(ddof=1) / np.sqrt(40))
    assert entry.interval(values) == pytest.approx((low, high))
    assert entry.interval(values[:2]) is None


# A linear model with Gaussian pixels: x = W z + b + noise. All that is asked of it is known.
WEIGHTS, SHIFT, SIGMA = RANDOM.normal(0, 0.6, (2, 6)), RANDOM.normal(0, 0.3, 6), 0.5


def decode(codes: np.ndarray) -> np.ndarray:
    return codes.astype(np.float64) @ WEIGHTS + SHIFT


LINEAR = Pixels(decode, gaussian=True, sigma=SIGMA)


@pytest.fixture(scope="module")
def linear() -> dict[str, np.ndarray]:
    """Images of the model, their exact log-likelihoods and code distributions."""
    x = decode(RANDOM.standard_normal((50, 2))) + RANDOM.normal(0, SIGMA, (50, 6))
    known = scipy.stats.multivariate_normal(SHIFT, WEIGHTS.T @ WEIGHTS + SIGMA**2 * np.eye(6)).logpdf(x)
    covariance = np.linalg.inv(np.eye(2) + WEIGHTS @ WEIGHTS.T / SIGMA**2)
    mean = (x - SHIFT) @ WEIGHTS.T @ covariance / SIGMA**2
    return {"x": x, "known": known, "mean": mean, "log_variance": np.tile(np.log(np.diag(covariance)), (50, 1))}


def test_quadrature_gives_the_known_likelihood(linear: dict[str, np.ndarray]) -> None:
    grid = Grid.around(linear["mean"], linear["log_variance"], likelihood.NODES)
    assert grid is not None
    found = likelihood.integral(linear["x"], LINEAR, grid)
    assert found == pytest.approx(linear["known"], abs=1e-4)


def test_iwae_is_a_bound_that_closes_with_more_samples(linear: dict[str, np.ndarray]) -> None:
    blunt = linear["log_variance"] + 1.0  # an encoder that is not sure enough
    few, many = (likelihood.iwae(linear["x"], linear["mean"], blunt, LINEAR, samples, seed=1) for samples in (1, 2000))
    gap_few, gap_many = (float((linear["known"] - each).mean()) for each in (few, many))
    assert abs(gap_many) < 0.02 < 0.1 < gap_few


def test_iwae_with_the_exact_posterior_is_exact_with_one_sample() -> None:
    x = np.array([[0.7], [-1.1]])
    one = Pixels(np.float64, gaussian=True, sigma=0.8)
    variance = 1 / (1 + 1 / 0.64)
    found = likelihood.iwae(x, x * variance / 0.64, np.full((2, 1), np.log(variance)), one, samples=1, seed=0)
    assert found == pytest.approx(scipy.stats.norm(0, np.sqrt(1 + 0.64)).logpdf(x[:, 0]), abs=1e-5)


def test_bernoulli_quadrature_agrees_with_scipys() -> None:
    target = np.array([[1.0, 0.0, 1.0]])
    weights = np.array([[2.0, -1.0, 0.5], [0.3, 1.5, -2.0]])

    def probability(codes: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-codes.astype(np.float64) @ weights))

    def density(y: float, x: float) -> float:
        p = probability(np.array([[x, y]]))[0]
        return float(p[0] * (1 - p[1]) * p[2] * np.exp(-0.5 * (x * x + y * y)) / (2 * np.pi))

    expected, _ = scipy.integrate.dblquad(density, -6, 6, -6, 6, epsabs=1e-8)
    grid = Grid.around(np.zeros((1, 2)), np.full((1, 2), np.log(0.04)), likelihood.NODES)
    assert grid is not None
    found = likelihood.integral(target, Pixels(probability, gaussian=False), grid)
    assert found[0] == pytest.approx(np.log(expected), abs=1e-4)


def test_a_grid_that_would_have_to_be_too_fine_is_refused() -> None:
    assert Grid.around(np.zeros((5, 2)), np.full((5, 2), np.log(1e-8)), likelihood.NODES) is None


def test_mutual_information_of_gaussians_is_the_closed_form() -> None:
    """Codes N(m, s^2) of means that are themselves N(0, t^2): log sqrt(1 + t^2 / s^2) nats for each number."""
    spread, noise = np.array([1.5, 0.7]), np.array([0.6, 0.5])
    mean = RANDOM.standard_normal((1500, 2)) * spread
    found = information.mutual_information(mean, np.tile(2 * np.log(noise), (1500, 1)), seed=0)
    assert found == pytest.approx(0.5 * np.log(1 + spread**2 / noise**2).sum(), abs=0.06)


def test_mutual_information_is_nothing_of_equal_codes_and_at_most_the_logarithm_of_the_count() -> None:
    assert information.mutual_information(np.zeros((50, 3)), np.zeros((50, 3)), seed=0) == pytest.approx(0)
    apart = np.arange(20.0)[:, None] * 100
    assert information.mutual_information(apart, np.zeros((20, 1)), seed=0) == pytest.approx(np.log(20))


def test_the_frechet_distance_is_scipys_and_of_diagonal_gaussians_the_closed_form() -> None:
    one, other = RANDOM.normal(0, 1, (500, 6)), RANDOM.normal(0.4, 1.7, (500, 6)) @ RANDOM.normal(0, 1, (6, 6))
    a, b = (np.cov(each, rowvar=False) for each in (one, other))
    root = np.real(scipy.linalg.sqrtm(a @ b))
    expected = ((one.mean(0) - other.mean(0)) ** 2).sum() + np.trace(a + b - 2 * root)
    assert samples.frechet(one, other) == pytest.approx(expected, rel=1e-6)
    s, t = np.array([1.0, 2.0]), np.array([0.5, 3.0])
    of = samples.frechet_of(np.zeros(2), np.diag(s**2), np.ones(2), np.diag(t**2))
    assert of == pytest.approx(2 + ((s - t) ** 2).sum())
    assert samples.frechet(one, one) == pytest.approx(0, abs=1e-9)


def test_the_kernel_distance_is_the_unbiased_one_of_scikit_learns_kernel() -> None:
    one, other = RANDOM.normal(0, 1, (700, 5)), RANDOM.normal(0.3, 1, (700, 5))
    xx, yy, xy = (polynomial_kernel(a, b, degree=3) for a, b in ((one, one), (other, other), (one, other)))
    inner = sum((kernel.sum() - np.trace(kernel)) / (700 * 699) for kernel in (xx, yy))
    assert samples.kernel_distance(one, other) == pytest.approx(inner - 2 * xy.mean())
    halves = RANDOM.normal(0, 1, (40, 2, 300, 5))
    chance = [samples.kernel_distance(a, b) for a, b in halves]
    assert abs(np.mean(chance)) < 3 * np.std(chance) / np.sqrt(40)  # no bias where the two are alike


def test_precision_and_recall_agree_with_a_search_by_hand() -> None:
    real, fake = RANDOM.normal(0, 1, (600, 3)), RANDOM.normal(0.8, 0.5, (600, 3))

    def within(known: np.ndarray, asked: np.ndarray) -> float:
        reach = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(known).kneighbors(known)[0][:, -1]
        return float((np.linalg.norm(asked[:, None] - known, axis=2) <= reach).any(axis=1).mean())

    assert samples.precision_and_recall(real, fake) == pytest.approx(
        (within(real, fake), within(fake, real)), abs=0.003
    )


# Whole evaluations.


def made(count: int, channels: int = 1, classes: int = 3) -> dict[str, np.ndarray]:
    """Smooth pictures of `classes` kinds; none of them has labels where there are 0."""
    kinds = np.arange(count) % max(1, classes)
    coarse = RANDOM.integers(0, 256, (count, 4, 4, channels)) // 2 + 40 * kinds[:, None, None, None]
    pixels = np.clip(coarse, 0, 255).astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    return {"x": pixels, "y": kinds} if classes else {"x": pixels}


@cache
def untrained(architecture: Architecture) -> dict[str, bytes]:
    """The portable forms of fresh networks."""
    keras.utils.set_random_seed(1)
    networks = models.build(architecture)
    images = np.random.default_rng(1).integers(0, 256, (32, *architecture.image), np.uint8)
    forms = export.make_forms(networks.encoder, networks.decoder, images)
    return {f"{name}_tflite": form.data for name, form in forms.items()}


@pytest.fixture
def run_of(settings: Settings) -> Callable[..., Run]:
    """A run with networks that were never trained, on images of its own."""

    def make(train: dict[str, np.ndarray], test: dict[str, np.ndarray], **options: Any) -> Run:
        where = replace(settings, data=settings.cache.parent / "data")
        where.data.mkdir(exist_ok=True)
        arrays = {
            f"{name}_{part}": values
            for part, each in (("train", train), ("test", test))
            for name, values in each.items()
        }
        np.savez(where.data / "made.npz", **arrays)
        config = Config("made", train["x"].shape[1:], "flatten dense16", **options)
        run = store.create(where, config, {})
        for kind, data in untrained(config.architecture()).items():
            run.save_file(kind, lambda path, data=data: path.write_bytes(data))
        run.set_status(state="done")
        return run

    return make


def evaluated(run: Run) -> tuple[dict[str, Any], dict[str, str]]:
    task = metrics.begin(run)
    worker.work(task)
    document = json.loads(json.dumps(task.result(), allow_nan=False))
    return (
        {each["name"]: each for each in document["metrics"]},
        {each["name"]: each["reason"] for each in document["missing"]},
    )


ALL = {
    "mse",
    "psnr",
    "ssim",
    "kl",
    "active_units",
    "mutual_information",
    "aggregate_kl",
    "knn_accuracy",
    "knn_balanced",
    "probe_accuracy",
    "probe_balanced",
    "nmi",
    "ari",
    "silhouette",
    "trustworthiness",
    "continuity",
    "denoising_gain",
    "denoising_over_median",
    "denoising_over_gaussian",
    "iwae",
    "log_likelihood",
    "frechet",
    "kernel",
    "precision",
    "recall",
}
CLASSES = {"knn_accuracy", "knn_balanced", "probe_accuracy", "probe_balanced", "nmi", "ari", "silhouette"}
LARGE = {"frechet", "kernel", "precision", "recall"}
PRIOR = {"mutual_information", "aggregate_kl", "iwae", "log_likelihood"}


@pytest.mark.parametrize(
    ("train", "test", "options", "missing"),
    [
        (made(60), made(40), {"loss": "bce-binary"}, LARGE),
        (made(60, classes=0), made(40, classes=0), {}, LARGE | CLASSES),
        (made(60, classes=1), made(40, classes=1), {}, LARGE | CLASSES),
        (made(60), made(3), {}, LARGE | CLASSES | {"trustworthiness", "continuity"}),
        (made(60), made(40), {"latent": 64}, LARGE | {"log_likelihood"}),
        (made(60, channels=3), made(40, channels=3), {"loss": "mse", "sigma": 0.1}, LARGE),
        (made(60), made(40), {"kind": "ae"}, LARGE | PRIOR | {"kl", "active_units"}),
        (made(60), made(40), {"beta": 0.0}, LARGE | PRIOR),
    ],
    ids=["labels", "no labels", "one class", "3 images", "code of 64", "colour", "plain", "no prior"],
)
def test_whatever_cannot_be_measured_is_named_with_its_reason(
    run_of: Callable[..., Run], train: Any, test: Any, options: Any, missing: set[str]
) -> None:
    found, reasons = evaluated(run_of(train, test, **options))
    assert set(reasons) == missing and set(found) == ALL - missing
    for each in found.values():
        assert each["better"] in ("lower", "higher", "") and each["meaning"].endswith(".")
        low, high = each.get("interval", (each["value"], each["value"]))
        assert low <= each["value"] <= high
    if "iwae" in found:
        claimed = options.get("loss", "bce") != "bce"
        assert found["iwae"]["unit"].startswith("nats" if claimed else "pseudo-nats")
    if {"iwae", "log_likelihood"} <= set(found):
        assert found["iwae"]["value"] <= found["log_likelihood"]["value"] + 0.5  # three images are few draws


def test_codes_that_are_no_numbers_fail_with_a_sentence(run_of: Callable[..., Run], settings: Settings) -> None:
    run = run_of(made(60), made(40))
    networks = models.build(run.config().architecture())
    networks.set_weights([np.full_like(weight, np.nan) for weight in networks.get_weights()])
    run.save_file("encoder_tflite", lambda path: path.write_bytes(export.convert(networks.encoder, "encoder")))
    task = metrics.begin(run)
    with pytest.raises(LoupeError, match="not finite"):
        worker.work(task)
    assert task.state() == "failed" and "not finite" in task.status()["error"]


def test_a_class_is_told_by_the_same_neighbours_wherever_that_is_shown(run_of: Callable[..., Run]) -> None:
    """Of more training images than most measures look at: all of them are asked."""
    run = run_of(made(40_000), made(400), kind="ae")
    kept, found = evaluation.evaluate(run, run.settings), evaluated(run)[0]
    assert kept["knn_training_images"] == 40_000
    assert found["knn_accuracy"]["value"] == kept["knn_accuracy"]
    assert found["knn_balanced"]["value"] == pytest.approx(kept["balanced_accuracy"])
    assert found["mse"]["value"] == pytest.approx(kept["mse"]["mean_code"]["nats_per_pixel"])


def test_the_second_call_finds_what_the_first_one_measured(run_of: Callable[..., Run]) -> None:
    run = run_of(made(60), made(40), kind="ae")
    evaluated(run)
    assert metrics.finished(run) == metrics.begin(run)


def test_the_classifier_is_trained_once_and_judges_samples(run_of: Callable[..., Run], settings: Settings) -> None:
    run = run_of(made(300), made(100))
    dataset = catalog.load("made", run.settings)
    first = classifier.judge(dataset, settings)
    assert isinstance(first, Judge) and first.accuracy > 0.8
    assert classifier.judge(dataset, settings).digest == first.digest
    assert first.of(dataset.test.pixels).shape == (100, classifier.FEATURES)
    assert isinstance(classifier.judge(replace(dataset, classes=()), settings), str)
