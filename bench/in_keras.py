"""Trainers of bench/train.py that take an epoch in turn: this program's, and a plain Keras `fit`.

python -m bench.in_keras TRAINER ASKED
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from bench import turns
from vae_core import settings as house
from vae_core.design import config as configs
from vae_core.design.config import Config
from vae_core.learn import models, training
from vae_core.runs import store
from vae_core.settings import Settings

JIT: dict[str, bool | str] = {"fit-auto": "auto", "fit-false": False}
MANY = 10_000  # epochs, of which the bench ends one


class Sampling(keras.layers.Layer):
    """A code drawn from the two heads of a VAE, as a plain Keras model does it, and the KL term that comes of them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.generator = keras.random.SeedGenerator(config.seed)
        self.weight = (config.beta or 0.0) / config.pixels

    def call(self, heads: list[Any]) -> Any:
        mean, spread = heads
        if self.weight:
            kl = 0.5 * keras.ops.sum(keras.ops.square(mean) + keras.ops.exp(spread) - 1 - spread, axis=1)
            self.add_loss(self.weight * keras.ops.mean(kl))
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.generator)
        return mean + keras.ops.exp(0.5 * spread) * noise


class Stopwatch(keras.callbacks.Callback):
    """Seconds of an epoch, without what `fit` does before it."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds = time.perf_counter() - self.began


def main() -> None:
    trainer, asked = sys.argv[1], json.loads(sys.argv[2])
    config = configs.from_json(asked["config"])
    if trainer == "loupe":
        data = Path(asked["data"]) if asked["data"] else None
        _ours(replace(config, epochs=MANY), replace(house.load(), data=data))
        return
    images = np.load(asked["images"]).astype("float32") / 255
    model = plain_model(config, JIT[trainer])
    turns.serve(lambda: {"seconds": fit(model, images, config), "version": keras.__version__})


def _ours(config: Config, settings: Settings) -> None:
    """A training as any other, which waits after each epoch until it is its turn."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings, checkpoints=Path(folder, "runs"), cache=Path(folder, "cache"))
        run = store.create(settings, config, {})
        processor = _steps_timed()
        if turns.asked():
            training.train(run, settings, _in_turn(processor, lambda: run.resolved()["precision"]))


def _steps_timed() -> list[float]:
    """Filled with the processor's seconds of each epoch's steps, without what ends it."""
    found: list[float] = []
    train_epoch = training.Training._train_epoch

    def timed(self: training.Training) -> bool:
        began = time.process_time()
        done = train_epoch(self)
        found.append(time.process_time() - began)
        return done

    training.Training._train_epoch = timed  # type: ignore[method-assign]  # in this process alone
    return found


def _in_turn(processor: list[float], precision: Callable[[], str]) -> training.Report:
    def told(row: dict[str, Any]) -> None:
        if "epoch_done" not in row:
            return
        turns.answer({"seconds": row["seconds"], "processor": processor[-1], "precision": precision()})
        if not turns.asked():
            raise SystemExit

    return told


def plain_model(config: Config, jit: bool | str) -> keras.Model:
    """The same architecture and loss as anybody would write it: stock layers and Adam."""
    keras.utils.set_random_seed(config.seed)
    networks = models.build(config.architecture())
    picture = keras.Input(config.image)
    code = networks.encoder(picture)
    if config.kind == "vae":
        code = Sampling(config)(code)
    model = keras.Model(picture, networks.decoder(code))
    loss = "mse" if config.loss == "mse" else "binary_crossentropy"
    model.compile(keras.optimizers.Adam(config.learning_rate), loss, jit_compile=jit)
    return model


def fit(model: keras.Model, images: np.ndarray, config: Config, epochs: int = 1) -> float:
    """Seconds of the last epoch."""
    watch = Stopwatch()
    model.fit(images, images, batch_size=config.batch, epochs=epochs, verbose=0, callbacks=[watch])
    return watch.seconds


if __name__ == "__main__":
    main()
