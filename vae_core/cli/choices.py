"""The options that describe a training, and the config that they add up to."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from dataclasses import fields, replace
from typing import Any

from vae_core.cli.answer import WrongUse, wrong_use
from vae_core.data import catalog
from vae_core.settings import Settings
from vae_core.spec import recipes
from vae_core.spec.config import BOUNDS, CHOICES, Config

# option, type, what it says; the option's name is the config's field unless FIELDS says otherwise
OPTIONS: tuple[tuple[str, Callable[[str], Any], str], ...] = (
    ("dataset", str, "name of a data set, see: data list"),
    ("encoder", str, "one line of notation: conv8/2 bn conv16/2 bn flatten dense20 bn"),
    ("decoder", str, "a line of its own; without it, the encoder's mirror"),
    ("kind", str, "vae or ae"),
    ("latent", int, "size of the code"),
    ("beta", float, "weight of the KL term, in nats per image"),
    ("kl-warmup", int, "epochs over which beta rises from 0"),
    ("loss", str, "bce, bce-binary (pixels become 0 or 1) or mse (Gaussian)"),
    ("sigma", float, "standard deviation of the Gaussian of mse"),
    ("noise", float, "standard deviation of noise on the input only; pixels are 0..1"),
    ("optimizer", str, "adam, adamw or sgd"),
    ("lr", float, "learning rate"),
    ("schedule", str, "of the learning rate: constant or cosine"),
    ("warmup", float, "epochs over which the learning rate rises from 0"),
    ("batch", int, "images in a batch"),
    ("epochs", int, "times that all training images are seen"),
    ("train-size", int, "images to train and validate with; 0 = all"),
    ("split", str, "what validates: shuffled (a random fifth), tail (the last fifth) or test"),
    ("patience", int, "epochs without a better validation loss before it stops; 0 = never"),
    ("seed", int, "of everything that is random"),
    ("precision", str, "auto, float32 or mixed_bfloat16"),
    ("fused", str, "fused layers: auto, on or off"),
)
FIELDS = {"lr": "learning_rate"}


def seed(text: str) -> int:
    """For a command whose seed is in no config; the bounds are a config's."""
    low, high = BOUNDS["seed"]
    if not (text.isdecimal() and low <= int(text[:20]) <= high):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {low:,} to {high:,}")
    return int(text)


def add_options(parser: argparse.ArgumentParser, only: Collection[str] | None = None) -> None:
    """The options of these fields of a config, or of all."""
    group = parser.add_argument_group("settings")
    for option, kind, text in OPTIONS:
        field = FIELDS.get(option, option.replace("-", "_"))
        if only is None or field in only:
            group.add_argument(f"--{option}", dest=field, type=kind, choices=CHOICES.get(field),
                               default=argparse.SUPPRESS, metavar=option.split("-")[-1].upper(), help=text)  # fmt: skip
    group.add_argument("--noise-once", action="store_true", default=argparse.SUPPRESS,
                       help="one noisy copy instead of fresh noise in every batch")  # fmt: skip
    if only is None:
        group.add_argument(
            "--classes", nargs="+", metavar="CLASS", default=argparse.SUPPRESS, help="train on these only"
        )


def given(args: argparse.Namespace) -> dict[str, Any]:
    """The config's fields that were asked for."""
    known = {field.name for field in fields(Config)}
    values = {name: value for name, value in vars(args).items() if name in known}
    return {**values, "classes": tuple(values["classes"])} if "classes" in values else values


def config_of(recipe: str | None, lite: bool, changes: dict[str, Any], settings: Settings) -> Config:
    """A recipe with changes, or a data set with the architecture that is given or its default one."""
    changes = dict(changes)
    if recipe is None and "dataset" not in changes:
        raise WrongUse("Neither a recipe nor a data set was named", "For example: mnist-baseline, or --dataset digits")
    if recipe is None and lite:
        raise WrongUse("--lite is the small form of a recipe", fix="Name a recipe, or leave --lite out")
    if "dataset" in changes:
        data = catalog.describe(changes["dataset"], settings)
        changes |= {"dataset": data.name, "image": data.image}
    with wrong_use():
        if recipe is not None:
            return _of_recipe(recipe, lite, changes)
        if "encoder" in changes:
            return Config(**changes)
        return _changed(recipes.default(changes["dataset"], changes["image"]), changes)


def _of_recipe(key: str, lite: bool, changes: dict[str, Any]) -> Config:
    found = recipes.find(key, "lite" if lite else "faithful")
    changed = _changed(found.config, changes)
    return changed if recipes.is_still(found.config, found.choices, changed) else replace(changed, recipe="")


def _changed(config: Config, changes: dict[str, Any]) -> Config:
    """What depends on a changed setting falls back to its default."""
    values = dict(changes)
    if values.get("kind", config.kind) != config.kind:
        values = {"beta": None, "kl_warmup": 0, **values}
    if values.get("loss", config.loss) != config.loss:
        values = {"sigma": None, **values}
    if "encoder" in values:
        values = {"latent": None, "decoder": "mirror", **values}
    return replace(config, **values)
