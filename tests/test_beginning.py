"""Networks that begin at PCA: what they compute before a step is taken, and a training that only adds to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from trainings import TOLERANCE, losses, trial

from vae_core.cli import worker
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs, store, tasks
from vae_core.search import rates
from vae_core.settings import Settings

PIXELS = np.rint(load_digits().images[:600, ..., None] * (255 / 16)).astype(np.uint8)
FLAT = PIXELS.reshape(len(PIXELS), -1).astype(np.float32) / 255
AUTO = recipes.auto((8, 8, 1), "digits", latent=6)
SHORT = replace(AUTO, train_size=300, epochs=4, steps=9)


def begun(config: Config, pixels: np.ndarray = PIXELS) -> Any:
    from vae_core.learn import models, principal

    networks = models.build(config.architecture())
    principal.begin(networks, config, pixels)
    return networks


def by_pca(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Whitened places, and the images that they lead back to."""
    known = PCA(count).fit(FLAT)
    places = known.transform(FLAT)
    return places / places.std(axis=0), known.inverse_transform(places)


@pytest.mark.parametrize("parts", [64, 20])
def test_an_autoencoder_begins_as_pca_of_its_code_size(parts: int) -> None:
    config = replace(AUTO, encoder=AUTO.encoder.replace("pca64", f"pca{parts}").replace("dense64", f"dense{parts}"))
    networks = begun(config)
    code = networks.encoder(PIXELS / np.float32(255)).numpy()
    places, pictures = by_pca(6)
    assert np.abs(code) == pytest.approx(np.abs(places), abs=1e-3)
    assert networks.decoder(code).numpy().reshape(FLAT.shape) == pytest.approx(pictures, abs=1e-4)


def test_a_vae_begins_as_the_best_that_is_linear() -> None:
    """Probabilistic PCA: a part of the spread is noise, and what spreads no more than noise is not coded."""
    config = replace(AUTO, kind="vae", beta=1.0, sigma=0.8)
    networks = begun(config)
    mean, log_variance = (part.numpy() for part in networks.encoder(PIXELS / np.float32(255)))
    variances = PCA(6).fit(FLAT).explained_variance_ * (1 - 1 / len(FLAT))
    kept = np.maximum(0, 1 - 0.8**2 / variances)
    assert 0 < np.count_nonzero(kept) < 6
    assert mean.var(axis=0) == pytest.approx(kept, abs=1e-3)
    assert np.exp(log_variance) == pytest.approx(np.tile(1 - kept, (len(PIXELS), 1)), rel=1e-3)


def test_the_same_images_give_the_same_beginning_and_few_have_few_components() -> None:
    for count in (600, 5, 2):
        weights, again = (begun(AUTO, PIXELS[:count]).encoder.get_weights() for _ in range(2))
        assert np.isfinite(np.concatenate([part.ravel() for part in weights])).all()
        assert np.array_equal(weights[0], again[0])
        assert np.count_nonzero(np.abs(weights[0]).sum(axis=0)) == min(
            count - 1, np.linalg.matrix_rank(FLAT - FLAT.mean(0))
        )


def test_images_that_are_all_alike_have_none() -> None:
    networks = begun(AUTO, np.full((9, 8, 8, 1), 51, np.uint8))
    code = networks.encoder(np.full((1, 8, 8, 1), 0.2, np.float32))
    assert networks.decoder(code).numpy() == pytest.approx(0.2, abs=1e-6)


def test_other_layers_keep_the_weights_that_chance_gave_them() -> None:
    from vae_core.learn import models

    config = Config("digits", (8, 8, 1), "flatten pca9 dense7 code2", kind="ae", loss="mse")
    import keras

    keras.utils.set_random_seed(1)
    fresh = models.build(config.architecture()).get_weights()
    keras.utils.set_random_seed(1)
    differ = [not np.array_equal(*both) for both in zip(fresh, begun(config).get_weights(), strict=True)]
    assert differ == [True, True, False, False, False, False, False, False, True, True]


@pytest.mark.parametrize(
    ("encoder", "decoder"),
    [
        ("conv4 flatten pca9", "mirror"),
        ("flatten dense20 pca9", "mirror"),
        ("flatten res(pca9 dense64)", "mirror"),
        ("flatten pca9", "pca64 dense64 reshape8x8x1"),
        ("flatten pca9", "pca64 reshape8x8x1 conv1"),
    ],
)
def test_components_stand_next_to_the_image(encoder: str, decoder: str) -> None:
    with pytest.raises(LoupeError, match="does not stand next to the image") as caught:
        Config("digits", (8, 8, 1), encoder, decoder, kind="ae", loss="mse")
    assert caught.value.repairs


def test_what_is_no_better_than_pca_is_not_kept(settings: Settings) -> None:
    run = trial(settings, replace(SHORT, learning_rate=5.0, warmup=0.0, ema=0.0))
    assert run.status()["best"]["epoch"] == 0
    first = run.status()["best"]["validation"]["nats_per_image"]
    assert first < min(row["validation_total_nats_per_image"] for row in run.history())


def test_it_is_the_same_training_after_a_stop(settings: Settings) -> None:
    from vae_core.learn import training

    run = store.create(settings, SHORT, {}, study="a search")

    def stop(row: dict[str, Any]) -> None:
        if row.get("epoch") == 2 and row.get("step", 0) >= 3:
            jobs.request_stop(run)

    training.train(run, settings, stop)
    assert run.state() == "stopped" and len(run.history()) < SHORT.epochs
    training.train(run, settings)
    whole = trial(settings, SHORT)
    assert len(run.history()) == SHORT.epochs
    last = whole.history()[-1]
    assert last["images_per_second"] == pytest.approx(SHORT.steps * SHORT.batch / last["seconds"], rel=0.05)
    assert np.allclose(losses(run), losses(whole), rtol=TOLERANCE)


def test_a_fork_of_another_loss_goes_on_with_what_was_learned(settings: Settings) -> None:
    """It lets go of the best weights, as their loss compares with nothing, but not of those it goes on from."""
    from vae_core.learn import training

    parent = trial(settings, SHORT)
    run = forks.fork(settings, parent, {"noise": 0.01, "epochs": 5, "schedule": "constant"})
    known = parent.load_state()
    going = training.Training(run, settings, lambda row: None, None)
    assert known and all(map(np.array_equal, going.steps.state(), known.now)) and not going.position.best


def test_an_epoch_of_so_many_steps_sees_all_images_equally_often(settings: Settings) -> None:
    from vae_core.learn.training import Training

    training = Training(store.create(settings, SHORT, {}, study="a search"), settings, lambda row: None, None)
    orders = [training._order(epoch) for epoch in range(20)]
    assert {len(order) for order in orders} == {9 * SHORT.batch}
    whole, count = np.concatenate(orders), training.image_count
    for start in range(0, len(whole) - count, count):
        assert np.array_equal(np.sort(whole[start : start + count]), np.arange(count))


def test_a_test_of_rates_begins_where_a_training_would(settings: Settings) -> None:
    config = replace(SHORT, ema=0.0)
    run = store.create(settings, config, {})
    spec = {**rates.SPEC, "low": 1e-6, "high": 1e-5, "steps": 4}
    points = worker.finished(tasks.begin(run, rates.KIND, spec)).result()["points"]
    _, pictures = by_pca(config.latent or 0)
    pca = float(np.square(pictures - FLAT).sum(axis=1).mean())
    assert [loss for _, loss in points] == pytest.approx([pca] * 4, rel=0.25)
