"""What a search is asked for, as one frozen value with JSON in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from vae_core.checked import Json
from vae_core.design.config import MOST_FOLDS, Config, from_json
from vae_core.errors import LoupeError
from vae_core.search import space as spaces
from vae_core.search.space import Value, Vary

VERSION = 1
SAMPLERS = ("tpe", "random", "grid")
PRUNERS = ("halving", "median", "hyperband", "none")
MOST_TRIALS = 10_000
GOALS = {  # what may be made small, and what it is
    "loss": "validation loss, as it is trained: reconstruction + beta x KL",
    "elbo": "validation reconstruction + KL, whatever beta is",
    "reconstruction": "validation reconstruction",
    "kl": "validation KL",
    "parameters": "parameters of the model",
}


@dataclass(frozen=True)
class Search:
    """`folds` 0 keeps the base's own split; `minutes` 0 sets no limit of time."""

    base: Config
    space: tuple[Vary, ...]
    goals: tuple[str, ...] = ("loss",)
    folds: int = 0
    sampler: str = "tpe"
    pruner: str = "halving"
    trials: int = 20
    minutes: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        spaces.check(self.space, self.base)
        _check_goals(self)
        _one_of("sampler", self.sampler, SAMPLERS)
        _one_of("pruner", self.pruner, PRUNERS)
        _between("folds", self.folds, 0, MOST_FOLDS)
        _between("trials", self.trials, 1, MOST_TRIALS)
        _between("minutes", self.minutes, 0, 60 * 24 * 30)
        if self.folds == 1:
            raise LoupeError("One fold leaves nothing to train on", fix="Ask for 2 or more, or for 0: a single split")
        if self.base.split == "test":
            raise LoupeError(
                "This architecture's split validates on the test set",
                "A search reads the test set once, with its winner",
                "Choose the split 'shuffled' or 'tail'",
            )

    @property
    def runs_a_trial(self) -> int:
        return max(1, self.folds)

    @property
    def epochs_a_trial(self) -> int:
        """How many epochs a trial has that is trained whole."""
        return self.base.epochs * self.runs_a_trial

    @property
    def prunes(self) -> bool:
        """With two goals no trial is plainly worse than another before both are known."""
        return self.pruner != "none" and len(self.goals) == 1 and self.goals[0] != "parameters"

    def configs(self, values: Mapping[str, Value]) -> list[Config]:
        """A trial's trainings: the same seed, so the same folds and the same first weights for all trials."""
        config = spaces.config(self.base, values)
        return [replace(config, split=f"fold:{k + 1}/{self.folds}") for k in range(self.folds)] or [config]

    def winner(self, values: Mapping[str, Value]) -> Config:
        return spaces.config(self.base, values)

    def to_json(self) -> dict[str, Json]:
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"version": VERSION, **plain, "base": self.base.to_json(), "space": spaces.to_json(self.space)}


def read(document: object) -> Search:
    if not isinstance(document, Mapping) or document.get("version") != VERSION:
        found = document.get("version") if isinstance(document, Mapping) else None
        raise LoupeError(
            f"The search was written in version {found!r}",
            f"This program reads version {VERSION}",
            "Update the program, or begin a new search",
        )
    values = {key: value for key, value in document.items() if key != "version"}
    unknown = sorted(set(values) - {field.name for field in fields(Search)})
    if unknown:
        raise LoupeError(f"The search has an unknown key '{unknown[0]}'")
    space = tuple(Vary(**each) for each in values.pop("space"))
    return Search(**{**values, "base": from_json(values["base"]), "space": space, "goals": tuple(values["goals"])})


def _check_goals(search: Search) -> None:
    names = {each.name for each in search.space}
    unknown = [goal for goal in search.goals if goal not in GOALS]
    if unknown or not 1 <= len(search.goals) <= 2 or len(set(search.goals)) < len(search.goals):
        raise LoupeError(
            f"A search cannot minimise {' and '.join(search.goals) or 'nothing'}",
            f"One or two of {', '.join(GOALS)} were expected",
        )
    if "loss" in search.goals and "beta" in names:
        raise LoupeError(
            "The loss contains beta, and beta is varied: the smallest beta would always win",
            fix="Minimise 'elbo', or 'reconstruction' and 'kl'",
        )
    if search.base.kind == "ae" and {"kl", "elbo"} & set(search.goals):
        raise LoupeError("A plain autoencoder has no KL term", fix="Minimise 'reconstruction' or 'loss'")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise LoupeError(f"{name} is '{value}'", f"One of {', '.join(allowed)} was expected")


def _between(name: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise LoupeError(f"{name} is {value}", f"A number from {low:g} to {high:,} was expected")
