"""From what the form holds to a search, ready-made searches, and how long one may take. Knows no widgets."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ui.starts import CODE, with_code_size
from vae_core.errors import LoupeError
from vae_core.search import space as spaces
from vae_core.search.spec import Search
from vae_core.spec.config import BOUNDS, Config

SAMPLES = 16  # trials that the cost is estimated from


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
        low, high = (min(max(base.learning_rate * factor, BOUNDS[name][0]), BOUNDS[name][1]) for factor in (0.1, 10))
        return f"{low:.3g}..{high:.3g}"
    return {
        "batch": "32, 64, 128, 256", "warmup": "0..3", "beta": "0.1..10", "kl_warmup": "0..10", "noise": "0..0.5",
        "latent": "2..32", "filters": "0.5..2", "depth": "0..2", "dropout": "0..0.5",
    }[name]  # fmt: skip


def base(start: Config, values: Mapping[str, Any]) -> Config:
    """What the search begins from: a start with these epochs, images and code size."""
    code: dict[str, Any] = {"latent": int(values["latent"])}
    if CODE.search(start.encoder):
        code = {"encoder": with_code_size(start.encoder, int(values["latent"]))}
    split = "shuffled" if start.split == "test" or start.fold else start.split
    return replace(start, epochs=values["epochs"], train_size=values["train_size"], split=split, recipe="", **code)


def trainings(search: Search) -> int:
    return search.runs_a_trial * trials(search)


def trials(search: Search) -> int:
    """At most so many; a grid has an end of its own."""
    if search.sampler != "grid":
        return search.trials
    return min(search.trials, len(spaces.grid(search.space)))


def examples(search: Search) -> list[Config]:
    """The first training of some trials from all over the space; where none of them is a model, that is an error."""
    points = spaces.grid(search.space)
    some = [points[round(place * (len(points) - 1) / (SAMPLES - 1))] for place in range(SAMPLES)]
    found, problem = [], LoupeError("Nothing can be trained in these ranges")
    for values in some:
        try:
            config = search.configs(values)[0]
            config.architecture()
            found.append(config)
        except LoupeError as error:
            problem = error
    if not found:
        raise problem
    return found


def spread(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Least, mean and most."""
    return min(seconds), statistics.fmean(seconds), max(seconds)
