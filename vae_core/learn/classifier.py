"""A small classifier for each data set, trained once and frozen: what it sees in pictures judges samples."""

from __future__ import annotations

import hashlib
import json

import keras
import numpy as np

from vae_core.data.dataset import Dataset, Part
from vae_core.errors import LoupeError
from vae_core.learn import export
from vae_core.look.metrics.subject import Judge
from vae_core.look.portable import Network
from vae_core.look.rows import spread
from vae_core.runs import files
from vae_core.settings import Settings

VERSION = 1
FEATURES = 64
IMAGES, STEPS, BATCH = 20_000, 1_200, 64  # at most so many training images and steps
TESTED = 2_000


def judge(dataset: Dataset, settings: Settings) -> Judge | str:
    """The data set's classifier, trained at the first call; why there is none as a sentence."""
    if dataset.train.labels is None or len(dataset.classes) < 2:
        return "The images have no labels, so no classifier can be trained to see what is in them."
    stem = settings.cache / "classifiers" / f"{dataset.fingerprint}-v{VERSION}"
    weights, told = stem.with_suffix(".tflite"), stem.with_suffix(".json")
    if not (weights.is_file() and told.is_file()):
        try:
            data, accuracy = _train(dataset)
        except LoupeError as error:
            return f"The data set's classifier could not be made: {error}"
        stem.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(weights, data)
        files.write_json(told, {"accuracy": accuracy, "classes": list(dataset.classes)})
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:8]
    return Judge(Network.of(weights, "encode"), digest, float(json.loads(told.read_bytes())["accuracy"]))


def _train(dataset: Dataset) -> tuple[bytes, float]:
    keras.utils.set_random_seed(0)
    some = dataset.train.take(spread(len(dataset.train), IMAGES))
    features, head = _networks(dataset.image, len(dataset.classes))
    pictures = keras.Input(dataset.image)
    whole = keras.Model(pictures, head(features(pictures)))
    whole.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    epochs = max(1, min(20, STEPS * BATCH // max(1, len(some))))
    whole.fit(_floats(some), some.labels, batch_size=BATCH, epochs=epochs, verbose=0)
    forms = export.make_forms(features, head, dataset.test.pixels)
    if forms["encoder"].reason:
        raise LoupeError(forms["encoder"].reason)
    tested = dataset.test.take(spread(len(dataset.test), TESTED))
    guessed = np.asarray(whole.predict(_floats(tested), batch_size=256, verbose=0)).argmax(axis=1)
    accuracy = float((guessed == tested.labels).mean()) if tested.labels is not None else float("nan")
    return forms["encoder"].data, accuracy


def _networks(image: tuple[int, int, int], classes: int) -> tuple[keras.Model, keras.Model]:
    """Pictures to features, and features to classes."""
    pictures = keras.Input(image, name="image")
    value = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(pictures)
    value = keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(value)
    value = keras.layers.Flatten()(value)
    value = keras.layers.Dense(FEATURES, activation="relu")(value)
    code = keras.Input((FEATURES,), name="code")
    return keras.Model(pictures, value), keras.Model(code, keras.layers.Dense(classes)(code))


def _floats(part: Part) -> np.ndarray:
    return part.pixels.astype(np.float32) / 255
