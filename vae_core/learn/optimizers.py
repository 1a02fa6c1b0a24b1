"""Keras' optimisers, whose steps take one operation of TensorFlow a weight, not a dozen: the same numbers, sooner.

Where a network is dense and its batches are small, going through all weights and moments again and again takes as long
as the gradient does.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from vae_core.design.config import Config


class Averaging(keras.optimizers.Optimizer):
    """A moving average that goes the rest of the way to each new weight: what Keras' formula does, too."""

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[keras.Variable]) -> None:
        if not self.use_ema:
            return
        share = tf.where(tf.equal(self.iterations, 0), 1.0, 1.0 - self.ema_momentum)
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            distance = average.value - variable.value
            tf.raw_ops.ResourceApplyGradientDescent(var=average.value.handle, alpha=share, delta=distance)


class Moments(Averaging):
    """Adam's step, and with it that of AdamW, whose weights decay before it."""

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        index, step = self._get_variable_index(variable), tf.cast(self.iterations + 1, tf.float32)
        moments = (self._momentums[index], self._velocities[index])
        momentum, velocity = (moment.value.handle for moment in moments)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum,
            v=velocity,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class SGD(Averaging, keras.optimizers.SGD):
    pass


class Adam(Moments, keras.optimizers.Adam):
    pass


class AdamW(Moments, keras.optimizers.AdamW):
    pass


def of(config: Config) -> keras.optimizers.Optimizer:
    rate = config.learning_rate
    average = {"use_ema": True, "ema_momentum": config.ema} if config.ema else {}
    if config.optimizer == "sgd":
        return SGD(rate, momentum=0.9, **average)
    if config.optimizer == "adamw":
        return AdamW(rate, weight_decay=0.004, **average)
    return Adam(rate, **average)
