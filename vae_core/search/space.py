"""What a search may vary, in which ranges, and the config that a choice of values makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from vae_core.checked import Json
from vae_core.design.architecture import is_mirror
from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.design.layers import ACTIVATIONS, Code
from vae_core.design.notation import parse
from vae_core.design.setting import Setting
from vae_core.errors import LoupeError
from vae_core.search.reshaping import CHANGES, reshaped

if TYPE_CHECKING:
    from optuna.trial import Trial

Value: TypeAlias = str | float | None  # of a setting that a trial tries
STEPS = 5  # values that a grid takes from a range
OF_LAYERS = (  # of all layers at once; they are no fields of a config
    Setting(
        "filters",
        "width",
        label="Width",
        declared="float",
        bounds=(0.01, 16),
        search="0.5..2",
        by_factors=True,
        help="Every layer's filters and units, times this number. 0.5 is half as many, 2 twice as many.",
    ),
    Setting(
        "depth",
        "layers more",
        label="Layers more",
        declared="int",
        bounds=(0, 8),
        search="0..2",
        help="How often the last convolution (else the last dense layer) is repeated.",
    ),
    Setting(
        "dropout",
        "dropout",
        label="Dropout",
        declared="float",
        bounds=(0, 0.95),
        search="0..0.5",
        help="The share of numbers that is left out while it trains, against learning by heart.",
    ),
    Setting(
        "activation",
        "activation",
        label="Activation",
        declared="str",
        search="relu, gelu, tanh",
        help="The bend in every hidden layer, without which it could only draw straight lines.",
        choices={name: name for name in ACTIVATIONS},
    ),
)
VARIED: Mapping[str, Setting] = {each.name: each for each in (*SETTINGS.values(), *OF_LAYERS) if each.search}
FORM = re.compile(r"(?P<name>\w+)=(?P<values>[^@]+)(?:@(?P<other>\w+)=(?P<value>[^@]+))?")


@dataclass(frozen=True)
class Vary:
    """One setting: from `low` to `high`, or one of `choices`; with `when`, only where another one has that value."""

    name: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Value, ...] = ()
    when: tuple[str, Value] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        kind = _varied(self.name).kind
        put(self, "choices", tuple(_typed(self.name, kind, value) for value in self.choices))
        put(self, "when", tuple(self.when) if self.when else None)
        if self.choices:
            return
        if kind is str or self.low is None or self.high is None:
            raise LoupeError(f"{self.name} has neither a range nor choices", fix=_example(self.name))
        put(self, "low", _typed(self.name, kind, self.low))
        put(self, "high", _typed(self.name, kind, self.high))
        if not self.low < self.high or (self.log and self.low <= 0):
            raise LoupeError(
                f"{self.name} goes from {self.low:g} to {self.high:g}",
                "A lower and a higher number were expected, above 0 where steps go by factors",
                _example(self.name),
            )

    @property
    def is_integer(self) -> bool:
        return VARIED[self.name].kind is int

    def applies(self, values: Mapping[str, Value]) -> bool:
        return self.when is None or values.get(self.when[0]) == self.when[1]

    def suggest(self, trial: Trial) -> Value:
        if self.choices:
            found: Value = trial.suggest_categorical(self.name, self.choices)
            return found
        if self.is_integer:
            return trial.suggest_int(self.name, int(self.low or 0), int(self.high or 0), log=self.log)
        return trial.suggest_float(self.name, float(self.low or 0), float(self.high or 0), log=self.log)

    def points(self) -> Sequence[Value]:
        """The values that a grid tries."""
        import numpy as np

        if self.choices:
            return self.choices
        spaced = np.geomspace if self.log else np.linspace
        found = spaced(float(self.low or 0), float(self.high or 0), STEPS)
        return sorted({int(round(value)) if self.is_integer else float(value) for value in found})

    def told(self) -> str:
        """The range as it is written, in the form that `read` reads."""
        values = ",".join(map(str, self.choices)) or f"{self.low:g}..{self.high:g}"
        return f"{self.name}={values}" + (f"@{self.when[0]}={self.when[1]}" if self.when else "")


def read(text: str) -> Vary:
    """From `learning_rate=0.001..0.1`, `batch=32,64,128` or `warmup=0..5@schedule=cosine`."""
    found = FORM.fullmatch(text.replace(" ", ""))
    if not found:
        raise LoupeError(
            f"'{text}' does not say what to vary",
            "NAME=LOW..HIGH or NAME=ONE,OTHER was expected",
            "For example learning_rate=0.001..0.1",
        )
    name, values = found["name"], found["values"]
    when = (found["other"], _read_value(found["other"], found["value"])) if found["other"] else None
    if ".." in values:
        low, _, high = values.partition("..")
        return Vary(name, _number(name, low), _number(name, high), log=_varied(name).by_factors, when=when)
    return Vary(name, choices=tuple(_read_value(name, value) for value in values.split(",")), when=when)


def check(space: Sequence[Vary], base: Config) -> None:
    """Refuse what cannot be varied from here."""
    names = _checked_names(space)
    for name in names:
        if unmet := VARIED[name].unmet(partial(getattr, base)):
            raise LoupeError(f"{unmet.without}, so {name} cannot be varied", f"It goes with {unmet.told} only")
    if not is_mirror(base.decoder) and set(CHANGES) & set(names):
        raise LoupeError(
            "The layers cannot be varied where the decoder is a line of its own",
            "A decoder that mirrors its encoder follows every change of it",
            "Begin from an architecture whose decoder is 'mirror'",
        )


def _checked_names(space: Sequence[Vary]) -> list[str]:
    """What is varied: each once, and behind what it depends on."""
    names = [each.name for each in space]
    if not names:
        raise LoupeError("A search without anything to vary is one training", fix="Choose a setting to vary")
    if len(set(names)) < len(names):
        raise LoupeError("A setting stands twice among what to vary", fix="Name each of them once")
    for place, each in enumerate(space):
        if each.when and each.when[0] not in names[:place]:
            fix = f"Vary {each.when[0]} too, and name it first"
            raise LoupeError(f"{each.name} depends on {each.when[0]}, which is not varied before it", fix=fix)
    return names


def config(base: Config, values: Mapping[str, Value]) -> Config:
    """The base with these values; a LoupeError where they make no model."""
    layers = {name: value for name, value in values.items() if name in CHANGES}
    changes = {name: value for name, value in values.items() if name not in CHANGES}
    if "latent" in layers and not any(isinstance(layer, Code) for layer in parse(base.encoder)):
        changes["latent"] = layers.pop("latent")
    return base.changed(changes, encoder=reshaped(base.encoder, layers), recipe="")


def suggest(space: Sequence[Vary], trial: Trial) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for each in space:
        if each.applies(values):
            values[each.name] = each.suggest(trial)
    return values


def grid(space: Sequence[Vary]) -> list[dict[str, Value]]:
    """All combinations; a setting that does not apply is left out, so none comes twice."""
    found: list[dict[str, Value]] = [{}]
    for each in space:
        found = [
            {**values, each.name: point} if each.applies(values) else values
            for values in found
            for point in (each.points() if each.applies(values) else [None])
        ]
    return found


def to_json(space: Sequence[Vary]) -> list[dict[str, Json]]:
    return [asdict(each) for each in space]


def _varied(name: str) -> Setting:
    if name not in VARIED:
        raise LoupeError(f"A search cannot vary '{name}'", f"It may vary {', '.join(VARIED)}")
    return VARIED[name]


def _read_value(name: str, text: str) -> Value:
    return text if _varied(name).choices else _number(name, text)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise LoupeError(f"{name} was given '{text}'", "A number was expected", _example(name)) from None


def _typed(name: str, kind: type, value: object) -> Value:
    if kind is str:
        if not isinstance(value, str) or value not in VARIED[name].choices:
            raise LoupeError(f"{name} cannot be '{value}'", f"One of {', '.join(VARIED[name].choices)} was expected")
        return value
    low, high = VARIED[name].bounds
    if not isinstance(value, int | float) or not low <= value <= high or (kind is int and value != int(value)):
        what = "A whole number" if kind is int else "A number"
        raise LoupeError(f"{name} was given {value}", f"{what} from {low:g} to {high:g} was expected")
    return int(value) if kind is int else float(value)


def _example(name: str) -> str:
    kind, choices = _varied(name).kind, _varied(name).choices
    if choices:
        return f"For example {name}={','.join(list(choices)[:2])}"
    return f"For example {name}={'1..4' if kind is int else '0.001..0.1'}"
