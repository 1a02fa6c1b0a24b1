"""Two paths of layers laid beside each other: which layers correspond, which were added, removed or changed.

A unit is a layer that does work with the batch norm, dropout and activation that follow it. Units correspond where
they are of one kind; among all ways to lay two paths beside each other, the one with the fewest changes is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace

from vae_core.design.architecture import Architecture, Row
from vae_core.design.layers import Activation, Dense, Layer, Reshape, Shape
from vae_core.design.notation import write

GAP = 1.0  # the cost of a unit without a partner; two of them must cost more than any change
WEIGHTS = {"filters": 0.3, "strides": 0.25, "kernels": 0.2}  # how unlike a change makes two units
OTHER = 0.1
LAYERS, OPENING = "layers", "opening"
KINDS = {  # of change, in words
    LAYERS: "added or removed layers",
    "strides": "strides and pools",
    "filters": "filters and units",
    "kernels": "kernels and padding",
    "activations": "activations",
    "norms": "normalisation and dropout",
    "code": "the size of the code",
    OPENING: "the size that the decoder opens with",
}


@dataclass(frozen=True)
class Unit:
    layers: tuple[Layer, ...]
    before: Shape
    after: Shape
    counts: tuple[int, ...]  # parameters of each layer
    trained: tuple[int, ...]  # and how many of them training changes
    words: tuple[str, ...]  # what each layer does, in one sentence
    opens: bool  # whether its size only follows from the layers that the decoder undoes

    @property
    def main(self) -> Layer:
        return self.layers[0]

    @property
    def text(self) -> str:
        return write(self.layers)

    @property
    def parameters(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Step:
    """One place of the two paths; `kinds` say how two corresponding units differ."""

    a: Unit | None
    b: Unit | None
    kinds: tuple[str, ...] = ()

    @property
    def change(self) -> str:
        if self.a is None:
            return "added"
        if self.b is None:
            return "removed"
        return "changed" if self.kinds else "same"


def encoder(a: Architecture, b: Architecture) -> tuple[Step, ...]:
    """Where several ways are equally short, what was added stands as late as it can."""
    return _align(encoder_units(a), encoder_units(b))


def decoder(a: Architecture, b: Architecture) -> tuple[Step, ...]:
    """From its end, as the mirror of an encoder is built."""
    steps = _align(decoder_units(a)[::-1], decoder_units(b)[::-1])
    return steps[::-1]


def encoder_units(architecture: Architecture) -> tuple[Unit, ...]:
    return _units(architecture.encoder_rows)


def decoder_units(architecture: Architecture) -> tuple[Unit, ...]:
    layers = architecture.decoder
    opening = next((place for place, layer in enumerate(layers) if isinstance(layer, Reshape)), -1)
    last = max((place for place, layer in enumerate(layers[: opening + 1]) if isinstance(layer, Dense)), default=-1)
    return _units(architecture.decoder_rows, openings={last, opening})


def partial(steps: Sequence[Step], kinds: set[str]) -> tuple[Layer, ...]:
    """The first path with only these kinds of change made to it."""
    layers: list[Layer] = []
    for step in steps:
        if step.a is None or step.b is None:
            unit = step.b if LAYERS in kinds else step.a
            layers += unit.layers if unit else ()
        else:
            layers += _mixed(step.a, step.b, kinds)
    return tuple(layers)


def _units(rows: Sequence[Row], openings: Collection[int] = ()) -> tuple[Unit, ...]:
    units: list[Unit] = []
    for place, row in enumerate(rows):
        words = (row.layer.explain(row.before),)
        counts = (row.parameters,), (row.trainable,)
        unit = Unit((row.layer,), row.before, row.output, *counts, words, place in openings)
        if units and row.layer.follows:
            units[-1] = _joined(units[-1], unit)
        else:
            units.append(unit)
    return tuple(units)


def _joined(first: Unit, second: Unit) -> Unit:
    return replace(
        first,
        layers=first.layers + second.layers,
        after=second.after,
        counts=first.counts + second.counts,
        trained=first.trained + second.trained,
        words=first.words + second.words,
    )


def _align(a: tuple[Unit, ...], b: tuple[Unit, ...]) -> tuple[Step, ...]:
    """The cheapest way from the front; `cost[i][j]` is that of what begins at a[i] and b[j]."""
    cost = [[(len(a) - i + len(b) - j) * GAP for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            gap = GAP + min(cost[i + 1][j], cost[i][j + 1])
            cost[i][j] = min(gap, _unlike(a[i], b[j]) + cost[i + 1][j + 1])
    return tuple(_walk(a, b, cost))


def _walk(a: tuple[Unit, ...], b: tuple[Unit, ...], cost: list[list[float]]) -> list[Step]:
    steps, i, j = [], 0, 0
    while i < len(a) or j < len(b):
        both = i < len(a) and j < len(b)
        if both and cost[i][j] == _unlike(a[i], b[j]) + cost[i + 1][j + 1]:
            steps.append(Step(a[i], b[j], _kinds(a[i], b[j])))
            i, j = i + 1, j + 1
        elif j < len(b) and (i == len(a) or cost[i][j] == GAP + cost[i][j + 1]):
            steps.append(Step(None, b[j]))
            j += 1
        else:
            steps.append(Step(a[i], None))
            i += 1
    return steps


def _unlike(a: Unit, b: Unit) -> float:
    if type(a.main) is not type(b.main) or a.opens != b.opens:
        return 3 * GAP
    return sum(WEIGHTS.get(kind, OTHER) for kind in _kinds(a, b))


def _kinds(a: Unit, b: Unit) -> tuple[str, ...]:
    """How two units with the same kind of main layer differ, in the order of KINDS."""
    names = [field.name for field in fields(a.main) if getattr(a.main, field.name) != getattr(b.main, field.name)]
    found = {_kind_of(a.main, name, a.opens) for name in names}
    found |= {kind for kind in ("activations", "norms") if _followers(a, kind) != _followers(b, kind)}
    return tuple(kind for kind in KINDS if kind in found)


def _kind_of(layer: Layer, name: str, opens: bool) -> str:
    return OPENING if opens and name != "activation" else layer.change(name)


def _followers(unit: Unit, kind: str) -> tuple[Layer, ...]:
    """Activations, or what normalises and drops."""
    return tuple(layer for layer in unit.layers[1:] if isinstance(layer, Activation) == (kind == "activations"))


def _mixed(a: Unit, b: Unit, kinds: set[str]) -> tuple[Layer, ...]:
    names = [field.name for field in fields(a.main) if _kind_of(a.main, field.name, a.opens) in kinds]
    main = replace(a.main, **{name: getattr(b.main, name) for name in names})
    if {"activations", "norms"} <= kinds:
        return (main, *b.layers[1:])
    kept, taken = ("activations", "norms") if "norms" in kinds else ("norms", "activations")
    same = _followers(a, "activations") == _followers(b, "activations")
    if not {"activations", "norms"} & kinds or same and "norms" not in kinds:
        return (main, *a.layers[1:])
    return (main, *_followers(a, kept), *_followers(b, taken))
