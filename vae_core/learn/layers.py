"""Keras layers that compute what stock ones compute, only faster. Used while training; never saved or exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras' batch normalisation of rows or images; one operation of TensorFlow instead of a dozen."""

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        if not self._can_be_fused(inputs, mask):
            return super().call(inputs, training=training, mask=mask)
        rows = len(inputs.shape) == 2
        images = ops.reshape(inputs, (-1, 1, 1, inputs.shape[-1])) if rows else inputs
        outputs = self._normalize(images, training=bool(training and self.trainable))
        return ops.reshape(outputs, (-1, inputs.shape[-1])) if rows else outputs

    def _can_be_fused(self, inputs: Tensor, mask: Tensor | None) -> bool:
        rank = len(inputs.shape)
        plain = self.scale and self.center and not self.renorm and not self.synchronized and mask is None
        known = rank in (2, 4) and self.axis in (-1, rank - 1) and self.compute_dtype in ("float32", "bfloat16")
        return bool(plain and known)

    def _normalize(self, images: Tensor, training: bool) -> Tensor:
        import tensorflow as tf

        # In training the operation ignores the moving statistics that it is given, and returns those of the batch.
        parameters = (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        scale, offset, mean, variance = (tf.convert_to_tensor(parameter) for parameter in parameters)
        operands = {"x": images, "scale": scale, "offset": offset, "mean": mean, "variance": variance}
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            **operands, epsilon=self.epsilon, is_training=training
        )
        if training:
            count = tf.cast(tf.size(images) // images.shape[-1], tf.float32)
            # TensorFlow divides the squares by n - 1 (by 1 where n is 1), Keras by n.
            self._move(mean, variance * (tf.maximum(count - 1.0, 1.0) / count))
        return outputs

    def _move(self, mean: Tensor, variance: Tensor) -> None:
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1.0 - self.momentum))


class PreciseConv2D(keras.layers.Conv2D):
    """Conv2D whose bias learns as well in half precision as in float32."""

    def call(self, inputs: Tensor) -> Tensor:
        return self.activation(add_bias(self.convolution_op(inputs, self.kernel), self.bias))


class PreciseConv2DTranspose(keras.layers.Conv2DTranspose):
    """Conv2DTranspose whose bias learns as well in half precision as in float32."""

    def call(self, inputs: Tensor) -> Tensor:
        outputs = ops.conv_transpose(inputs, self.kernel, strides=list(self.strides), padding=self.padding)
        return self.activation(add_bias(outputs, self.bias))


def add_bias(outputs: Tensor, bias: Tensor) -> Tensor:
    """A bias for each channel, whose gradient is a sum over all pixels of all images. In bfloat16 TensorFlow keeps this
    sum in bfloat16 as well, and where batch normalisation follows, so that nearly everything cancels, what remains is
    mostly rounding: biases drift, and with them the statistics that the normalisation has to follow."""
    if outputs.dtype != "bfloat16":
        return ops.add(outputs, bias)
    import tensorflow as tf

    @tf.custom_gradient
    def add(outputs: Tensor, bias: Tensor) -> Tensor:
        def gradient(upstream: Tensor) -> Tensor:
            total = tf.reduce_sum(tf.cast(upstream, tf.float32), list(range(len(upstream.shape) - 1)))
            return upstream, tf.cast(total, bias.dtype)

        return outputs + bias, gradient

    return add(outputs, tf.cast(tf.convert_to_tensor(bias), outputs.dtype))


