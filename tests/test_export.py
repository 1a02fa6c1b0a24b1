"""Every stock layer computes in LiteRT what it computes in Keras; what does not is not written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from vae_core import settings
from vae_core.design.config import Config
from vae_core.design.keras_layers import chain
from vae_core.design.layers import KINDS
from vae_core.design.notation import parse
from vae_core.errors import LoupeError
from vae_core.learn import export, models
from vae_core.look.portable import Network, Portable
from vae_core.runs import store

L = keras.layers
SQUARE = (9, 7, 3)
BEFORE = ("", "flatten ", "flatten dense784 ")
ACTIVATIONS = ("relu", "linear", "sigmoid", "tanh", "gelu", "elu", "silu", "leaky_relu", "relu6")
WINDOWS = [
    (*window, padding) for window in ((1, 1), (3, 1), (3, 2), (4, 2), (5, 3), (2, 3)) for padding in ("same", "valid")
]


def chains() -> dict[str, list[keras.layers.Layer]]:
    return {
        "normalised": [
            L.Conv2D(4, 3),
            L.BatchNormalization(),
            L.Activation("relu"),
            L.Dropout(0.5),
            L.BatchNormalization(),
        ],
        "flat normalised": [L.Flatten(), L.BatchNormalization(), L.Dense(3), L.BatchNormalization()],
        "up and convolve": [L.UpSampling2D(2), L.Conv2D(4, 3, padding="same")],
        **{f"convolve {window}": [L.Conv2D(4, *window)] for window in WINDOWS},
        **{f"deconvolve {window}": [L.Conv2DTranspose(4, *window)] for window in WINDOWS},
        **{name: [L.Conv2D(4, 3, activation=name), L.Activation(name)] for name in ACTIVATIONS},
        **{f"dense {name}": [L.Flatten(), L.Dense(4, activation=name), L.Activation(name)] for name in ACTIVATIONS},
    }


def of_every_kind(picture: Any) -> dict[str, Any]:
    """The examples of the notation: on the picture, or on flat numbers of it."""
    examples = [example for kind in KINDS for word in kind.words for example in word.examples]
    return {example: _first_fitting(picture, [f"{before}{example}" for before in BEFORE]) for example in examples}


def _first_fitting(picture: Any, lines: list[str]) -> Any:
    for line in lines:
        with suppress(LoupeError):
            names = {"layers": L, "keras": keras, "x": picture}
            exec("\n".join(chain(parse(line), SQUARE)), names)
            return names["x"]
    raise AssertionError(lines)


def test_every_layer_computes_the_same() -> None:
    """All of them side by side in one network: converting each alone takes far longer."""
    picture = keras.Input(SQUARE)
    ends = {name: _applied(layers, picture) for name, layers in chains().items()}
    inner = L.Conv2D(5, 3, padding="same", activation="relu")(picture)
    ends |= of_every_kind(picture)
    ends["residual"] = L.Add()([inner, L.Conv2D(5, 1)(picture)])
    model = keras.Model(picture, L.Concatenate()([L.Flatten()(end) for end in ends.values()]))
    _spread_weights(model)
    rows = np.random.default_rng(0).normal(size=(64, *SQUARE)).astype(np.float32)

    data = export.convert(model, "decoder")
    assert export.custom_operations(data) == []
    network, expected = Network.of(data, "decode"), model(rows, training=False).numpy()
    places = np.cumsum([0, *(np.prod(end.shape[1:]) for end in ends.values())])
    for count in (64, 1):
        wrong = np.abs(network(rows[:count])["image"] - expected[:count])
        worst = [
            wrong[:, start:stop].max() / max(1, np.abs(expected[:, start:stop]).max())
            for start, stop in pairwise(places)
        ]
        assert {name: one for name, one in zip(ends, worst, strict=True) if not one <= export.TOLERANCE} == {}


def test_both_signatures_share_the_weights() -> None:
    code = keras.Input((2,))
    decoder = keras.Model(code, L.Dense(784)(L.Dense(300)(code)))
    assert len(export.convert(decoder, "decoder")) < 4.2 * decoder.count_params()


def test_forms_are_written_to_the_run(tmp_path: Path) -> None:
    run = _run(tmp_path)
    encoder, decoder = _networks()
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
    assert export.export(run, models.Networks(encoder, decoder), images) == {"encoder": "ok", "decoder": "ok"}
    mean, log_variance = Portable.of(run).encode(images)
    expected = encoder(images.astype(np.float32) / 255)
    assert np.allclose(mean, expected[0], atol=1e-5) and np.allclose(log_variance, expected[1], atol=1e-5)


def test_a_run_that_came_without_them_gets_them_again(own: store.Run, call: Callable[..., Any]) -> None:
    """And once more, where they are removed again."""
    codes = own.codes()["mean"][:70]
    known = Portable.of(own).decode(codes)
    for _ in range(2):
        own.encoder_tflite.unlink()
        own.decoder_tflite.unlink()
        code, printed, complained = call("portable", own.id)
        assert (code, printed.split()) == (0, [str(own.encoder_tflite), str(own.decoder_tflite)]), complained
        assert np.allclose(Network.of(own.decoder_tflite, "decode")(codes)["image"], known, atol=1e-5)


def test_what_is_not_its_model_is_told_before_tensorflow_is_loaded(own: store.Run, call: Callable[..., Any]) -> None:
    own.model.write_bytes(b"no model")
    code, _, complained = call("portable", own.id)
    assert code == 1 and f"{own.id}/model.keras is damaged" in complained


def test_a_network_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    run = _run(tmp_path)
    encoder, decoder = _networks()
    decoder.set_weights([weight * np.nan for weight in decoder.get_weights()])
    said = export.export(run, models.Networks(encoder, decoder), np.zeros((3, 8, 8, 1), np.uint8))
    assert said == {"encoder": "ok", "decoder": "it differs from the trained network by nan"}
    assert run.encoder_tflite.exists() and not run.decoder_tflite.exists()


def test_another_network_does_not_pass_for_the_trained_one() -> None:
    encoder, _ = _networks()
    converted = export.convert(encoder, "encoder")
    encoder.layers[-1].bias.assign(encoder.layers[-1].bias + 1e-3)
    form = export._checked("encoder", encoder, converted, np.zeros((3, 8, 8, 1), np.float32))
    assert form.difference == pytest.approx(1e-3, rel=0.1) and form.reason and not form.data


class Bessel(keras.layers.Layer):
    """An operation that exists inside TensorFlow only."""

    def call(self, value):
        import tensorflow as tf

        return tf.math.bessel_i0e(value)


def test_an_operation_of_tensorflow_alone_is_refused_with_its_name() -> None:
    encoder, decoder = _networks()
    decoder = keras.Model(decoder.input, Bessel()(decoder.output))
    forms = export.make_forms(encoder, decoder, np.zeros((3, 8, 8, 1), np.uint8))
    assert forms["encoder"].data and not forms["decoder"].data
    assert forms["decoder"].reason == "it cannot be converted: no portable operation does BesselI0e."


def test_a_flex_operation_in_the_file_is_found() -> None:
    import tensorflow as tf

    call = tf.function(tf.linalg.det, input_signature=[tf.TensorSpec((1, 2, 2), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function()])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    assert export.custom_operations(converter.convert()) == ["FlexMatrixDeterminant"]


def test_it_trains_on_tensorflow_whatever_a_persons_keras_is_set_to() -> None:
    code = "import vae_core.learn, keras; print(keras.backend.backend())"
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    ended = subprocess.run([sys.executable, "-c", code], cwd=settings.PROJECT, env=environment, capture_output=True)
    assert ended.stdout.strip() == b"tensorflow", ended.stderr


def _applied(layers: list[keras.layers.Layer], value: Any) -> Any:
    for layer in layers:
        value = layer(value)
    return value


def _spread_weights(model: keras.Model) -> None:
    """Away from the initial zeros and ones, so that a bias or a moving variance that is left out shows."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        signs = random.choice([-1, 1], weight.shape) if len(weight.shape) > 1 else 1
        weight.assign(random.uniform(0.2, 0.8, weight.shape) * signs)


def _networks() -> tuple[keras.Model, keras.Model]:
    keras.utils.set_random_seed(0)
    built = models.build(_config().architecture())
    return built.encoder, built.decoder


def _config() -> Config:
    return Config("digits", (8, 8, 1), "conv4 conv8/2 bn flatten dense64", latent=3)


def _run(tmp_path: Path) -> store.Run:
    return store.create(replace(settings.load({}), checkpoints=tmp_path), _config(), {})
