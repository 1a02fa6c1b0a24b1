"""A saved model as one chain, from the image to its picture: what each layer of the notation became."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vae_core.design.architecture import Architecture
from vae_core.design.layers import Layer as Design
from vae_core.design.layers import Shape
from vae_core.errors import LoupeError
from vae_core.look.program.executor import Executor
from vae_core.look.program.lowering import Network
from vae_core.look.worth.stage import Stage
from vae_core.runs.keras_file import Graph, Layer

ENCODER, CODE, DECODER = "encoder", "code", "decoder"  # where a layer stands
PICTURE = "picture"


@dataclass(frozen=True)
class Piece:
    """What stands between two places that all numbers pass; usually one layer, of a block all of its layers."""

    before: str  # the layer whose numbers reach it
    layers: tuple[Layer, ...]

    @property
    def after(self) -> str:
        return self.layers[-1].name


@dataclass(frozen=True)
class Chain:
    graph: Graph  # of encoder and decoder, at the mean code
    pieces: tuple[Piece, ...]
    stages: tuple[Stage, ...]

    @classmethod
    def of(cls, graphs: Mapping[str, Graph], plan: Architecture) -> Chain:
        graph = _joined(graphs)
        found = tuple(_pieces(graph))
        if len(found) != len(_walk(plan)):
            raise LoupeError("The saved model is not the one that the run's settings describe", fix="Train it again")
        return cls(graph, found, tuple(stages(plan)))

    def whole(self) -> Executor:
        return _program(self.graph, (PICTURE,))

    def looked_into(self) -> Executor:
        """The numbers before and after every stage, by the names of `before` and `after`."""
        names = {name for stage in self.stages for name in (self.before(stage), self.after(stage))}
        ends = tuple(sorted(names - {self.graph.input}))
        return _program(replace(self.graph, outputs=ends), ends)

    def before(self, stage: Stage) -> str:
        return self.pieces[stage.first].before

    def after(self, stage: Stage) -> str:
        return self.pieces[stage.last].after

    def with_another(self, stage: Stage, layer: Layer, weights: Sequence[object]) -> Executor:
        """The whole, with this layer in the place of a stage."""
        name = self.after(stage)
        new = replace(layer, name=name, inputs=(self.before(stage),))
        pieces = (*self.pieces[: stage.first], Piece(self.before(stage), (new,)), *self.pieces[stage.last + 1 :])
        layers = (self.graph.layers[0], *(each for piece in pieces for each in piece.layers))
        graph = replace(self.graph, layers=layers, weights={**self.graph.weights, name: tuple(weights)})
        return _program(graph, (PICTURE,))

    def rest(self, graphs: Mapping[str, Graph], left_out: Stage) -> dict[str, Graph]:
        """Both networks as they are saved, without the layers of this stage."""
        gone = {layer.name for piece in self.pieces[left_out.first : left_out.last + 1] for layer in piece.layers}
        return {
            part: replace(graph, layers=tuple(each for each in graph.layers if f"{part}/{each.name}" not in gone))
            for part, graph in graphs.items()
        }


def _program(graph: Graph, names: tuple[str, ...]) -> Executor:
    return Executor(Network(graph, merged=True), names)


def _joined(graphs: Mapping[str, Graph]) -> Graph:
    """The decoder behind the encoder's first output: of a VAE, the mean."""
    encoder, decoder = (_named(graphs[name], name) for name in (ENCODER, DECODER))
    code, given = encoder.outputs[0], decoder.input
    before = tuple(_leading_to(encoder, code))
    after = (_fed(layer, given, code) for layer in decoder.layers if layer.name != given)
    weights = {**encoder.weights, **decoder.weights}
    return Graph((*before, *after), encoder.input, decoder.outputs, weights)


def _named(graph: Graph, part: str) -> Graph:
    """The same, with names that the other network has not."""

    def name(of: str) -> str:
        return f"{part}/{of}"

    layers = tuple(replace(each, name=name(each.name), inputs=tuple(map(name, each.inputs))) for each in graph.layers)
    weights = {name(each): arrays for each, arrays in graph.weights.items()}
    return Graph(layers, name(graph.input), tuple(map(name, graph.outputs)), weights)


def _leading_to(graph: Graph, end: str) -> Iterator[Layer]:
    """The layers that it takes, the input first."""
    needed = {end}
    for layer in reversed(graph.layers):
        if layer.name in needed:
            needed |= set(layer.inputs)
    given = next(layer for layer in graph.layers if layer.name == graph.input)
    return iter((given, *(each for each in graph.layers if each.name in needed and each is not given)))


def _fed(layer: Layer, given: str, code: str) -> Layer:
    return replace(layer, inputs=tuple(code if name == given else name for name in layer.inputs))


def _pieces(graph: Graph) -> Iterator[Piece]:
    """Cut wherever no later layer takes anything but the last numbers."""
    waiting = Counter([*(name for layer in graph.layers for name in layer.inputs), *graph.outputs])
    before, part = graph.input, list[Layer]()
    for layer in graph.layers[1:]:
        waiting.subtract(layer.inputs)
        part.append(layer)
        if not any(waiting[name] for name in (before, *(each.name for each in part[:-1]))):
            yield Piece(before, tuple(part))
            before, part = layer.name, []


def _walk(plan: Architecture) -> list[tuple[str, Design]]:
    """The layers in the order of their pieces, with where they stand."""
    parts = ((ENCODER, plan.encoder), (CODE, (plan.code, *plan.tail)), (DECODER, plan.decoder))
    return [(part, layer) for part, layers in parts for layer in layers]


def stages(plan: Architecture) -> Iterator[Stage]:
    """The layers that compute something, in the order in which an image passes them."""
    walk = _walk(plan)
    shape: Shape = plan.image
    for place, (part, layer) in enumerate(walk):
        if layer.parameters(shape) and not layer.follows:
            yield _stage(walk, place, part, shape)
        shape = layer.output(shape)


def shorter(plan: Architecture, left_out: Stage) -> Architecture:
    """The same without this stage, where what reaches it has the shape of what leaves it."""
    kept = [each for place, each in enumerate(_walk(plan)) if not left_out.first <= place <= left_out.last]
    encoder, decoder = (tuple(layer for part, layer in kept if part == which) for which in (ENCODER, DECODER))
    return replace(plan, encoder=encoder, decoder=decoder)


def _stage(walk: Sequence[tuple[str, Design]], place: int, part: str, shape: Shape) -> Stage:
    """A layer that computes, and those behind it that belong to it."""
    end = place + 1
    while end < len(walk) and walk[end][1].follows:
        end += 1
    return Stage(part, tuple(layer for _, layer in walk[place:end]), shape, place, end - 1)
