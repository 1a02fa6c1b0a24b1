"""From what the form holds to a search, and ready-made searches. Knows no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ui.form.beginnings import CODE, with_code_size
from vae_core.design.config import Config
from vae_core.search.space import VARIED


@dataclass(frozen=True)
class Ready:
    """A search that one click sets up."""

    vary: tuple[str, ...]
    values: Mapping[str, Any]
    help: str


READY = {
    "Learning rate": Ready(
        ("learning_rate",), {"goals": ["loss"], "trials": 15, "minutes": 0.0}, "The setting that matters most."
    ),
    "Best map in 3 minutes": Ready(
        ("learning_rate", "batch", "filters"),
        {"goals": ["loss"], "trials": 200, "minutes": 3.0, "latent": 2, "pruner": "halving", "sampler": "tpe"},
        "A code of two numbers, and as many trials as three minutes allow. Weak ones are ended early.",
    ),
    "Small but good": Ready(
        ("filters", "depth", "latent"),
        {"goals": ["loss", "parameters"], "trials": 25, "minutes": 0.0},
        "Two goals at once: which loss can be had with how many parameters.",
    ),
    "Optimiser": Ready(
        ("optimizer", "learning_rate", "schedule"),
        {"goals": ["loss"], "trials": 25, "minutes": 0.0},
        "Adam, AdamW and SGD, over a range of learning rates.",
    ),
}


def usual(name: str, base: Config) -> str:
    """The values that a setting begins with in the form."""
    if name == "learning_rate":
        least, most = VARIED[name].bounds
        low, high = (min(max(base.learning_rate * factor, least), most) for factor in (0.1, 10))
        return f"{low:.3g}..{high:.3g}"
    return VARIED[name].search


def base(start: Config, values: Mapping[str, Any]) -> Config:
    """What the search begins from: a start with these epochs, images and code size."""
    code: dict[str, Any] = {"latent": int(values["latent"])}
    if CODE.search(start.encoder):
        code = {"encoder": with_code_size(start.encoder, int(values["latent"]))}
    split = "shuffled" if start.split == "test" or start.fold else start.split
    return replace(start, epochs=values["epochs"], train_size=values["train_size"], split=split, recipe="", **code)
