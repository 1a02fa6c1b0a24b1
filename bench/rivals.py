"""Two examples that everybody meets first, as they are usually written, for a code of two numbers of MNIST.

Both train on all 60,000 training images in batches of 128 with Adam at 0.001 until a clock says stop, and are asked for
the -ELBO of the test images in the one definition of this project: one sampled code an image, grey pixels.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.rows import Row
from vae_core.look import baselines, evaluation

BATCH, RATE, CODE = 128, 1e-3, 2
CHUNK = 1000
MANY = 100_000  # epochs, of which the clock ends one
Encode = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]  # mean and log-variance of images in 0..1
Decode = Callable[[np.ndarray], np.ndarray]


def by_keras(train: np.ndarray, test: np.ndarray, asked: Row) -> Row:
    """The architecture of Keras' own example, by a plain `fit`."""
    import keras

    keras.utils.set_random_seed(asked["seed"])
    encoder, decoder = _keras_networks()
    model = _keras_model(encoder, decoder)
    model.compile(optimizer=keras.optimizers.Adam(RATE))
    clock = _stop_at(asked["began"] + asked["seconds"])
    model.fit(_grey(train), batch_size=BATCH, epochs=MANY, verbose=0, callbacks=[clock])
    taken, steps = time.time() - asked["began"], int(model.optimizer.iterations)
    encode: Encode = lambda images: tuple(encoder.predict(images, verbose=0))  # noqa: E731
    return _row(taken, steps, test, encode, lambda codes: decoder.predict(codes, verbose=0), asked["seed"])


def _keras_networks() -> tuple[Any, Any]:
    import keras
    from keras import layers

    picture = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(picture)
    x = layers.Conv2D(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    encoder = keras.Model(picture, [layers.Dense(CODE)(x), layers.Dense(CODE)(x)])
    code = keras.Input((CODE,))
    x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(code))
    x = layers.Conv2DTranspose(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same")(x)
    return encoder, keras.Model(code, layers.Conv2DTranspose(1, 3, activation="sigmoid", padding="same")(x))


def _keras_model(encoder: Any, decoder: Any) -> Any:
    """Both, and a step that adds the reconstruction's loss and the KL term."""
    import keras
    import tensorflow as tf
    from keras import ops

    class Example(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = encoder, decoder
            self.seed = keras.random.SeedGenerator()

        def train_step(self, images: Any) -> dict[str, Any]:
            with tf.GradientTape() as tape:
                mean, spread = self.encoder(images, training=True)
                noise = keras.random.normal(ops.shape(mean), seed=self.seed)
                made = self.decoder(mean + ops.exp(0.5 * spread) * noise, training=True)
                lost = ops.mean(ops.sum(keras.losses.binary_crossentropy(images, made), axis=(1, 2)))
                kl = ops.mean(ops.sum(-0.5 * (1 + spread - ops.square(mean) - ops.exp(spread)), axis=1))
                loss = lost + kl
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    return Example()


def _stop_at(end: float) -> Any:
    import keras

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            if time.time() >= end:
                self.model.stop_training = True

    return Clock()


def by_torch(train: np.ndarray, test: np.ndarray, asked: Row) -> Row:
    """PyTorch's basic example, 784-400, but with a code of two numbers where it has twenty."""
    torch: Any = importlib.import_module("torch")  # no requirement: a guest
    nn = torch.nn
    torch.manual_seed(asked["seed"])
    first, heads = nn.Linear(784, 400), nn.Linear(400, 2 * CODE)
    decoder = nn.Sequential(nn.Linear(CODE, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid())
    encoder = nn.Sequential(first, nn.ReLU(), heads)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=RATE)
    images = torch.from_numpy(_grey(train).reshape(-1, 784))
    steps = 0
    while time.time() < asked["began"] + asked["seconds"]:
        places = torch.randint(len(images), (BATCH,))
        _torch_step(torch, encoder, decoder, optimizer, images[places])
        steps += 1
    taken = time.time() - asked["began"]

    def encode(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.no_grad():
            mean, spread = encoder(torch.from_numpy(chosen.reshape(-1, 784))).chunk(2, 1)
        return mean.numpy(), spread.numpy()

    def decode(codes: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(decoder(torch.from_numpy(codes)).numpy())

    return _row(taken, steps, test, encode, decode, asked["seed"])


def _torch_step(torch: Any, encoder: Any, decoder: Any, optimizer: Any, images: Any) -> None:
    mean, spread = encoder(images).chunk(2, 1)
    made = decoder(mean + torch.exp(0.5 * spread) * torch.randn_like(mean))
    lost = torch.nn.functional.binary_cross_entropy(made, images, reduction="sum")
    loss = lost - 0.5 * torch.sum(1 + spread - mean.pow(2) - spread.exp())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _row(taken: float, steps: int, test: np.ndarray, encode: Encode, decode: Decode, seed: int) -> Row:
    random, found = np.random.default_rng(seed), []
    for start in range(0, len(test), CHUNK):
        images = _grey(test[start : start + CHUNK])
        mean, spread = encode(images)
        codes = mean + np.exp(0.5 * spread) * random.standard_normal(mean.shape, dtype=np.float32)
        target = images.reshape(len(images), -1)
        lost = baselines.cross_entropy(target, decode(codes).reshape(target.shape))
        found.append(lost + evaluation.gaussian_kl(mean, spread))
    return {
        "taken": round(taken, 1),
        "steps": steps,
        "images": BATCH * steps,
        "negative_elbo": float(np.concatenate(found).mean()),
    }


def _grey(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(np.float32(pixels) / 255)
