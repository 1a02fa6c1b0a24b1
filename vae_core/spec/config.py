"""Config: all that is needed to train a model again, as one frozen value with JSON in and out."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from vae_core.errors import LoupeError
from vae_core.spec.architecture import Architecture, is_mirror, plan
from vae_core.spec.layers import MAX_CODE, Code, Layer
from vae_core.spec.notation import parse, write

VERSION = 1
CHOICES: dict[str, tuple[str, ...]] = {
    "kind": ("vae", "ae"),
    "loss": ("bce", "bce-binary", "mse"),
    "optimizer": ("adam", "adamw", "sgd"),
    "schedule": ("constant", "cosine"),
    "split": ("shuffled", "tail", "test"),
    "precision": ("auto", "float32", "mixed_bfloat16"),
    "fused": ("auto", "on", "off"),
}
BOUNDS: dict[str, tuple[float, float]] = {
    "latent": (1, MAX_CODE),
    "beta": (0, 1000),
    "sigma": (1e-3, 10),
    "kl_warmup": (0, 10_000),
    "noise": (0, 2),
    "learning_rate": (1e-7, 10),
    "warmup": (0, 1000),
    "batch": (1, 8192),
    "epochs": (1, 10_000),
    "train_size": (0, 100_000_000),
    "seed": (0, 2_000_000_000),  # numbers derived from it still fit 32 bits
    "patience": (0, 10_000),
}
FOLD = re.compile(r"fold:([1-9]\d?)/([1-9]\d?)")  # the second of five folds is fold:2/5
MOST_FOLDS = 20
EXPECTED = {
    "str": "A text", "int": "A whole number", "float": "A number", "bool": "true or false",
    "tuple[int, int, int]": "A list of height, width and channels", "tuple[str, ...]": "A list of names",
}  # fmt: skip
NAMES = {  # they become part of a folder's name
    "dataset": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
    "recipe": re.compile(r"[A-Za-z0-9._-]{0,64}"),
}


@dataclass(frozen=True)
class Config:
    """One training. Every field changes what is computed; `recipe` only says where the values came from."""

    dataset: str
    image: tuple[int, int, int]  # height, width, channels
    encoder: str
    decoder: str = "mirror"
    kind: str = "vae"
    latent: int | None = None  # None where the line has its own code<d>
    loss: str = "bce"  # Bernoulli on grey; bce-binary: on pixels >= 1/2; mse: Gaussian with `sigma`
    sigma: float | None = None  # of the Gaussian; 1/sqrt(2) makes the summed squared error the reconstruction
    beta: float | None = None  # weight of the KL term; 1 for a VAE, 0 for a plain autoencoder
    kl_warmup: int = 0  # epochs over which beta rises from 0
    noise: float = 0.0  # standard deviation of the noise on the input, pixels in 0..1
    noise_once: bool = False  # one noisy copy of the data instead of fresh noise in every batch
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup: float = 0.0  # epochs over which the learning rate rises from 0
    batch: int = 128
    epochs: int = 20
    train_size: int = 0  # images before the split, 0 = all: random ones, or the first ones where split is "tail"
    split: str = "shuffled"  # what validates: a random fifth, the last fifth in file order, the test set, or fold:2/5
    seed: int = 0
    patience: int = 0  # epochs without a better validation loss before it stops, 0 = never
    classes: tuple[str, ...] = ()  # train on these only; empty = all
    precision: str = "auto"
    fused: str = "auto"
    recipe: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        for field in fields(self):
            put(self, field.name, _plain(str(field.type), getattr(self, field.name)))
        if self.sigma is None and self.loss == "mse":
            put(self, "sigma", math.sqrt(0.5))
        if self.beta is None:
            put(self, "beta", 1.0 if self.kind == "vae" else 0.0)
        _check(self)
        encoder = parse(self.encoder)
        put(self, "encoder", write(encoder))
        put(self, "decoder", "mirror" if is_mirror(self.decoder) else write(parse(self.decoder)))
        put(self, "latent", _latent(encoder, self.latent))
        _check_likelihood(self)

    def architecture(self) -> Architecture:
        return plan(self.image, self.encoder, self.decoder, self.kind, self.latent or 2)

    @property
    def pixels(self) -> int:
        return math.prod(self.image)

    @property
    def fold(self) -> tuple[int, int] | None:
        """Which fold validates, counted from 1, and of how many; None where no folds are made."""
        found = FOLD.fullmatch(self.split)
        return (int(found[1]), int(found[2])) if found else None

    @property
    def has_prior(self) -> bool:
        """Codes of a plain autoencoder, or of a VAE without a KL term, follow no prior."""
        return self.kind == "vae" and bool(self.beta)

    @property
    def observation(self) -> str:
        """The observation model in words; likelihoods are claimed for normalised ones only."""
        if self.loss == "mse":
            return f"Gaussian, sigma {self.sigma:.4g}"
        if self.loss == "bce-binary":
            return "Bernoulli on binarised pixels"
        return "Bernoulli on grey pixels (not normalised)"

    def to_json(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"version": VERSION, **{key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}}

    @property
    def digest(self) -> str:
        """Equal for configs that train the same thing, whatever recipe they came from."""
        values = {key: value for key, value in self.to_json().items() if key != "recipe"}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:6]

    @property
    def id(self) -> str:
        """What a run's folder is called."""
        return f"{self.recipe or f'{self.dataset}-{self.kind}'}-{self.digest}"


