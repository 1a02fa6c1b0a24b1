"""From the nodes of a network to the row of layers that leads through it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vae_core.design.layers import Activation, Code, Dense, Layer, Shape
from vae_core.design.layers.tokens import short
from vae_core.design.pasted import kinds
from vae_core.design.pasted.graphs import ancestors
from vae_core.design.pasted.values import Budget, Node
from vae_core.errors import LoupeError

Layers = tuple[Layer, ...]
Told = tuple[int, str]  # a line, and what is not understood there
QUIET = ("getitem", "split", "cast", "to", "GetItem")
SINE = Activation("sin")  # no line can ask for it, but a layer is made of it


@dataclass(frozen=True)
class Chain:
    """Where two heads give a mean and a variance, the layers have a code."""

    begins: Shape | None = None
    layers: Layers = ()
    told: tuple[Told, ...] = ()

    @property
    def code(self) -> int | None:
        """The place of the code."""
        return next((place for place, layer in enumerate(self.layers) if isinstance(layer, Code)), None)


@dataclass(frozen=True)
class Tracer:
    budget: Budget

    def longest(self, outputs: tuple[Node, ...]) -> Chain:
        """Of a network with several outputs: two may be the heads of a code, another the picture."""
        heads = _heads(outputs) if len(outputs) > 1 else None
        found = [self.chain(node) for node in outputs]
        if heads:
            before = self.chain(heads[0].inputs[0])
            found.insert(0, replace(before, layers=(*before.layers, Code(_units(heads[0])))))
        return max(found, key=lambda chain: len(chain.layers))

    def chain(self, node: Node, stop: Node | None = None) -> Chain:
        """What leads to this node."""
        layers: list[Layer] = []
        told: list[Told] = []
        while node is not stop and node.inputs:
            self.budget.step()
            found, more, node = self._step(node)
            layers[:0] = found
            told[:0] = more
        return Chain(node.shape, merged(layers), tuple(told))

    def _step(self, node: Node) -> tuple[Layers, Iterable[Told], Node]:
        """The layers of this node, and the node before them."""
        if node.layer:
            return (node.layer,), [(node.line, text) for text in node.told], node.inputs[0]
        heads = _heads((node,))
        if heads:
            return (Code(_units(heads[0])),), (), heads[0].inputs[0]
        if len(node.inputs) > 1 and node.name in kinds.JOINS:
            return self._join(node)
        if node.name == "sin" and len(node.inputs) == 1:
            return (SINE,), (), node.inputs[0]
        return (), _left_out(node), self._longest(node.inputs)

    def _join(self, node: Node) -> tuple[Layers, Iterable[Told], Node]:
        meeting = self._meeting(node.inputs)
        if meeting is None:
            return (), _left_out(node), self._longest(node.inputs)
        ways = [self.chain(each, meeting) for each in node.inputs]
        told = [told for way in ways for told in way.told]
        try:
            layer = kinds.JOINS[node.name].joined(tuple(way.layers for way in ways))
        except LoupeError as error:
            longest = max(ways, key=lambda way: len(way.layers))
            return longest.layers, [*told, *_left_out(node, error.happened)], meeting
        return (layer,), told, meeting

    def _meeting(self, nodes: Iterable[Node]) -> Node | None:
        """The last node that all of them come from."""
        common = set.intersection(*(self._before(node) for node in nodes))
        return max(common, key=lambda node: node.number, default=None)

    def _longest(self, nodes: Iterable[Node]) -> Node:
        return max(nodes, key=lambda node: len(self._before(node)))

    def _before(self, node: Node) -> set[Node]:
        found = ancestors((node,))
        self.budget.steps += len(found) // 10
        return found


def _left_out(node: Node, why: str = "") -> Iterator[Told]:
    if node.name not in QUIET:
        reason = why or (node.told[0] if node.told else "")
        yield node.line, f"{short(node.name)}(...) is not understood{f' ({reason})' * bool(reason)}; it was left out"


def _heads(nodes: tuple[Node, ...]) -> list[Node] | None:
    """Two dense layers side by side, which only operations on numbers follow: the mean and the variance of a code."""
    found: set[Node] = set()
    waiting, seen = list(nodes), set[Node]()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.layer or not node.inputs or _is_block(node):
            found.add(node)
        else:
            waiting += node.inputs
    heads = sorted((node for node in found if isinstance(node.layer, Dense)), key=lambda node: node.number)
    twins = len(heads) == 2 and heads[0].inputs == heads[1].inputs and _units(heads[0]) == _units(heads[1])
    return heads if twins else None


def _is_block(node: Node) -> bool:
    """A mean and a variance are never added as they are."""
    return node.name in kinds.JOINS and all(each.layer for each in node.inputs)


def _units(node: Node) -> int:
    assert isinstance(node.layer, Dense)
    return node.layer.units


def merged(layers: Iterable[Layer]) -> Layers:
    """A layer that does nothing with its numbers at the end takes the function that follows it."""
    found: list[Layer] = []
    for layer in layers:
        last = found[-1] if found else None
        if isinstance(layer, Activation) and last and layer != SINE and getattr(last, "activation", "") == "linear":
            found[-1] = with_activation(last, layer.name)
        else:
            found.append(layer)
    return tuple(found)


def with_activation(layer: Layer, name: str) -> Layer:
    return replace(layer, activation=name)  # type: ignore[call-arg]  # it has one
