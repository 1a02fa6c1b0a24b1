"""One contract that every recipe keeps, in its lite form: shapes, a falling loss, saving, portable forms, JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from vae_core.design import recipes
from vae_core.design.config import Config, from_json

LITE = {recipe.key: recipe.config for recipe in recipes.all_recipes() if recipe.variant == "lite"}
LITE["auto-96x96x3"] = recipes.auto((96, 96, 3), "photos")
LITE["convolutions-96x96x3"] = recipes.convolutions((96, 96, 3), "photos")


@pytest.mark.parametrize("key", LITE)
def test_recipe(key: str, tmp_path) -> None:
    import keras

    from vae_core.learn import export, models

    config = replace(LITE[key], precision="float32")
    architecture = config.architecture()
    keras.utils.set_random_seed(0)
    networks = models.build(architecture)
    assert networks.encoder.count_params() + networks.decoder.count_params() == architecture.counts["total"]
    assert networks.decoder.output_shape[1:] == config.image
    pixels = blobs(16, config.image)
    before, after = _train_a_little(config, networks, pixels)
    assert after < before

    networks.whole().save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    pictures = np.float32(pixels) / 255
    assert np.allclose(loaded(pictures), networks.whole()(pictures), atol=1e-6)

    forms = export.make_forms(networks.encoder, networks.decoder, pixels)
    assert [form.reason for form in forms.values()] == ["", ""]
    assert from_json(json.loads(json.dumps(config.to_json()))) == config


def blobs(count: int, image: tuple[int, int, int]) -> np.ndarray:
    """Soft round spots: images that any of these networks can learn something of."""
    height, width, channels = image
    random = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    centre = random.uniform(0.3, 0.7, (count, 2, channels)) * [[height], [width]]
    distance = (y[None, ..., None] - centre[:, None, None, 0]) ** 2 + (
        x[None, ..., None] - centre[:, None, None, 1]
    ) ** 2
    return np.uint8(255 * np.exp(-distance / (0.03 * height * width)))


def _train_a_little(config: Config, networks, pixels: np.ndarray) -> tuple[float, float]:
    """The loss of the first and of the last of some steps on one batch, in the fused style, weights copied back."""
    from vae_core.learn import models, objective, steps

    logits = config.loss != "mse" and config.architecture().ends_in_sigmoid
    fast = models.build(config.architecture(), models.Style(fused=True, logits=logits))
    fast.set_weights(networks.get_weights())
    task = steps.Task(config, fast, objective.Observation.of(config, from_logits=logits))
    trainer = steps.Steps(task)
    count = 12
    order = np.tile(np.arange(len(pixels), dtype=np.int32), (count, 1))
    rates = np.full(count, min(config.learning_rate, 2e-3), np.float32)
    sums = trainer.train(trainer.place(pixels), steps.Plan(order, 0, rates, np.zeros(count, np.float32)))
    networks.set_weights(trainer.weights())
    assert np.isfinite(sums).all()
    return float(sums[:3, 0].mean()), float(sums[-3:, 0].mean())
