"""What differs between two configs, in words: layers, strides and filters apart, and everything beside the layers.

found = difference.between(a, b)
found.encoder, found.decoder    the two paths laid beside each other
found.fields                    every other setting that differs
found.groups                    the single changes that lead from a to b
found.separating()              for each of them, the config that makes it alone
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial

from vae_core.checked import Json
from vae_core.design import alignment
from vae_core.design.alignment import KINDS, LAYERS, OPENING, Step, Unit
from vae_core.design.config import Config
from vae_core.design.declared import GROUPS, SETTINGS
from vae_core.design.layers import Code
from vae_core.design.notation import write
from vae_core.design.setting import NONE, Setting
from vae_core.errors import LoupeError

MIRROR = "mirror"
GREW = 0.5  # share of what a path gained in parameters from which a layer is named for it


@dataclass(frozen=True)
class Field:
    """A setting beside the layers that differs."""

    name: str
    group: str
    a: str  # in words
    b: str

    @property
    def label(self) -> str:
        return SETTINGS[self.name].called


@dataclass(frozen=True)
class Separation:
    """The first config with one change of the second made to it; why not, where it would not fit together."""

    group: str
    label: str
    config: Config | None
    problem: str = ""


@dataclass(frozen=True)
class Difference:
    a: Config
    b: Config
    encoder: tuple[Step, ...]
    decoder: tuple[Step, ...]
    fields: tuple[Field, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of change in the two paths. What the decoder opens with follows from the rest, where anything else did."""
        found = {kind for step in self._steps for kind in _kinds(step)}
        if found - {OPENING}:
            found.discard(OPENING)
        return tuple(kind for kind in KINDS if kind in found)

    @property
    def groups(self) -> tuple[str, ...]:
        beside = {field.group for field in self.fields}
        return (*self.kinds, *(group for group in GROUPS if group in beside))

    @property
    def names(self) -> tuple[str, ...]:
        """Of all that differs, as the tables of both have them."""
        return (*map(label, self.kinds), *(field.label for field in self.fields))

    @property
    def same_data(self) -> bool:
        return (self.a.dataset, self.a.image) == (self.b.dataset, self.b.image)

    @property
    def only_layers(self) -> bool:
        """Whether nothing but layers was added or removed, so that a difference may be credited to them."""
        return self.groups == (LAYERS,)

    @property
    def added(self) -> tuple[Unit, ...]:
        return tuple(step.b for step in self._steps if step.a is None and step.b)

    @property
    def removed(self) -> tuple[Unit, ...]:
        return tuple(step.a for step in self._steps if step.b is None and step.a)

    @property
    def _steps(self) -> tuple[Step, ...]:
        return self.encoder + self.decoder

    def separating(self) -> tuple[Separation, ...]:
        """One for each single change, where there is more than one."""
        if len(self.groups) < 2 or not self.same_data:
            return ()
        return tuple(self._alone(group) for group in self.groups)

    def _alone(self, group: str) -> Separation:
        try:
            config = self.part({group})
        except LoupeError as error:
            return Separation(group, label(group), None, str(error))
        return Separation(group, label(group), config)

    def part(self, groups: Collection[str]) -> Config:
        """The first config with these changes of the second made to it; a LoupeError where they do not fit."""
        kinds = {group for group in groups if group in KINDS}
        settings = [setting.name for group in groups if group not in kinds for setting in grouped(group)]
        changed = self._layers(kinds) if kinds else self.a
        return changed.changed({name: getattr(self.b, name) for name in settings}, recipe="") if settings else changed

    def _layers(self, kinds: set[str]) -> Config:
        """A decoder of the second's size where the first's would not fit the changed layers."""
        try:
            return self._with(kinds)
        except LoupeError:
            return self._with({*kinds, OPENING})

    def _with(self, kinds: set[str]) -> Config:
        encoder, decoder = (alignment.partial(steps, kinds) for steps in (self.encoder, self.decoder))
        latent = self.a.latent
        if latent is not None:  # the code stands beside the line, not in it
            code = next(layer for layer in encoder if isinstance(layer, Code))
            encoder, latent = tuple(layer for layer in encoder if layer is not code), code.size
        mirrored = self.a.decoder == self.b.decoder == MIRROR
        line = MIRROR if mirrored else write(decoder)
        if line == self.a.architecture().decoder_line:
            line = self.a.decoder
        return replace(self.a, encoder=write(encoder), decoder=line, latent=latent, recipe="")

    def sentences(self) -> tuple[str, ...]:
        return tuple(_sentences(self))

    def to_json(self) -> dict[str, Json]:
        return {
            "encoder": [_step(step) for step in self.encoder],
            "decoder": [_step(step) for step in self.decoder],
            "settings": [{"setting": each.label, "a": each.a, "b": each.b} for each in self.fields],
            "changes": [label(group) for group in self.groups],
            "sentences": list(self.sentences()),
        }


