"""The fast layers compute what the stock ones compute: values, gradients, moving statistics, sizes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
import keras  # noqa: E402

from vae_core.design.config import Config  # noqa: E402
from vae_core.learn import models  # noqa: E402
from vae_core.learn.layers import (  # noqa: E402
    FusedBatchNormalization,
    PreciseConv2D,
    PreciseConv2DTranspose,
    SlicingCrop,
    UpConv,
    saves_work,
)

RANDOM = np.random.default_rng(0)
SHAPES = [(7, 5), (6, 4, 3, 5), (1, 5), (1, 1, 1, 5), (1, 3, 3, 5)]
TOLERANCE = {"float32": 2e-5, "mixed_bfloat16": 3e-2}


@pytest.fixture(autouse=True)
def the_same_numbers_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    keras.utils.set_random_seed(0)
    monkeypatch.setitem(globals(), "RANDOM", np.random.default_rng(0))


def numbers(*shape: int) -> np.ndarray:
    return RANDOM.normal(0.7, 2.0, shape).astype("float32")


def results(layer: keras.layers.Layer, inputs: np.ndarray, upstream: np.ndarray, **call: bool) -> list[np.ndarray]:
    """What a layer puts out, then the gradients of its input and weights for one gradient from above."""
    pictures = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        outputs = tf.cast(layer(pictures, **call), tf.float32)
    weights = [variable.value for variable in layer.trainable_variables]
    return [part.numpy() for part in (outputs, *tape.gradient(outputs, [pictures, *weights], tf.constant(upstream)))]


def close(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    """Equal within a tolerance relative to the largest number."""
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * max(1.0, float(np.abs(theirs).max())))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_fused_batch_normalization_is_keras_own(shape: tuple[int, ...], training: bool, dtype: str) -> None:
    ours, theirs = FusedBatchNormalization(dtype=dtype), keras.layers.BatchNormalization(dtype=dtype)
    weights = [numbers(5), numbers(5), numbers(5), np.abs(numbers(5)) + 0.1]
    for layer in (ours, theirs):
        layer.build(shape)
        layer.set_weights(weights)
    inputs, upstream = numbers(*shape), numbers(*shape)
    for _ in range(3):  # the statistics move with every call
        pair = [results(layer, inputs, upstream, training=training) for layer in (ours, theirs)]
        for our, their in zip(*pair, strict=True):
            close(our, their, TOLERANCE[dtype])
    for our, their in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        close(our, their, 1e-6)  # float32 statistics whatever the layer computes in
    assert training != np.array_equal(ours.get_weights()[3], weights[3])


def test_fused_batch_normalization_is_frozen_like_keras_own() -> None:
    layer, inputs = FusedBatchNormalization(), numbers(6, 4, 3, 5)
    layer.build(inputs.shape)
    before = layer.get_weights()
    layer.trainable = False
    outputs = layer(inputs, training=True)
    close(outputs.numpy(), layer(inputs, training=False).numpy(), 0)
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_fused_batch_normalization_takes_what_it_cannot_fuse() -> None:
    ours, theirs, inputs = FusedBatchNormalization(), keras.layers.BatchNormalization(), numbers(3, 4, 5)
    close(ours(inputs, training=True).numpy(), theirs(inputs, training=True).numpy(), 0)


PAIRS = [
    (size, kernel, padding, height, width)
    for size, kernel, padding in itertools.product((2, 3), (1, 3, 5), ("same", "valid"))
    for height, width in ((3, 5), (4, 4))
]


def stock_pair(size: int, kernel: int, padding: str, dtype: str = "float32") -> keras.Sequential:
    return keras.Sequential(
        [
            keras.layers.UpSampling2D(size, dtype=dtype),
            keras.layers.Conv2D(6, kernel, padding=padding, activation="gelu", dtype=dtype),
        ]
    )


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "height", "width"), [*PAIRS, (2, 4, "same", 3, 4), (4, 3, "same", 1, 2)]
)
def test_up_conv_is_up_sampling_then_convolution(size: int, kernel: int, padding: str, height: int, width: int) -> None:
    inputs = numbers(2, height, width, 3)
    theirs, ours = stock_pair(size, kernel, padding), UpConv(6, kernel, size, padding, "gelu")
    upstream = numbers(*theirs(inputs).shape)
    ours.build(inputs.shape)
    ours.set_weights([weight + 0.1 for weight in theirs.get_weights()])
    theirs.set_weights(ours.get_weights())
    for our, their in zip(results(ours, inputs, upstream), results(theirs, inputs, upstream), strict=True):
        close(our, their, 1e-5)


def test_up_conv_in_half_precision_keeps_its_weights_whole() -> None:
    inputs, upstream = numbers(2, 4, 4, 3), numbers(2, 10, 10, 6)
    theirs, ours = stock_pair(3, 3, "valid", "mixed_bfloat16"), UpConv(6, 3, 3, "valid", "gelu", dtype="mixed_bfloat16")
    theirs(inputs)
    ours.build(inputs.shape)
    ours.set_weights(theirs.get_weights())
    assert ours(inputs).dtype == tf.bfloat16
    for our, their in zip(results(ours, inputs, upstream), results(theirs, inputs, upstream), strict=True):
        close(our, their, TOLERANCE["mixed_bfloat16"])
    assert {weight.dtype for weight in ours.weights} == {"float32"}


def test_up_conv_starts_from_the_same_weights_as_the_layer_it_stands_for() -> None:
    keras.utils.set_random_seed(7)
    theirs = stock_pair(2, 3, "same")
    theirs.build((1, 4, 4, 3))
    keras.utils.set_random_seed(7)
    ours = UpConv(6, 3, 2)
    ours.build((1, 4, 4, 3))
    assert all(map(np.array_equal, ours.get_weights(), theirs.get_weights()))


def test_up_conv_is_chosen_only_where_it_saves_multiply_adds() -> None:
    def low(size: int, kernel: int, side: int) -> int:
        """Of the layer itself: positions of the padded picture times the summed kernel."""
        layer = UpConv(1, kernel, size)
        layer.build((1, side, side, 1))
        taps, _, *channels = layer._summed()[0].shape
        positions = side + sum(layer.reach.pads(side)) - taps + 1
        return (positions * taps) ** 2 * int(np.prod(channels))

    for size, kernel, side in itertools.product((2, 3, 4), (1, 2, 3, 5), (1, 2, 3, 8)):
        stock = (size * side * kernel) ** 2
        assert saves_work(size, kernel, "same", side, side) == (low(size, kernel, side) < stock)


@pytest.mark.parametrize("sides", [((1, 2), (0, 1)), ((0, 0), (2, 0))])
def test_slicing_crop_is_cropping(sides: tuple[tuple[int, int], tuple[int, int]]) -> None:
    inputs = numbers(3, 7, 6, 2)
    upstream = numbers(*keras.layers.Cropping2D(sides)(inputs).shape)
    pairs = zip(
        results(SlicingCrop(sides), inputs, upstream),
        results(keras.layers.Cropping2D(sides), inputs, upstream),
        strict=True,
    )
    assert all(np.array_equal(fast, stock) for fast, stock in pairs)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kind", [PreciseConv2D, PreciseConv2DTranspose])
def test_a_bias_learns_in_half_precision_what_it_learns_in_single(kind: type, stride: int) -> None:
    single, half = (kind(8, 3, stride, "same", activation="relu", dtype=dtype) for dtype in TOLERANCE)
    inputs = numbers(64, 28, 28, 4)
    for layer in (single, half):
        layer.build(inputs.shape)
    half.set_weights(single.get_weights())
    upstream = numbers(*single(inputs).shape)
    upstream -= upstream.mean((0, 1, 2))  # as after batch normalisation: nearly everything cancels
    ours, exact = (results(layer, inputs, upstream)[3] for layer in (half, single))
    assert np.linalg.norm(ours - exact) < 0.08 * np.linalg.norm(exact)
    stock = keras.layers.Conv2D if kind is PreciseConv2D else keras.layers.Conv2DTranspose
    theirs = stock(8, 3, stride, "same", activation="relu", dtype="float32")
    theirs.build(inputs.shape)
    theirs.set_weights(single.get_weights())
    for our, their in zip(results(single, inputs, upstream), results(theirs, inputs, upstream), strict=True):
        close(our, their, TOLERANCE["float32"])


def test_every_convolution_is_precise_in_half_precision_only() -> None:
    architecture = Config("digits", (8, 8, 1), "conv8 res( conv16 bn conv16 ) flatten dense16").architecture()
    stock = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    for precision, kinds in (("float32", stock), ("mixed_bfloat16", (PreciseConv2D, PreciseConv2DTranspose))):
        built = models.build(architecture, models.Style(precision))
        inner = [layer for layer in built.encoder.layers if isinstance(layer, stock)]
        assert len(inner) == 4 and all(type(layer) in kinds for layer in inner)
