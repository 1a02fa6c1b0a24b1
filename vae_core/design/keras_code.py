"""A config as a stand-alone program: the same model, data, order and noise in plain Keras, to read, run and keep.

The short form has the same model and data, and leaves the training to Keras' own `compile` and `fit`.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from vae_core.design import difference, keras_pictures, keras_principal, keras_short, keras_training, naming
from vae_core.design.architecture import without_sigmoid
from vae_core.design.classes import CLOTHES, OBJECTS
from vae_core.design.config import Config
from vae_core.design.declared import RANDOM, SETTINGS, one_in
from vae_core.design.keras_layers import chain
from vae_core.errors import LoupeError

FROM_KERAS = {"mnist": "mnist", "fashion-mnist": "fashion_mnist", "cifar10": "cifar10"}
PARTS = {5: "fifth", 20: "twentieth"}  # by one of how many validates
CLASS_NAMES = {"fashion-mnist": CLOTHES, "cifar10": OBJECTS}  # where labels are numbers and classes have names


class Output(TypedDict):
    output_type: str
    name: NotRequired[str]
    text: NotRequired[list[str]]
    data: NotRequired[dict[str, str]]
    metadata: NotRequired[dict[str, str]]


class Cell(TypedDict):
    cell_type: str
    id: str
    metadata: dict[str, str]
    source: list[str]
    execution_count: NotRequired[int | None]
    outputs: NotRequired[list[Output]]


class Notebook(TypedDict):
    """A document of nbformat 4.5."""

    cells: list[Cell]
    metadata: dict[str, dict[str, str]]
    nbformat: int
    nbformat_minor: int


@dataclass(frozen=True)
class Section:
    title: str
    text: str
    code: str


def script(config: Config, short: bool = False) -> str:
    """The program as one Python file."""
    head, *rest = _sections(config, short)
    parts = [f'"""{head.title}.\n\n{_wrap(head.text)}\n"""\n\n{head.code}']
    for section in rest:
        comment = textwrap.indent(_wrap(section.text), "# ")
        gap = "\n\n\n" if section.code.startswith(("def ", "class ", "@")) else "\n"
        parts.append(f"\n# --- {section.title} ---\n{comment}{gap}{section.code}")
    return "\n".join(f"{part}\n" for part in parts)


def notebook(config: Config, short: bool = False) -> Notebook:
    """The program as a notebook, in the form of nbformat 4.5."""
    cells: list[Cell] = []
    for number, section in enumerate(_sections(config, short)):
        heading = "##" if number else "#"
        cells.append(_cell("markdown", f"text-{number}", f"{heading} {section.title}\n\n{section.text}"))
        cells.append({**_cell("code", f"code-{number}", section.code), "execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, name: str, source: str) -> Cell:
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source.splitlines(keepends=True)}


def _wrap(text: str) -> str:
    return "\n".join(textwrap.fill(line, 100, break_on_hyphens=False) for line in text.splitlines())


def _sections(config: Config, short: bool) -> Iterator[Section]:
    yield Section(_title(config), _introduction(config, short), _settings(config))
    kept = "They are bytes at first." if short else "They stay bytes and become numbers from 0 to 1 in every batch."
    yield Section("The images", kept, _images(config))
    yield Section("Which images train, which validate", _split_text(config), _split(config))
    yield Section("The encoder", f"In one line: {config.architecture().encoder_line}", _encoder(config))
    yield Section("The decoder", _decoder_text(config), _decoder(config))
    for form in (keras_principal, keras_short if short else keras_training, keras_pictures):
        yield from (Section(*parts) for parts in form.sections(config))


# The beginning


def _title(config: Config) -> str:
    return f"{'An' if config.kind == 'ae' else 'A'} {naming.kind(config)} for {config.dataset}"


def _introduction(config: Config, short: bool) -> str:
    form = "Written by Latent Loupe, in the short form." if short else "Written by Latent Loupe."
    needs = f"{form} It needs TensorFlow, NumPy and matplotlib"
    if config.dataset == "digits":
        return f"{needs}, and scikit-learn, which brings the images."
    if config.dataset in FROM_KERAS:
        file = "an .npz file with x_train, y_train, x_test and y_test"
        return f"{needs}. Keras fetches the images; the environment variable DATA can name {file} instead."
    file = "x_train, x_test and, if there are any, y_train, y_test, x_validation; or just x and y"
    return f"{needs}. The environment variable DATA names an .npz file of images as bytes: {file}."


def _settings(config: Config) -> str:
    constants = [name for name, setting in SETTINGS.items() if setting.constant and difference.counts(config, name)]
    values = {"LATENT": config.architecture().code.size, **{name.upper(): getattr(config, name) for name in constants}}
    digits = config.dataset == "digits"
    lines = ["import math", *["import os"] * (not digits), "", "import keras", "import matplotlib.pyplot as plt"]
    lines += ["import numpy as np", "import tensorflow as tf", "from keras import layers"]
    lines += ["from sklearn.datasets import load_digits", ""] if digits else [""]
    if not digits:
        default = "" if config.dataset in FROM_KERAS else f"{config.dataset}.npz"
        lines.append(f'DATA = os.environ.get("DATA", "{default}")')
    return "\n".join([*lines, *(f"{name} = {value!r}" for name, value in values.items())])


# The images


def _images(config: Config) -> str:
    if config.dataset == "digits":
        return DIGITS
    return KERAS_IMAGES.replace("NAME", FROM_KERAS[config.dataset]) if config.dataset in FROM_KERAS else OWN_IMAGES


KERAS_IMAGES = """\
if DATA:
    with np.load(DATA) as file:
        x_train, y_train, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