def from_json(document: Any) -> Config:
    """The config in a JSON document; unknown keys, wrong types and other versions are refused by name."""
    if not isinstance(document, Mapping):
        raise LoupeError("The config is not a JSON object", "An object with the keys of a config was expected")
    version = document.get("version")
    if version != VERSION:
        raise LoupeError(f"The config has version {version!r}", f"This program reads version {VERSION}",
                         "Update the program, or train the model again")  # fmt: skip
    values = {key: value for key, value in document.items() if key != "version"}
    known = [field.name for field in fields(Config)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise LoupeError(f"The config has an unknown key '{unknown[0]}'", f"The keys are {', '.join(known)}")
    missing = [key for key in ("dataset", "image", "encoder") if key not in values]
    if missing:
        raise LoupeError(f"The config has no '{missing[0]}'")
    return Config(**values)


def _plain(declared: str, value: Any) -> Any:
    """One spelling for equal values, so that equal configs have equal digests."""
    if declared.startswith("tuple") and isinstance(value, list):
        return tuple(value)
    if declared.startswith("float") and type(value) is int and abs(value) < 2**53:
        return float(value)
    return value


def _latent(encoder: tuple[Layer, ...], latent: int | None) -> int | None:
    """The size of the code that is added to an encoder without one."""
    own = next((layer for layer in encoder if isinstance(layer, Code)), None)
    if own is None:
        return 2 if latent is None else latent
    if latent not in (None, own.size):
        raise LoupeError(f"The encoder ends in code{own.size}, but a latent size of {latent} was asked for",
                         fix=f"Leave the latent size out, or write code{latent}")  # fmt: skip
    return None


def _check_likelihood(config: Config) -> None:
    architecture = config.architecture()
    if config.loss != "mse" and not architecture.ends_in_sigmoid:
        raise LoupeError(f"The loss is {config.loss}, but the decoder ends in {architecture.decoder[-1].text}",
                         "A cross-entropy needs numbers between 0 and 1",
                         "End the decoder in a layer with :sigmoid, or choose the loss mse")  # fmt: skip


def _check(config: Config) -> None:
    for field in fields(Config):
        _check_type(field.name, str(field.type), getattr(config, field.name))
    for name, allowed in CHOICES.items():
        if getattr(config, name) not in allowed and not (name == "split" and _is_fold(config)):
            raise LoupeError(f"{name} is '{getattr(config, name)}'", f"One of {', '.join(allowed)} was expected")
    for name, (low, high) in BOUNDS.items():
        value = getattr(config, name)
        if value is not None and not low <= value <= high:
            raise LoupeError(f"{name} is {value}", f"A number from {low:g} to {high:g} was expected")
    if config.kind == "ae" and (config.beta or config.kl_warmup):
        raise LoupeError("A plain autoencoder has no KL term, but beta or its warm-up was set",
                         fix="Choose kind 'vae', or leave beta out")  # fmt: skip
    if config.noise_once and not config.noise:
        raise LoupeError("Noise is to be fixed once, but its level is 0", fix="Set a noise level, such as 0.3")
    if len(set(config.classes)) < len(config.classes):
        raise LoupeError("A class is named twice", fix="Name every class once")
    if config.sigma is not None and config.loss != "mse":
        raise LoupeError("sigma belongs to the Gaussian observation model", "It goes with loss 'mse' only")


def _is_fold(config: Config) -> bool:
    return config.fold is not None and 1 < config.fold[1] <= MOST_FOLDS and config.fold[0] <= config.fold[1]


def _check_type(name: str, declared: str, value: Any) -> None:
    if value is None and declared.endswith("None"):
        return
    kind = declared.split(" |")[0]
    if kind.startswith("tuple"):
        inner: type = int if "int" in kind else str
        good = type(value) is tuple and all(type(part) is inner for part in value)
    elif kind == "float":
        good = type(value) is float and math.isfinite(value)
    else:
        good = type(value).__name__ == kind
    if not good:
        raise LoupeError(f"{name} is {str(value)[:80]!r}", f"{EXPECTED.get(kind, kind)} was expected")
    if name in NAMES and not NAMES[name].fullmatch(value):
        raise LoupeError(f"{name} is '{value[:80]}'", "A short name of letters, digits, '.', '-' and '_' was expected")
