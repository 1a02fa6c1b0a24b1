"""The numbers that are shown of a run, against formulas written out here and against printed references."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from vae_core import settings
from vae_core.data import catalog
from vae_core.data.dataset import Dataset, Part
from vae_core.design import cost
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.learn import export, models
from vae_core.look import baselines, evaluation
from vae_core.look.portable import Portable
from vae_core.runs import store
from vae_core.settings import Settings

LINE = "flatten dense32"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("evaluation")
    return replace(settings.load({}), data=None, cache=folder / "cache", checkpoints=folder / "runs")


@pytest.fixture(scope="module")
def digits(place: Settings) -> Dataset:
    return catalog.load("digits", place)


@pytest.fixture(scope="module")
def make_run(place: Settings, digits: Dataset) -> Callable[..., store.Run]:
    """A run with a network that was never trained: the formulas must hold for any weights."""
    forms: dict[str, dict[str, export.Form]] = {}

    def make(**options: Any) -> store.Run:
        config = Config("digits", digits.image, LINE, latent=3, **options)
        run = store.create(place, config, {"data_fingerprint": digits.fingerprint})
        if config.kind not in forms:
            keras.utils.set_random_seed(1)
            networks = models.build(config.architecture())
            forms[config.kind] = export.make_forms(networks.encoder, networks.decoder, digits.test.pixels)
        for name, form in forms[config.kind].items():
            run.save_file(f"{name}_tflite", lambda path, data=form.data: path.write_bytes(data))
        return run

    return make


def test_a_vae_is_measured_as_the_formulas_say(
    make_run: Callable[..., store.Run], place: Settings, digits: Dataset
) -> None:
    run = make_run()
    found = evaluation.evaluate(run, place)
    portable, x = Portable.of(run), digits.test.pixels / 255.0
    mean, log_variance = (np.float64(part) for part in portable.encode(digits.test.pixels))
    p = np.clip(np.float64(portable.decode(mean)), 1e-7, 1 - 1e-7)
    nats = -(x * np.log(p) + (1 - x) * np.log(1 - p))
    assert found["bce"]["mean_code"] == pytest.approx(
        {"nats_per_pixel": nats.mean(), "nats_per_image": nats.mean() * 64}, rel=1e-5
    )
    assert found["mse"]["mean_code"]["nats_per_pixel"] == pytest.approx(np.square(x - p).mean(), rel=1e-5)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(axis=1).mean()
    assert found["kl"] == pytest.approx(kl, rel=1e-5)
    assert found["elbo"] == pytest.approx(-(found["bce"]["sampled"]["nats_per_image"] + kl), rel=1e-5)
    assert found["negative_elbo"]["mean_code"] == pytest.approx(nats.mean() * 64 + kl, rel=1e-5)
    assert found["active_dimensions"] == (mean.var(axis=0) > 0.01).sum()
    strip = found["baselines"]
    mean_image, floor = (strip[name]["bce"]["nats_per_pixel"] for name in ("mean_image", "floor"))
    assert found["gap_closed"] == pytest.approx((mean_image - nats.mean()) / (mean_image - floor), rel=1e-5)
    assert found["observation"]["name"].startswith("Bernoulli") and not found["observation"]["normalised"]


def test_sampled_codes_are_drawn_from_the_code_distribution(
    make_run: Callable[..., store.Run], digits: Dataset
) -> None:
    mean, log_variance = np.tile(np.float32([1, -2]), (20_000, 1)), np.tile(np.float32([0, -4]), (20_000, 1))
    drawn = evaluation._sampled(mean, log_variance, seed=0)
    assert drawn.mean(axis=0) == pytest.approx([1, -2], abs=0.02)
    assert drawn.std(axis=0) == pytest.approx([1, np.exp(-2)], rel=0.02)


def test_neighbours_agree_with_a_search_by_hand(
    make_run: Callable[..., store.Run], place: Settings, digits: Dataset
) -> None:
    run = make_run()
    found, portable = evaluation.evaluate(run, place), Portable.of(run)
    known, _ = portable.encode(digits.train.pixels)
    asked, _ = portable.encode(digits.test.pixels)
    nearest = np.square(asked[:, None] - known[None]).sum(axis=2).argsort(axis=1)[:, :15]
    guessed = np.array([np.bincount(digits.train.labels[row]).argmax() for row in nearest])
    right = guessed == digits.test.labels
    assert found["knn_accuracy"] == pytest.approx(right.mean(), abs=0.006)
    assert found["balanced_accuracy"] == pytest.approx(
        np.mean([right[digits.test.labels == kind].mean() for kind in range(10)]), abs=0.006
    )
    assert found["knn_training_images"] == len(digits.train)


def test_a_plain_autoencoder_has_no_kl(make_run: Callable[..., store.Run], place: Settings) -> None:
    found = evaluation.evaluate(make_run(kind="ae", loss="mse", sigma=0.2), place)
    assert found["kl"] is None and found["elbo"] is None and found["negative_elbo"] is None
    assert found["bce"]["sampled"] == found["bce"]["mean_code"]
    mean_image = found["baselines"]["mean_image"]["mse"]["nats_per_image"]
    assert found["gap_closed"] == pytest.approx(1 - found["mse"]["mean_code"]["nats_per_image"] / mean_image)
    assert found["observation"]["normalised"]
    assert found["observation"]["constant_nats_per_image"] == pytest.approx(32 * np.log(2 * np.pi * 0.04))


def test_the_gaussian_elbo_uses_sigma(make_run: Callable[..., store.Run], place: Settings) -> None:
    found = evaluation.evaluate(make_run(loss="mse", sigma=0.2), place)
    expected = found["mse"]["sampled"]["nats_per_image"] / (2 * 0.2**2) + found["kl"]
    assert found["elbo"] == pytest.approx(-expected)


def test_a_binary_model_is_measured_on_binary_images(
    make_run: Callable[..., store.Run], place: Settings, digits: Dataset
) -> None:
    run = make_run(loss="bce-binary")
    found = evaluation.evaluate(run, place)
    x = digits.test.pixels >= 127.5
    p = np.float64(Portable.of(run).decode(Portable.of(run).encode(digits.test.pixels)[0]))
    assert found["bce"]["mean_code"]["nats_per_pixel"] == pytest.approx(-np.log(np.where(x, p, 1 - p)).mean(), rel=1e-5)
    assert found["baselines"]["floor"]["bce"]["nats_per_image"] == 0


def test_the_second_call_reads_what_the_first_one_wrote(make_run: Callable[..., store.Run], place: Settings) -> None:
    run, seen = make_run(split="test"), []
    first = evaluation.evaluate(run, place, lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] and sorted(seen) == seen
    assert any("chosen on the test images" in note for note in first["notes"])
    run.encoder_tflite.unlink()
    assert evaluation.evaluate(run, place) == first


def test_metrics_of_an_older_version_are_computed_anew(make_run: Callable[..., store.Run], place: Settings) -> None:
    run = make_run()
    run.save_metrics({"version": 0, "data_fingerprint": run.resolved()["data_fingerprint"]})
    assert evaluation.evaluate(run, place)["version"] == evaluation.VERSION


def test_data_that_changed_since_is_told(make_run: Callable[..., store.Run], place: Settings) -> None:
    run = make_run()
    run.set_resolved({"data_fingerprint": "other"})
    assert any("has changed since" in note for note in evaluation.evaluate(run, place)["notes"])


def test_images_of_another_size_are_refused(place: Settings) -> None:
    run = store.create(place, Config("digits", (16, 16, 1), LINE), {})
    with pytest.raises(LoupeError, match=r"digits are 8x8x1.*trained on 16x16x1"):
        evaluation.evaluate(run, place)


def test_fewer_neighbours_are_said_to_be_fewer(
    make_run: Callable[..., store.Run], place: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "MOST_NEIGHBOURS_FROM", 500)
    found = evaluation.evaluate(make_run(), place)
    assert found["knn_training_images"] == 500
    assert any("500 evenly spaced training images" in note for note in found["notes"])


# The baseline strip.


def test_the_strip_of_a_tiny_set_by_hand(place: Settings) -> None:
    train = np.array([[0, 255], [0, 255], [255, 255], [255, 0]], np.uint8).reshape(4, 1, 2, 1)
    test = np.array([[51, 204]], np.uint8).reshape(1, 1, 2, 1)
    data = Dataset("x", "x", Part(train, np.array([0, 0, 1, 1])), Part(test, np.array([1])), fingerprint="tiny")
    found = baselines.strip(data, 1, place)
    cross = lambda t, p: -(t * np.log(p) + (1 - t) * np.log(1 - p))  # noqa: E731
    assert found["floor"]["bce"]["nats_per_pixel"] == pytest.approx(cross(0.2, 0.2))
    assert found["floor"]["mse"]["nats_per_pixel"] == 0
    assert found["mean_image"]["bce"]["nats_per_image"] == pytest.approx(cross(0.2, 0.5) + cross(0.8, 0.75))
    assert found["class_mean"]["mse"]["nats_per_image"] == pytest.approx(0.8**2 + 0.3**2)
    assert found["class_mean"]["bce"]["nats_per_image"] == pytest.approx(cross(0.2, 0.999) + cross(0.8, 0.5), rel=1e-4)


def test_pca_agrees_with_scikit_learn(place: Settings, digits: Dataset) -> None:
    from sklearn.decomposition import PCA

    train, test = (part.pixels.reshape(len(part), -1) / 255 for part in (digits.train, digits.test))
    for size in (1, 2, 16):
        pca = PCA(size, svd_solver="full").fit(train)
        expected = np.square(pca.inverse_transform(pca.transform(test)) - test).mean()
        assert baselines.strip(digits, size, place)["pca"]["mse"]["nats_per_pixel"] == pytest.approx(expected, rel=1e-4)


def test_the_randomised_pca_is_nearly_the_exact_one(
    place: Settings, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = baselines.strip(digits, 4, place)["pca"]
    monkeypatch.setattr(baselines, "EXACT_PIXELS", 10)
    near = baselines.strip(replace(digits, fingerprint="again"), 4, place)["pca"]
    assert near["mse"] != exact["mse"] and near["mse"]["nats_per_pixel"] == pytest.approx(
        exact["mse"]["nats_per_pixel"], rel=1e-3
    )


def test_the_strip_is_read_from_the_cache(place: Settings, digits: Dataset) -> None:
    first = baselines.strip(digits, 5, place)
    emptied = replace(digits, train=Part(digits.train.pixels[:0]))
    assert baselines.strip(emptied, 5, place) == first
    assert baselines.strip(digits, 5, place, binary=True) != first


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (20, 20, 20, 1)])
def test_constant_images_and_no_labels_break_nothing(shape: tuple[int, ...], place: Settings) -> None:
    part = Part(np.full(shape, 7, np.uint8))
    found = baselines.strip(Dataset("x", "x", part, part, fingerprint=str(shape[0])), 3, place)
    assert found["class_mean"] is None
    assert found["pca"]["mse"]["nats_per_image"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "floor", "mean_image", "class_mean", "pca_bce", "pca_mse"),
    [
        ("mnist", 0.0579, 0.2626, 0.2192, 0.2287, 0.0557),
        ("fashion_mnist", 0.2422, 0.4911, 0.3935, 0.3853, 0.0461),
    ],
)
def test_the_strip_has_the_printed_digits(
    name: str, floor: float, mean_image: float, class_mean: float, pca_bce: float, pca_mse: float, place: Settings
) -> None:
    path = Path(os.environ.get("LOUPE_DATA", "."), f"{name}.npz")
    if not path.is_file():
        pytest.skip(f"LOUPE_DATA names no folder with {path.name}")
    with np.load(path) as arrays:
        parts = (Part(arrays[f"x_{part}"][..., None], arrays[f"y_{part}"]) for part in ("train", "test"))
        strip = baselines.strip(Dataset(name, name, *parts, fingerprint=name), 2, place)
    printed = {key: round(losses["bce"]["nats_per_pixel"], 4) for key, losses in strip.items()}
    assert printed == {"floor": floor, "mean_image": mean_image, "class_mean": class_mean, "pca": pca_bce}
    assert round(strip["pca"]["mse"]["nats_per_pixel"], 4) == pca_mse
