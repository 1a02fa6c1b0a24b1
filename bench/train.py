"""Images a second of this trainer and of a plain Keras `fit`, epoch by epoch in turn, in one process.

python -m bench.train --json
python -m bench.train --json --losses     also the validation loss of both after 500 steps, over several seeds

`--out FILE` keeps what was measured of each recipe.

Three trainers take an epoch in turn; `ratio` is the median over the rounds. `keras-fit` is the faster of
`jit_compile="auto"` and `False`, arrays in memory. `utilisation` is the arithmetic of the architecture (3 x 2
operations a multiply-add) over what a matrix product reaches in the precision that trained.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, median
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench import rows
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.data import catalog, splits
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.learn import models, training
from vae_core.runs import store
from vae_core.settings import Settings

EPOCH_STEPS = {"mnist-baseline": 63, "mnist-deeper": 16, "fashion-cae": 16}
JIT: dict[str, bool | str] = {"auto": "auto", "false": False}
LOSS_EPOCHS, LOSS_STEPS = 2, 250
RANDOM_IMAGES = 12_000


class Sampling(keras.layers.Layer):
    """A code drawn from the two heads of a VAE, as a plain Keras model does it."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, heads: list[Any]) -> Any:
        mean_code, log_variance = heads
        noise = keras.random.normal(keras.ops.shape(mean_code), seed=self.generator)
        return mean_code + keras.ops.exp(0.5 * log_variance) * noise


class Stopwatch(keras.callbacks.Callback):
    """Seconds of each epoch, without what `fit` does before the first."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self.began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--recipe", action="append", choices=EPOCH_STEPS, help="only this one (repeatable)")
    parser.add_argument("--rounds", type=int, default=9, help="epochs of each trainer that count (default 9)")
    parser.add_argument("--losses", action="store_true", help="compare the losses after 500 steps too")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds for the losses (default 3)")
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out)
    keys = arguments.recipe or list(EPOCH_STEPS)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"), cache=Path(folder, "cache"))
        settings = with_images(settings, Path(folder, "random"))
        document: dict[str, Any] = {"rows": [], "details": {}}
        for key in keys:
            found = kept.take({"recipe": key, "rounds": arguments.rounds}, speeds, key, arguments.rounds, settings)
            document["rows"] += found["rows"]
            document["details"][key] = found["details"]
        if arguments.losses:
            document["losses"] = [
                kept.take({"recipe": key, "seeds": arguments.seeds}, losses, key, arguments.seeds, settings)
                for key in keys
            ]
    print(json.dumps(document) if arguments.json else table(document))


def speeds(key: str, rounds: int, settings: Settings) -> Row:
    """Train the recipe's network; after each of its epochs, each plain model takes one over the same images."""
    config = shortened(key, EPOCH_STEPS[key], rounds + 1)
    images, _ = pictures(config, settings)
    plain = {name: plain_model(config, jit) for name, jit in JIT.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ("loupe", *plain)}
    peaks: dict[str, list[float]] = {"float32": [], "mixed_bfloat16": []}

    def others_turn(row: dict[str, Any]) -> None:
        if "epoch_done" not in row:
            return
        seconds["loupe"].append(row["seconds"])
        for name, model in plain.items():
            seconds[name] += fit(model, images, config, epochs=1)
        for precision, reached in peaks.items():
            reached.append(matrix_product(precision))

    run = store.create(settings, config, {})
    training.train(run, settings, others_turn)
    # The first epoch also traces the graph. The machine's best moment is its peak.
    speed = {name: len(images) / median(values[1:]) for name, values in seconds.items()}
    best_fit = max(plain, key=lambda name: speed[name])
    # Neighbours in time share the machine's mood: the ratio is the median of theirs, not that of the medians.
    ratios = [theirs / ours for theirs, ours in zip(seconds[best_fit], seconds["loupe"], strict=True)][1:]
    precision = run.resolved()["precision"]
    operations = 6.0 * config.architecture().multiply_adds
    compared = [
        row_of(key, "keras-fit", speed[best_fit], 1.0, operations / max(peaks["float32"])),
        row_of(key, "loupe", speed["loupe"], median(ratios), operations / max(peaks[precision])),
    ]
    details = {
        "precision": precision,
        "faster_fit": best_fit,
        "images_per_second": {name: round(value, 1) for name, value in speed.items()},
        "ratios": [round(ratio, 3) for ratio in ratios],
        "seconds_an_epoch": {name: [round(value, 3) for value in values] for name, values in seconds.items()},
        "peak_gflops": {name: round(max(values) / 1e9, 1) for name, values in peaks.items()},
    }
    return {"rows": compared, "details": details}