else:
    (x_train, y_train), (x_test, y_test) = keras.datasets.NAME.load_data()
x_train, x_test = x_train.reshape(-1, *IMAGE), x_test.reshape(-1, *IMAGE)
y_train, y_test = y_train.ravel(), y_test.ravel()"""

DIVIDE = """\
def divide(x, y):
    \"\"\"A tenth tests and a tenth validates: random ones, but always the same.\"\"\"
    order, tenth = np.random.default_rng(0).permutation(len(x)), max(1, round(len(x) * 0.1))
    places = {"test": order[-tenth:], "validation": order[-2 * tenth : -tenth], "train": order[: -2 * tenth]}
    return {part: (x[np.sort(chosen)], None if y is None else y[np.sort(chosen)]) for part, chosen in places.items()}"""

DIGITS = f"""\
{DIVIDE}


digits = load_digits()
parts = divide(np.rint(digits.images * (255 / 16)).astype(np.uint8).reshape(-1, *IMAGE), digits.target)
(x_train, y_train), (x_test, y_test) = parts["train"], parts["test"]"""

OWN_IMAGES = f"""\
{DIVIDE}


with np.load(DATA) as file:
    if "x" in file:
        parts = divide(file["x"], file.get("y"))
    else:
        names = [part for part in ("train", "validation", "test") if f"x_{{part}}" in file]
        parts = {{part: (file[f"x_{{part}}"], file.get(f"y_{{part}}")) for part in names}}
parts = {{part: (x.reshape(-1, *IMAGE), y) for part, (x, y) in parts.items()}}
(x_train, y_train), (x_test, y_test) = parts["train"], parts["test"]
assert x_train.dtype == np.uint8, "the pixels have to be bytes, 0 to 255\""""


def _split_text(config: Config) -> str:
    if config.split == "test":
        text = "The test set validates, so the best epoch is chosen on it: its loss flatters the model."
    elif config.dataset in FROM_KERAS:
        which = "random ones" if config.split in RANDOM else "those that stand first in the file"
        images = f"{config.train_size:,} images, {which}," if config.train_size else "all images"
        text = f"Of {images} the last {PARTS[one_in(config.split)]} validates."
    else:
        part = PARTS[one_in(config.split)]
        text = f"The data set's own validation images validate; where it has none, a {part} of the others."
    return text + " The noise on the input is drawn once: every epoch sees the same noisy copy." * config.noise_once


