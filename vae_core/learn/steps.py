"""Training steps: many in one graph, over images that stay in memory as bytes; chance comes from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from vae_core.design.config import Config
from vae_core.learn import feeding, objective, optimizers
from vae_core.learn.feeding import Pixels, Rows
from vae_core.learn.models import Networks

BATCH = 256  # images at once outside training
Images = tuple[Any, ...]  # where the steps gather them from: tensors, or what lies in a file


@dataclass(frozen=True)
class Plan:
    """Consecutive training steps: which images, and the rate and beta of each step."""

    order: np.ndarray  # (k, b) int32, places of images
    first_step: int
    rates: np.ndarray  # (k,) float32
    betas: np.ndarray  # (k,) float32


def to_train_on(pixels: Pixels, config: Config) -> list[Pixels]:
    """The images; and where noise is drawn once, the noisy copy that every epoch sees."""
    return [pixels, _noisy_copy(pixels, config)] if config.noise_once else [pixels]


def _noisy_copy(pixels: Pixels, config: Config) -> np.ndarray:
    """Bytes, like everything else that is kept."""
    noisy = feeding.like(pixels)
    random = np.random.default_rng([config.seed, 1])
    for start in range(0, len(pixels), 1024):
        part = pixels[start : start + 1024]
        noise = random.standard_normal(part.shape, dtype=np.float32) * (255 * config.noise)
        noisy[start : start + 1024] = np.clip(np.rint(part + noise), 0, 255).astype(np.uint8)
    return noisy


def dropout_seeds(networks: Networks) -> list[keras.random.SeedGenerator]:
    """The generators whose state a step sets, so that dropout too depends on (seed, step) alone."""
    layers = [*networks.encoder.layers, *networks.decoder.layers]
    return [layer.seed_generator for layer in layers if isinstance(layer, keras.layers.Dropout)]


@dataclass(frozen=True)
class Task:
    """The forward pass and its loss."""

    config: Config
    networks: Networks
    observation: objective.Observation

    def losses(self, noisy: Any, pictures: Any, code_noise: Any, training: bool) -> tuple[Any, Any]:
        """Reconstruction and KL of each image, (b,) and (b,)."""
        code = self.networks.encoder(noisy, training=training)
        if self.config.kind == "vae":
            mean, log_variance = code
            kl = objective.gaussian_kl(mean, log_variance)
            code = objective.sample(mean, log_variance, code_noise)
        output = self.networks.decoder(code, training=training)
        nats = self.observation.nats(self.observation.target(pictures), output)
        return nats, kl if self.config.kind == "vae" else keras.ops.zeros_like(nats)

    def probabilities(self, output: Any) -> Any:
        return keras.ops.sigmoid(output) if self.observation.from_logits else keras.ops.clip(output, 0.0, 1.0)


class Steps:
    """The compiled functions around one pair of networks. XLA is off: on a CPU it was slower in every case that was
    measured."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.optimizer = optimizers.of(task.config)
        networks = task.networks
        self.variables = [*networks.encoder.trainable_variables, *networks.decoder.trainable_variables]
        self.optimizer.build(self.variables)
        self.averages = self.optimizer._model_variables_moving_average if task.config.ema else []
        self.seeds = dropout_seeds(networks)
        bytes_in = tf.TensorSpec((None, *task.config.image), tf.uint8)
        codes_in = tf.TensorSpec((None, networks.decoder.input_shape[-1]), tf.float32)
        plan = [tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int32), *[tf.TensorSpec((None,))] * 2]
        images = (bytes_in,) * (2 if task.config.noise_once else 1)
        self._run = _graph(self._run_steps, images, *plan)
        self._validate = _graph(self._validate_batch, bytes_in, tf.TensorSpec((), tf.int32))
        self._encode = _graph(self._encode_batch, bytes_in)
        self._decode = _graph(self._decode_batch, codes_in)

    def place(self, pixels: Pixels) -> Images:
        """Put the images where the steps find what they train on."""
        images = to_train_on(pixels, self.task.config)
        return tuple(images) if isinstance(pixels, Rows) else tuple(tf.constant(each) for each in images)

    def train(self, images: Images, plan: Plan) -> np.ndarray:
        """Take the steps; (k, 2): reconstruction and KL, summed over each batch, in nats."""
        steps, order = np.arange(plan.first_step, plan.first_step + len(plan.order), dtype=np.int32), plan.order
        if isinstance(images[0], Rows):
            images = tuple(tf.constant(each[order.ravel()]) for each in images)
            order = np.arange(order.size, dtype=np.int32).reshape(order.shape)
        return self._run(images, *map(tf.constant, (order, steps, plan.rates, plan.betas))).numpy()

    def validate(self, pixels: Pixels, batch: int) -> np.ndarray:
        """(2,): reconstruction and KL summed over these images, evaluation mode, sampled codes, input noise."""
        sums = np.zeros(2)
        for index, part in enumerate(_batches(pixels, batch)):
            sums += self._validate(tf.constant(part), tf.constant(index, tf.int32)).numpy()
        return sums

    def encode(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        codes = [self._encode(tf.constant(part)) for part in _batches(pixels, BATCH)]
        if self.task.config.kind == "ae":
            return np.concatenate([code.numpy() for code in codes]), None
        return np.concatenate([mean.numpy() for mean, _ in codes]), np.concatenate(
            [spread.numpy() for _, spread in codes]
        )

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Pictures in 0..1."""
        return np.concatenate([self._decode(tf.constant(part)).numpy() for part in _batches(codes, BATCH)])

    def weights(self) -> list[np.ndarray]:
        return self.task.networks.get_weights()

    def state(self) -> list[np.ndarray]:
        """All that a training goes on from: the weights, the optimizer's variables, the average of the weights."""
        return [variable.numpy() for variable in self._all_variables()]

    def begin(self, give: Callable[[Networks], None]) -> None:
        """Let somebody give the networks other weights than chance did; their average begins there."""
        give(self.task.networks)
        _assign(self.averages, self.variables)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within it the networks hold the moving average of their weights, where one is kept."""
        trained = [variable.numpy() for variable in self.variables[: len(self.averages)]]
        _assign(self.variables, self.averages)
        try:
            yield
        finally:
            _assign(self.variables, trained)

    def fits(self, state: list[np.ndarray]) -> bool:
        """Whether this is such a state, or one without an average, or only the weights."""
        variables = self._all_variables()
        lengths = (len(self._weights()), len(variables) - len(self.averages), len(variables))
        return len(state) in lengths and all(
            value.shape == tuple(variable.shape) for value, variable in zip(state, variables, strict=False)
        )

    def restore(self, state: list[np.ndarray]) -> None:
        """Put back a state that fits. An average that it lacks begins with its weights."""
        variables = self._all_variables()
        _assign(variables, state)
        if len(state) < len(variables):
            _assign(self.averages, self.variables)

    def _all_variables(self) -> list[Any]:
        averages = {id(average) for average in self.averages}
        others = [variable for variable in self.optimizer.variables if id(variable) not in averages]
        return [*self._weights(), *others, *self.averages]

    def _weights(self) -> list[Any]:
        return [*self.task.networks.encoder.weights, *self.task.networks.decoder.weights]

    def _run_steps(self, images: Images, order: Any, steps: Any, rates: Any, betas: Any) -> Any:
        sums = tf.TensorArray(tf.float32, size=tf.shape(order)[0], element_shape=(2,))
        for index in tf.range(tf.shape(order)[0]):
            self.optimizer.learning_rate.assign(rates[index])
            sums = sums.write(index, self._step(images, order[index], steps[index], betas[index]))
        return sums.stack()

    def _step(self, images: Images, places: Any, step: Any, beta: Any) -> Any:
        pictures, *copy = (_scaled(tf.gather(each, places)) for each in images)
        noisy = copy[0] if copy else self._corrupt(pictures, step)
        seed = self.task.config.seed
        for number, generator in enumerate(self.seeds):
            generator.state.assign([seed + 1000 * (number + 1), tf.cast(step, generator.state.dtype)])
        with tf.GradientTape() as tape:
            nats, kl = self.task.losses(noisy, pictures, self._code_noise(places, seed, step), training=True)
            loss = tf.reduce_mean(nats + beta * kl) / self.task.config.pixels
        self.optimizer.apply(tape.gradient(loss, self.variables), self.variables)
        return tf.stack([tf.reduce_sum(nats), tf.reduce_sum(kl)])

    def _validate_batch(self, pixels: Any, index: Any) -> Any:
        pictures = _scaled(pixels)
        seed = self.task.config.seed + 2
        noisy = self._corrupt(pictures, index, seed + 1)
        nats, kl = self.task.losses(noisy, pictures, self._code_noise(pixels, seed, index), training=False)
        return tf.stack([tf.reduce_sum(nats), tf.reduce_sum(kl)])

    def _encode_batch(self, pixels: Any) -> Any:
        return self.task.networks.encoder(_scaled(pixels), training=False)

    def _decode_batch(self, codes: Any) -> Any:
        return self.task.probabilities(self.task.networks.decoder(codes, training=False))

    def _code_noise(self, like: Any, seed: int, step: Any) -> Any:
        size = self.task.networks.decoder.input_shape[-1]
        return tf.random.stateless_normal((tf.shape(like)[0], size), tf.stack([seed, step]))

    def _corrupt(self, pictures: Any, step: Any, seed: int | None = None) -> Any:
        level = self.task.config.noise
        if not level:
            return pictures
        seed = self.task.config.seed + 1 if seed is None else seed
        noise = tf.random.stateless_normal(tf.shape(pictures), tf.stack([seed, step]))
        return tf.clip_by_value(pictures + level * noise, 0.0, 1.0)


def _graph(function: Any, *signature: Any) -> Any:
    """A function as a graph that is traced once, whatever the sizes."""
    return tf.function(function, input_signature=signature, jit_compile=False)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """As many as there are values for."""
    for variable, value in zip(variables, values, strict=False):
        variable.assign(value)


def _scaled(pixels: Any) -> Any:
    return tf.cast(pixels, tf.float32) / 255.0


def _batches(values: Pixels, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
