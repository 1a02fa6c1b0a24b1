"""The options that describe a training, and the config that they add up to."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from vae_core.cli.answer import WrongUse, wrong_use
from vae_core.data import catalog
from vae_core.design import draft, recipes
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.design.setting import Setting
from vae_core.errors import LoupeError
from vae_core.settings import Settings


def seed(text: str) -> int:
    """For a command whose seed is in no config; the bounds are a config's."""
    low, high = SETTINGS["seed"].bounds
    if not (text.isdecimal() and low <= int(text[:20]) <= high):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {low:,} to {high:,}")
    return int(text)


def add_options(parser: argparse.ArgumentParser, only: Collection[str] | None = None) -> None:
    """The options of these settings, or of all."""
    group = parser.add_argument_group("settings")
    for setting in SETTINGS.values():
        if setting.told and (only is None or setting.name in only):
            group.add_argument(
                f"--{setting.flag}", dest=setting.name, default=argparse.SUPPRESS, help=setting.told, **_form(setting)
            )


def add_place(parser: argparse.ArgumentParser, usual: str = "here") -> None:
    told = f"where it trains: a place of loupe.toml, or 'here' (default: {usual})"
    parser.add_argument("--place", metavar="NAME", help=told)


def _form(setting: Setting) -> dict[str, Any]:
    """What follows the option."""
    if setting.kind is bool:
        return {"action": "store_true"}
    if setting.kind is tuple:
        return {"nargs": "+", "metavar": "CLASS"}
    word = setting.flag.split("-")[-1].upper()
    return {"type": setting.kind, "choices": list(setting.choices) or None, "metavar": word}


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
        catalog.check_name(changes["dataset"])  # an older version has none that is for people
        data = catalog.describe(changes["dataset"], settings)
        changes |= {"dataset": data.name, "image": data.image}
    with wrong_use():
        if recipe is not None:
            return _of_recipe(recipe, lite, changes)
        if "encoder" in changes:
            return _config(changes)
        return _changed(recipes.default(changes["dataset"], changes["image"]), changes)


def _of_recipe(key: str, lite: bool, changes: dict[str, Any]) -> Config:
    found = recipes.find(key, "lite" if lite else "faithful")
    changed = _changed(found.config, changes)
    return changed if recipes.is_still(found.config, changed, found.choices) else replace(changed, recipe="")


def _changed(config: Config, changes: dict[str, Any]) -> Config:
    """What depends on a changed setting falls back to its default."""
    before = vars(config)
    after = {**before, **changes}
    values = {
        name: setting.default
        for name, setting in SETTINGS.items()
        if setting.unmet(before.get) or setting.unmet(after.get)
    }
    if "encoder" in changes:
        values |= {"latent": None, "decoder": "mirror"}
    return _config({**before, **values, **changes})


def _config(values: dict[str, Any]) -> Config:
    """Where a line of notation does not fit, the error has the repairs that were tried and work."""
    try:
        return Config(**values)
    except LoupeError as error:
        if not error.repairs:
            raise
        lines = draft.Draft(
            values["image"],
            values["encoder"],
            values.get("decoder", draft.MIRROR),
            values.get("kind", "vae"),
            values.get("latent") or 2,
        )
        problem = draft.table(lines)[1]
        found = draft.repairs(lines, problem) if problem else ()
        raise LoupeError(error.happened, error.expected, error.fix, found) from None