def _split(config: Config) -> str:
    if config.fold:
        raise LoupeError(
            "A fold of a search has no program of its own",
            "A program divides its images once",
            "Open the search's best trial as a run, and take the program of that",
        )
    chosen = _chosen(config)
    lines = [f"places = np.flatnonzero({chosen.format('y_train')})" if chosen else "places = np.arange(len(x_train))"]
    if config.split in RANDOM:
        lines.append("places = places[np.random.default_rng(SEED).permutation(len(places))]")
    if config.train_size:
        lines.append(f"places = places[:{config.train_size}]")
    lines += [*_held_out(config, chosen), *[NOISY_COPY] * config.noise_once]
    return "\n".join([*lines, 'print(f"{len(train)} images train, {len(held_out)} validate, {len(x_test)} test")'])


def _held_out(config: Config, chosen: str) -> list[str]:
    part, count = PARTS[one_in(config.split)], one_in(config.split)
    last = [
        f"{part} = max(1, len(places) // {count})",
        f"train, held_out = x_train[places[:-{part}]], x_train[places[-{part}:]]",
    ]
    if config.split == "test":
        only = f"[{chosen.format('y_test')}]" if chosen else ""
        return [f"train, held_out = x_train[places], x_test{only}"]
    if config.dataset in FROM_KERAS:
        return last
    only = f"[{chosen.format('y')}]" if chosen else ""
    own = ['x, y = parts["validation"]', f"train, held_out = x_train[places], x{only}"]
    return ['if "validation" in parts:', *_indented(own), "else:", *_indented(last)]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _chosen(config: Config) -> str:
    """The condition that a label, to be filled in, is one of the classes to train on."""
    names = CLASS_NAMES.get(config.dataset, ())
    labels = [str(names.index(name)) if name in names else name for name in config.classes]
    return f"np.isin({{}}.astype(str), {json.dumps(labels)})" if labels else ""


NOISY_COPY = """\
random, noisy = np.random.default_rng([SEED, 1]), np.empty_like(train)
for start in range(0, len(train), 1024):
    part = train[start : start + 1024]
    part = part + random.standard_normal(part.shape, dtype=np.float32) * (255 * NOISE)
    noisy[start : start + 1024] = np.clip(np.rint(part), 0, 255)"""


# The networks


def _encoder(config: Config) -> str:
    architecture = config.architecture()
    (head,) = (call.text for call in architecture.code.keras())
    if config.kind == "vae":
        end = [
            f"mean = layers.{head}(x)",
            f"log_variance = layers.{head}(x)",
            'encoder = keras.Model(image, [mean, log_variance], name="encoder")',
        ]
    else:
        end = [f"x = layers.{head}(x)", 'encoder = keras.Model(image, x, name="encoder")']
    lines = ["keras.utils.set_random_seed(SEED)  # the first weights follow from it and from the order of the layers"]
    lines += ["image = x = keras.Input(IMAGE)", *chain(architecture.encoder, architecture.image), *end]
    return "\n".join([*lines, "encoder.summary()"])


def _decoder_text(config: Config) -> str:
    text = f"In one line: {config.architecture().decoder_line}"
    return text if config.loss == "mse" else f"{text}\nIts last sigmoid is left to the loss, where it is more exact."


def _decoder(config: Config) -> str:
    architecture = config.architecture()
    bernoulli = config.loss != "mse"
    layers = without_sigmoid(architecture.decoder) if bernoulli else architecture.decoder
    lines = ["code = x = keras.Input((LATENT,))"]
    lines += chain((*architecture.tail, *layers), (architecture.code.size,))
    lines += ['decoder = keras.Model(code, x, name="decoder")', "decoder.summary()"]
    lines += ['print(f"parameters: {encoder.count_params() + decoder.count_params():,}")', "", ""]
    pictures = "tf.sigmoid(decoder(codes)).numpy()" if bernoulli else "np.clip(decoder(codes).numpy(), 0, 1)"
    return "\n".join([*lines, "def decode(codes):", f"    return {pictures}"])