@dataclass(frozen=True)
class Reach:
    """Along one axis: which low-resolution pixels a convolution after nearest up-sampling reads.

    Up-sampled pixel j is low-resolution pixel j // size, so `kernel` neighbours come from at most `taps` low-resolution
    pixels. Once the outputs are shifted by `shift`, output size * q + phase reads those that begin at a fixed distance
    from q, whatever the phase: the sum over them is an ordinary convolution with one output channel a phase.
    """

    size: int
    kernel: int
    padding: str

    @property
    def taps(self) -> int:
        return (self.size + self.kernel - 2) // self.size + 1

    @property
    def _before(self) -> int:
        return (self.kernel - 1) // 2 if self.padding == "same" else 0

    @property
    def shift(self) -> int:
        """How many rows to compute above the first wanted one, so that the first begins at a low-resolution pixel."""
        return -self._before % self.size

    def outputs(self, length: int) -> int:
        return length * self.size - (0 if self.padding == "same" else self.kernel - 1)

    def positions(self, length: int) -> int:
        """Low-resolution positions to compute, `size` outputs each."""
        return -(-(self.outputs(length) + self.shift) // self.size)

    def pads(self, length: int) -> tuple[int, int]:
        before = (self._before + self.shift) // self.size
        return before, max(0, self.positions(length) + self.taps - 1 - before - length)

    def sums(self) -> np.ndarray:
        """(taps, size, kernel): 1 where this kernel row reads this low-resolution row in this phase."""
        tap, phase, row = np.ogrid[: self.taps, : self.size, : self.kernel]
        return ((phase + row) // self.size == tap).astype("float32")


def saves_work(size: int, kernel: int, padding: str, height: int, width: int) -> bool:
    """Whether UpConv needs fewer multiply-adds than UpSampling2D and Conv2D on inputs of this height and width."""
    reach = Reach(size, kernel, padding)
    low = reach.positions(height) * reach.positions(width) * (size * reach.taps) ** 2
    return low < reach.outputs(height) * reach.outputs(width) * kernel**2


class SlicingCrop(keras.layers.Cropping2D):
    """Cropping2D by one slice: the gradient of Keras' strided one takes as long as a convolution on TensorFlow."""

    def call(self, inputs: Tensor) -> Tensor:
        (top, bottom), (left, right) = self.cropping
        count, height, width, channels = ops.shape(inputs)
        return ops.slice(inputs, (0, top, left, 0), (count, height - top - bottom, width - left - right, channels))


class UpConv(keras.layers.Layer):
    """UpSampling2D (nearest), then Conv2D of stride 1, with the latter's weights; computed before the up-sampling."""

    def __init__(
        self, filters: int, kernel: int, size: int, padding: str = "same", activation: str | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.filters = filters
        self.reach = Reach(size, kernel, padding)
        self.activation = keras.activations.get(activation)
        self.initializer = keras.initializers.get("glorot_uniform")

    def build(self, input_shape: tuple[int, ...]) -> None:
        side, channels = self.reach.kernel, input_shape[-1]
        # Without autocast: the kernel is summed in float32 and rounded once.
        self.kernel = self.add_weight(
            name="kernel", shape=(side, side, channels, self.filters), initializer=self.initializer, autocast=False
        )
        self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros", autocast=False)

    def call(self, inputs: Tensor) -> Tensor:
        height, width = inputs.shape[1:3]
        pads = (self.reach.pads(height), self.reach.pads(width))
        padded = ops.pad(inputs, ((0, 0), *pads, (0, 0))) if any(map(any, pads)) else inputs
        kernel, bias = self._summed()
        low = self.activation(add_bias(ops.conv(padded, kernel, padding="valid"), bias))
        return self._wanted(self._spread(low), height, width)

    def _summed(self) -> tuple[Tensor, Tensor]:
        """Kernel and bias of the convolution at low resolution, whose channels are (phase, phase, filter)."""
        reach, channels = self.reach, self.kernel.shape[2]
        taps, phases = reach.taps, reach.size**2
        sums = np.einsum("spk,tql->stpqkl", reach.sums(), reach.sums()).reshape(taps**2 * phases, reach.kernel**2)
        kernel = ops.matmul(sums, ops.reshape(self.kernel, (reach.kernel**2, channels * self.filters)))
        kernel = ops.transpose(ops.reshape(kernel, (taps**2, phases, channels, self.filters)), (0, 2, 1, 3))
        kernel = ops.reshape(kernel, (taps, taps, channels, phases * self.filters))
        return ops.cast(kernel, self.compute_dtype), ops.cast(ops.tile(self.bias, phases), self.compute_dtype)

    def _spread(self, low: Tensor) -> Tensor:
        """From (phase, phase, filter) channels to pixels; a transpose is faster here than depth_to_space."""
        size, (height, width) = self.reach.size, low.shape[1:3]
        rows = ops.transpose(ops.reshape(low, (-1, width, size, size * self.filters)), (0, 2, 1, 3))
        return ops.reshape(rows, (-1, height * size, width * size, self.filters))

    def _wanted(self, high: Tensor, height: int, width: int) -> Tensor:
        rows, columns, shift = self.reach.outputs(height), self.reach.outputs(width), self.reach.shift
        if high.shape[1:3] == (rows, columns):
            return high
        # Not high[:, a:b, c:d]: the gradient of TensorFlow's strided slice takes longer than the convolution.
        return ops.slice(high, (0, shift, shift, 0), (ops.shape(high)[0], rows, columns, self.filters))