def between(a: Config, b: Config) -> Difference:
    """Seeds and the names of recipes are no difference: they change nothing that is asked for."""
    first, second = a.architecture(), b.architecture()
    found = tuple(
        Field(setting.name, group, words_of(a, setting.name), words_of(b, setting.name))
        for group in GROUPS
        for setting in grouped(group)
        if getattr(a, setting.name) != getattr(b, setting.name)
    )
    return Difference(a, b, alignment.encoder(first, second), alignment.decoder(first, second), found)


def label(group: str) -> str:
    return KINDS.get(group, f"the {group}")


def grouped(group: str) -> list[Setting]:
    return [setting for setting in SETTINGS.values() if setting.group == group]


def applies(config: Config, name: str) -> bool:
    """Whether this setting takes part in the training at all: a plain autoencoder's beta, for one, does not."""
    value = partial(getattr, config)
    return value(name) is not None and not SETTINGS[name].unmet(value)  # a code's size may stand in the line


def counts(config: Config, name: str) -> bool:
    """Whether it does anything: no noise does nothing, a beta of 0 does."""
    return words_of(config, name) != NONE


def words_of(config: Config, name: str) -> str:
    return SETTINGS[name].worded(getattr(config, name)) if applies(config, name) else NONE


def _kinds(step: Step) -> tuple[str, ...]:
    return step.kinds if step.a and step.b else (LAYERS,)


def _sentences(found: Difference) -> Iterator[str]:
    if not found.groups:
        yield "Both have the same settings: only their seeds can differ."
        return
    yield from _about_layers(found)
    others = [kind for kind in found.kinds if kind != LAYERS]
    if others:
        apart = " apart from the added layers" if found.added or found.removed else ""
        yield f"Changed{apart}: {listed([label(kind) for kind in others])}."
    yield from _where_parameters_sit(found)
    if found.fields:
        told = [f"{each.label} from {each.a} to {each.b}" for each in found.fields]
        also = "More than the architecture differs" if found.kinds else "The architecture is the same; what differs"
        yield f"{also}: {listed(told)}."


def _about_layers(found: Difference) -> Iterator[str]:
    for word, units in (("adds", found.added), ("takes out", found.removed)):
        if units:
            counted = sum(unit.parameters for unit in units)
            noun = "layer" if len(units) == 1 else "layers"
            yield (
                f"The second {word} {len(units)} {noun} with {counted:,} parameters: "
                f"{listed([unit.text for unit in units])}."
            )


def _where_parameters_sit(found: Difference) -> Iterator[str]:
    """In each path the layer whose parameters grew most, where it was there before: it is none of the added ones."""
    for name, steps in (("encoder", found.encoder), ("decoder", found.decoder)):
        pairs = [(step.a, step.b) for step in steps if step.a and step.b]
        a, b = max(pairs, key=lambda pair: pair[1].counts[0] - pair[0].counts[0])
        totals = [each.architecture().counts[name] for each in (found.a, found.b)]
        if b.counts[0] - a.counts[0] > GREW * (totals[1] - totals[0]) > 0:
            of_added = sum(step.b.parameters for step in steps if step.a is None and step.b)
            new = f"; the added layers hold {of_added:,}" if of_added else ""
            yield (
                f"In the {name}, {b.main.text} holds {b.counts[0]:,} of the second's {totals[1]:,} parameters "
                f"({a.main.text} {a.counts[0]:,} of {totals[0]:,} in the first): "
                f"{_numbers(a)} go into it, then {_numbers(b)}{new}."
            )


def _numbers(unit: Unit) -> str:
    return f"{math.prod(unit.before):,} numbers"


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _step(step: Step) -> dict[str, Json]:
    told: dict[str, Json] = {"change": step.change, "kinds": list(step.kinds)}
    for name, unit in (("a", step.a), ("b", step.b)):
        told[name] = _unit(unit) if unit else None
    return told


def _unit(unit: Unit) -> dict[str, Json]:
    return {"layers": unit.text, "parameters": unit.parameters, "words": list(unit.words)}
