"""Config: all that is needed to train a model again, as one frozen value with JSON in and out."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, TypeAlias

from vae_core.design.architecture import Architecture, is_mirror, plan
from vae_core.design.declared import SETTINGS, Fields
from vae_core.design.layers import Code, Layer
from vae_core.design.notation import parse, write
from vae_core.design.setting import Setting
from vae_core.errors import LoupeError

Changes: TypeAlias = Mapping[str, object]  # values by the settings' names, not yet checked
VERSION = 1
FOLD = re.compile(r"fold:([1-9]\d?)/([1-9]\d?)")  # the second of five folds is fold:2/5
MOST_FOLDS = 20
EXPECTED = {
    "str": "A text",
    "int": "A whole number",
    "float": "A number",
    "bool": "true or false",
    "tuple[int, int, int]": "A list of height, width and channels",
    "tuple[str, ...]": "A list of names",
}
NAMES = {  # they become part of a folder's name
    "dataset": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
    "recipe": re.compile(r"[A-Za-z0-9._-]{0,64}"),
}


@dataclass(frozen=True)
class Config(Fields):
    """One training, checked when it is made."""

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
        put(self, "decoder", "mirror" if is_mirror(self.decoder) else write(parse(self.decoder, "decoder")))
        put(self, "latent", _latent(encoder, self.latent))
        _check_likelihood(self)

    def architecture(self) -> Architecture:
        return plan(self.image, self.encoder, self.decoder, self.kind, self.latent or 2)

    @property
    def pixels(self) -> int:
        return math.prod(self.image)

    def steps_an_epoch(self, images: int) -> int:
        """So many, or as many as see each of these images once."""
        return self.steps or -(-images // self.batch)

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

    def changed(self, changes: Changes, **more: object) -> Config:
        """This one with other values of these settings; they are checked like all."""
        values: dict[str, Any] = {**changes, **more}
        return replace(self, **values)

    def to_json(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self) if not self._is_unwritten(field.name)}
        return {"version": VERSION, **{key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}}

    def _is_unwritten(self, name: str) -> bool:
        """Runs from before a setting stay the runs that they are: the same document, and so the same digest."""
        setting = SETTINGS[name]
        return setting.later and getattr(self, name) == setting.default

    @property
    def digest(self) -> str:
        """Equal for configs that train the same thing, whatever recipe they came from."""
        values = {key: value for key, value in self.to_json().items() if key != "recipe"}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:6]

    @property
    def id(self) -> str:
        """What a run's folder is called."""
        return f"{self.recipe or f'{self.dataset}-{self.kind}'}-{self.digest}"


def from_json(document: object) -> Config:
    """The config in a JSON document; unknown keys, wrong types and other versions are refused by name."""
    if not isinstance(document, Mapping):
        raise LoupeError("The config is not a JSON object", "An object with the keys of a config was expected")
    version = document.get("version")
    if version != VERSION:
        raise LoupeError(
            f"The config has version {version!r}",
            f"This program reads version {VERSION}",
            "Update the program, or train the model again",
        )
    values = {key: value for key, value in document.items() if key != "version"}
    known = [field.name for field in fields(Config)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise LoupeError(f"The config has an unknown key '{unknown[0]}'", f"The keys are {', '.join(known)}")
    missing = [key for key in ("dataset", "image", "encoder") if key not in values]
    if missing:
        raise LoupeError(f"The config has no '{missing[0]}'")
    return Config(**values)


def _plain(declared: str, value: object) -> object:
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
        raise LoupeError(
            f"The encoder ends in code{own.size}, but a latent size of {latent} was asked for",
            fix=f"Leave the latent size out, or write code{latent}",
        )
    return None


def _check_likelihood(config: Config) -> None:
    architecture = config.architecture()
    if config.loss != "mse" and not architecture.ends_in_sigmoid:
        raise LoupeError(
            f"The loss is {config.loss}, but the decoder ends in {architecture.decoder[-1].text}",
            "A cross-entropy needs numbers between 0 and 1",
            "End the decoder in a layer with :sigmoid, or choose the loss mse",
        )


def _check(config: Config) -> None:
    for field in fields(Config):
        _check_type(field.name, str(field.type), getattr(config, field.name))
    for setting in SETTINGS.values():
        _check_value(config, setting)
    for setting in SETTINGS.values():
        unmet = setting.unmet(partial(getattr, config))
        if unmet and getattr(config, setting.name):
            happened = f"{unmet.without}, but {setting.name} was set"
            raise LoupeError(happened, f"It goes with {unmet.told} only", unmet.fix)
    if len(set(config.classes)) < len(config.classes):
        raise LoupeError("A class is named twice", fix="Name every class once")


def _check_value(config: Config, setting: Setting) -> None:
    name, value = setting.name, getattr(config, setting.name)
    if setting.choices and value not in setting.choices and not (name == "split" and _is_fold(config)):
        raise LoupeError(f"{name} is '{value}'", f"One of {', '.join(setting.choices)} was expected")
    low, high = setting.bounds
    if isinstance(value, int | float) and not low <= value <= high:
        raise LoupeError(f"{name} is {value}", f"A number from {low:g} to {high:g} was expected")


def _is_fold(config: Config) -> bool:
    return config.fold is not None and 1 < config.fold[1] <= MOST_FOLDS and config.fold[0] <= config.fold[1]


def _check_type(name: str, declared: str, value: object) -> None:
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
    if name in NAMES and not NAMES[name].fullmatch(str(value)):
        expected = "A short name of letters, digits, '.', '-' and '_' was expected"
        raise LoupeError(f"{name} is '{str(value)[:80]}'", expected)