def row_of(recipe: str, trainer: str, speed: float, ratio: float, share_of_peak: float) -> dict[str, Any]:
    values = {"images_per_second": round(speed, 1), "ratio": round(ratio, 3)}
    return {"recipe": recipe, "trainer": trainer, **values, "utilisation": round(speed * share_of_peak, 4)}


def shortened(key: str, steps: int, epochs: int, seed: int = 0) -> Config:
    """The recipe on as many images as make this number of whole steps an epoch, random ones held back."""
    config = recipes.find(key).config
    wanted = steps * config.batch
    return replace(config, split="shuffled", train_size=wanted * 5 // 4, epochs=epochs, seed=seed, recipe="")


def with_images(settings: Settings, folder: Path) -> Settings:
    """Where neither a local folder nor the network has a data set, random images will do: speed is the same."""
    configs = [recipes.find(key).config for key in EPOCH_STEPS]
    try:
        for config in configs:
            catalog.load(config.dataset, settings)
        return settings
    except LoupeError as error:
        print(f"{error} Random images are used.", file=sys.stderr)
    folder.mkdir()
    for config in configs:
        train, test = np.random.default_rng(0).integers(0, 256, (2, RANDOM_IMAGES, *config.image), np.uint8)
        labels = np.arange(RANDOM_IMAGES) % 10
        np.savez(folder / f"{config.dataset}.npz", x_train=train, y_train=labels, x_test=test, y_test=labels)
    return replace(settings, data=folder)


def pictures(config: Config, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """The images that train and those that validate, as the trainer divides them, in float32."""
    data = catalog.load(config.dataset, settings)
    part = splits.split(data, seed=config.seed, split=config.split, train_size=config.train_size)
    train, held_out = (data.train.pixels[places].astype("float32") / 255 for places in (part.train, part.validation))
    return train, held_out


def plain_model(config: Config, jit: bool | str) -> keras.Model:
    """The same architecture as anybody would write it: stock layers, binary cross-entropy, Adam, no KL term."""
    keras.utils.set_random_seed(config.seed)
    networks = models.build(config.architecture())
    picture = keras.Input(config.image)
    code = networks.encoder(picture)
    if config.kind == "vae":
        code = Sampling(config.seed)(code)
    model = keras.Model(picture, networks.decoder(code))
    model.compile(keras.optimizers.Adam(config.learning_rate), "binary_crossentropy", jit_compile=jit)
    return model


def fit(model: keras.Model, images: np.ndarray, config: Config, epochs: int) -> list[float]:
    watch = Stopwatch()
    model.fit(images, images, batch_size=config.batch, epochs=epochs, verbose=0, callbacks=[watch])
    return watch.seconds


def matrix_product(precision: str, size: int = 1536, repeats: int = 3) -> float:
    """Operations a second of a large product."""
    kind = tf.bfloat16 if precision == "mixed_bfloat16" else tf.float32
    factor = tf.cast(tf.random.normal((size, size)), kind)
    return 2 * size**3 / min(timed(lambda: tf.matmul(factor, factor).numpy()) for _ in range(repeats))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def losses(key: str, seeds: int, settings: Settings) -> Row:
    """Nats a pixel on held-out images after the same number of steps on the same images, for each seed."""
    found: dict[str, list[float]] = {"loupe": [], "keras-fit": []}
    for seed in range(seeds):
        config = shortened(key, LOSS_STEPS, LOSS_EPOCHS, seed)
        images, held_out = pictures(config, settings)
        run = store.create(settings, config, {})
        training.train(run, settings)
        found["loupe"].append(run.history()[-1]["validation_reconstruction_nats_per_image"] / config.pixels)
        model = plain_model(config, jit=False)
        fit(model, images, config, LOSS_EPOCHS)
        found["keras-fit"].append(float(model.evaluate(held_out, held_out, batch_size=256, verbose=0)))
    low, high = min(found["keras-fit"]), max(found["keras-fit"])
    inside = low <= mean(found["loupe"]) <= high
    return {"steps": LOSS_EPOCHS * LOSS_STEPS, **found, "spread": [low, high], "mean_inside": inside}


def table(document: dict[str, Any]) -> str:
    lines = [f"{'recipe':16s}{'trainer':12s}{'images/s':>10s}{'ratio':>8s}{'of peak':>9s}"]
    for row in document["rows"]:
        measured = f"{row['images_per_second']:10.1f}{row['ratio']:8.2f}{row['utilisation']:9.1%}"
        lines.append(f"{row['recipe']:16s}{row['trainer']:12s}{measured}")
    for row in document.get("losses", []):
        both = [", ".join(f"{value:.4f}" for value in row[name]) for name in ("loupe", "keras-fit")]
        lines.append(f"{row['recipe']}, nats a pixel after {row['steps']} steps: loupe {both[0]}; keras-fit {both[1]}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
