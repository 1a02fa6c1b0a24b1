"""Training steps on JAX, for machines with an accelerator: one compiled step, state passed in and out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from vae_core.learn.steps import BATCH, Images, Plan, Task, dropout_seeds, make_optimizer, to_train_on


class JaxSteps:
    def __init__(self, task: Task) -> None:
        self.task = task
        self.optimizer = make_optimizer(task.config)
        models = (task.networks.encoder, task.networks.decoder)
        self.trainable = [variable for model in models for variable in model.trainable_variables]
        self.fixed = [variable for model in models for variable in model.non_trainable_variables]
        self.optimizer.build(self.trainable)
        seeds = {id(generator.state) for generator in dropout_seeds(task.networks)}
        self.seed_places = [place for place, variable in enumerate(self.fixed) if id(variable) in seeds]
        self._step = jax.jit(self._train_step, donate_argnums=(0, 1, 2))
        self._losses = jax.jit(partial(self._forward, training=False))
        self._encode = jax.jit(
            lambda trainable, fixed, x: self._call(trainable, fixed, task.networks.encoder, _scaled(x))
        )
        self._decode = jax.jit(
            lambda trainable, fixed, z: task.probabilities(self._call(trainable, fixed, task.networks.decoder, z))
        )

    def place(self, pixels: np.ndarray) -> Images:
        return tuple(jax.device_put(each) for each in to_train_on(pixels, self.task.config))

    def train(self, images: Images, plan: Plan) -> np.ndarray:
        values = [[v.value for v in group] for group in (self.trainable, self.fixed, self.optimizer.variables)]
        sums = []
        for index, order in enumerate(plan.order):
            scalars = (np.int32(plan.first_step + index), plan.rates[index], plan.betas[index])
            *values, each = self._step(*values, images, order, *scalars)
            sums.append(each)
        for group, new in zip((self.trainable, self.fixed, self.optimizer.variables), values, strict=True):
            for variable, value in zip(group, new, strict=True):
                variable.assign(value)
        return np.asarray(jnp.stack(sums))

    def validate(self, pixels: np.ndarray, batch: int) -> np.ndarray:
        sums = np.zeros(2)
        seed = self.task.config.seed + 2
        for index, start in enumerate(range(0, len(pixels), batch)):
            part = _scaled(jnp.asarray(pixels[start : start + batch]))
            noisy = self._corrupt(part, seed + 1, index)
            (nats, kl), _ = self._losses(*self._values(), noisy, part, self._code_noise(len(part), seed, index))
            sums += np.array([nats.sum(), kl.sum()])
        return sums

    def encode(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        codes = [self._encode(*self._values(), pixels[at : at + BATCH]) for at in range(0, len(pixels), BATCH)]
        if self.task.config.kind == "ae":
            return np.concatenate(codes), None
        return np.concatenate([mean for mean, _ in codes]), np.concatenate([spread for _, spread in codes])

    def decode(self, codes: np.ndarray) -> np.ndarray:
        parts = [self._decode(*self._values(), codes[at : at + BATCH]) for at in range(0, len(codes), BATCH)]
        return np.concatenate(parts)

    def weights(self) -> list[np.ndarray]:
        return self.task.networks.get_weights()

    def state(self) -> list[np.ndarray]:
        return [np.asarray(variable.value) for variable in self._all_variables()]

    def restore(self, state: list[np.ndarray]) -> None:
        for variable, value in zip(self._all_variables(), state, strict=False):
            variable.assign(value)

    def _all_variables(self) -> list[Any]:
        networks = self.task.networks
        return [*networks.encoder.weights, *networks.decoder.weights, *self.optimizer.variables]

    def _values(self) -> tuple[list[Any], list[Any]]:
        return [v.value for v in self.trainable], [v.value for v in self.fixed]

    def _scope(self, trainable: Sequence[Any], fixed: Sequence[Any]) -> Any:
        pairs = [*zip(self.trainable, trainable, strict=True), *zip(self.fixed, fixed, strict=True)]
        return keras.StatelessScope(state_mapping=pairs)

    def _call(self, trainable: Any, fixed: Any, model: keras.Model, inputs: Any) -> Any:
        with self._scope(trainable, fixed):
            return model(inputs, training=False)

    def _forward(self, trainable: Any, fixed: Any, noisy: Any, pictures: Any, code_noise: Any, training: bool) -> Any:
        with self._scope(trainable, fixed) as scope:
            losses = self.task.losses(noisy, pictures, code_noise, training)
        return losses, [scope.get_current_value(variable) for variable in self.fixed]

    def _train_step(
        self, trainable: Any, fixed: Any, slots: Any, images: Images, places: Any, step: Any, rate: Any, beta: Any
    ) -> tuple[Any, ...]:
        seed = self.task.config.seed
        pictures, *copy = (_scaled(each[places]) for each in images)
        noisy = copy[0] if copy else self._corrupt(pictures, seed + 1, step)
        for number, place in enumerate(self.seed_places):
            fixed[place] = jnp.stack([seed + 1000 * (number + 1), step]).astype(fixed[place].dtype)

        def loss(weights: Any) -> Any:
            (nats, kl), after = self._forward(
                weights, fixed, noisy, pictures, self._code_noise(len(places), seed, step), training=True
            )
            return jnp.mean(nats + beta * kl) / self.task.config.pixels, (nats, kl, after)

        (_, (nats, kl, fixed)), gradients = jax.value_and_grad(loss, has_aux=True)(trainable)
        slots = [rate if v is self.optimizer._learning_rate else s for v, s in zip(self.optimizer.variables, slots)]
        trainable, slots = self.optimizer.stateless_apply(slots, gradients, trainable)
        return trainable, fixed, slots, jnp.stack([nats.sum(), kl.sum()])

    def _code_noise(self, count: int, seed: int, step: Any) -> Any:
        size = self.task.networks.decoder.input_shape[-1]
        return jax.random.normal(jax.random.fold_in(jax.random.key(seed), step), (count, size))

    def _corrupt(self, pictures: Any, seed: int, step: Any) -> Any:
        level = self.task.config.noise
        if not level:
            return pictures
        noise = jax.random.normal(jax.random.fold_in(jax.random.key(seed), step), pictures.shape)
        return jnp.clip(pictures + level * noise, 0.0, 1.0)


def _scaled(pixels: Any) -> Any:
    return jnp.asarray(pixels, jnp.float32) / 255.0
