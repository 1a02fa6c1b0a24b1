"""From what a form holds to a config and back, and what a form can begin with. Knows no widgets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from vae_core.data.dataset import Summary
from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.design.recipes import Recipe

QUICK, AUTO, CONVOLUTIONS, DEEPER, CHOSEN = "quick", "auto", "convolutions", "deeper", "chosen"
QUICK_NOTE = "Small and quick; its code is two numbers, which make a map."
AUTO_NOTE = "Good pictures within a minute, of few images or many; its code is 32 numbers."
DEEPER_NOTE = "As plain, with one more layer on either side of the code."
CONVOLUTIONS_NOTE = "Halves the images to a few pixels with convolutions: for many images, and patience."
CODE = re.compile(r"\bcode(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Start:
    """A set of settings to begin with."""

    key: str
    label: str
    note: str
    config: Config
    choices: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # what a report leaves open
    time: str | int = "epochs"  # how long it trains: see lasting.py
    mapped: bool = False  # whether a map is trained after it


def to_config(values: Mapping[str, Any], start: Start | None = None) -> Config:
    """The config of these values by the names of its fields; settings that do not apply fall back to their defaults."""
    fallen = {name: setting.default for name, setting in SETTINGS.items() if setting.unmet(values.get)}
    if CODE.search(values["encoder"]):
        fallen["latent"] = None
    config = Config(**{**values, **fallen})
    is_recipe = start is not None and recipes.is_still(start.config, config, start.choices)
    return replace(config, recipe=start.config.recipe) if start and is_recipe else config


def to_values(config: Config) -> dict[str, Any]:
    """What the widgets have to hold for this config."""
    values = {
        field.name: getattr(config, field.name) for field in fields(Config) if field.name not in ("image", "recipe")
    }
    code = config.architecture().code.size
    return {
        **values,
        "latent": code,
        "sigma": config.sigma or 0.5**0.5,
        "beta": config.beta if config.kind == "vae" else 1.0,
        "classes": list(config.classes),
    }


def starts(data: Summary, chosen: Config | None = None) -> list[Start]:
    """What a training of this data set can begin with: sensible defaults, the chosen run, the reports' recipes."""
    automatic = recipes.auto(data.image, data.name)
    found = [Start(AUTO, "Automatic, for any size", AUTO_NOTE, automatic, time=30, mapped=True)]
    found.append(Start(CONVOLUTIONS, "Convolutions", CONVOLUTIONS_NOTE, recipes.convolutions(data.image, data.name)))
    if data.name in recipes.DEFAULTS:
        found.insert(0, Start(QUICK, "Quick map", QUICK_NOTE, recipes.default(data.name, data.image)))
    deeper = recipes.deeper(found[0].config)
    found.append(replace(found[0], key=DEEPER, label="Deeper", note=DEEPER_NOTE, config=deeper))
    if chosen and chosen.dataset == data.name and chosen.image == data.image:
        found.append(Start(CHOSEN, "The chosen run's settings", "All settings of the run in the sidebar.", chosen))
    return found + [_of_recipe(each) for each in recipes.all_recipes() if _fits(each, data)]


def _fits(recipe: Recipe, data: Summary) -> bool:
    return (recipe.dataset, recipe.config.image) == (data.name, data.image)


def _of_recipe(recipe: Recipe) -> Start:
    form = "as printed" if recipe.variant == "faithful" else "small form"
    note = f"From report {recipe.report}. {recipe.note}"
    return Start(recipe.config.recipe, f"{recipe.key} ({form})", note, recipe.config, recipe.choices)


def with_code_size(line: str, size: int) -> str:
    """A line that names its code names another size of it."""
    return CODE.sub(f"code{size}", line)
