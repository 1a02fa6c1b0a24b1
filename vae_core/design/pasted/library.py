"""What a program takes from its libraries, as far as a network is made of it; and what is noticed on the way."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from vae_core.design.layers.activations import called as activation
from vae_core.design.pasted import arithmetic, graphs
from vae_core.design.pasted.values import (
    Budget,
    Class,
    Dotted,
    Function,
    Graph,
    Made,
    Network,
    Node,
    Row,
    Unknown,
    nodes_in,
)

Arguments: TypeAlias = tuple[object, ...]
Options: TypeAlias = Mapping[str, object]
Some = TypeVar("Some", bound=Network)
Own = TypeVar("Own", Function, Class)
NETWORKS = ("Model", "Functional")
ROWS = ("Sequential", "ModuleList")
SHAPES = ("int_shape", "shape")
TRAINING = ("compile", "fit")
NONE = ("size", "item", "numpy", "mean", "sum")  # of a network's output: numbers, and no picture


@dataclass(frozen=True)
class Asked:
    """A call of compile or fit."""

    name: str
    arguments: Arguments
    options: Options
    node: ast.Call


@dataclass
class World:
    """All that was found so far."""

    budget: Budget = field(default_factory=Budget)
    networks: list[Network] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    own: list[Function | Class] = field(default_factory=list)  # of the program, in its order

    def program(self, own: Own) -> Own:
        self.own.append(own)
        return own

    def network(self, network: Some) -> Some:
        self.budget.node()
        self.networks.append(network)
        return network

    def notice(self, node: ast.Call, called: object, arguments: Arguments, options: Options) -> None:
        name = getattr(called, "name", "").rpartition(".")[2]
        if name in TRAINING:
            self.asked.append(Asked(name, arguments, options, node))

    def layer(self, made: Made, given: tuple[Node, ...]) -> object:
        return graphs.applied(self.budget, made, given)


def call(world: World, called: Dotted, arguments: Arguments, options: Options, line: int) -> object:
    name, given = called.last, tuple(nodes_in((arguments, *options.values())))
    if name in ("Input", "InputSpec"):
        return graphs.source(world.budget, line, options.get("shape", arguments[0] if arguments else None))
    if name in ROWS:
        return world.network(_row(arguments, options, line))
    if name in NETWORKS:
        return world.network(_graph(arguments, options, line))
    if name in SHAPES and given:
        return (None, *given[0].shape) if given[0].shape else Unknown()
    if given:
        return _function(world, name, arguments, given, line)
    known = "channels_last" if name == "image_data_format" else arithmetic.call(name, arguments)
    if known is not None:
        return known
    return _made(world, Made(name, arguments, options, line)) if name[:1].isupper() else Unknown()


def _made(world: World, made: Made) -> Made:
    world.budget.node()
    world.made.append(made)
    return made


def _row(arguments: Arguments, options: Options, line: int) -> Row:
    """Keras takes a list of layers, PyTorch the layers one by one."""
    parts = list(graphs.flat((*arguments, options.get("layers", ()))))
    return Row(line, _names(options), [part for part in parts if not isinstance(part, str)])


def _graph(arguments: Arguments, options: Options, line: int) -> Graph:
    ends = dict(zip(("inputs", "outputs"), arguments, strict=False)) | dict(options)
    inputs, outputs = (tuple(nodes_in(ends.get(name))) for name in ("inputs", "outputs"))
    return Graph(line, _names(options), inputs, outputs)


def _names(options: Options) -> list[str]:
    return [name for name in (options.get("name"),) if isinstance(name, str)]


def _function(world: World, name: str, arguments: Arguments, given: tuple[Node, ...], line: int) -> object:
    """A function of a library, on what layers give on."""
    function = activation(name)
    if function and function != "sin" and len(given) == 1:
        return world.layer(Made("Activation", (function,), {}, line), given)
    if name in ("flatten", "reshape"):
        return _reshaped(world, name, arguments[1:], given, line)
    return graphs.operation(world.budget, line, _joining(name), given)


def _joining(name: str) -> str:
    known = {"add": "Add", "concatenate": "Concatenate", "concat": "Concatenate", "cat": "Concatenate"}
    return known.get(name, name)


def of_node(world: World, owner: Node, name: str, arguments: Arguments, line: int) -> object:
    """A method of what a layer gives on, as PyTorch has them."""
    if name in NONE:
        return Unknown()
    if name in ("view", "reshape", "flatten"):
        return _reshaped(world, "flatten" if name == "flatten" else "view", arguments, (owner,), line)
    given = (owner, *nodes_in(arguments))
    return _function(world, name, (owner, *arguments), given, line) if len(given) > 1 or activation(name) else owner


def _reshaped(world: World, name: str, sizes: tuple[object, ...], given: tuple[Node, ...], line: int) -> object:
    """The size of the batch comes first. PyTorch begins with the channels then, Keras ends with them."""
    parts = list(graphs.flat(sizes))[1:]
    if name == "flatten" or len(parts) < 2:
        return world.layer(Made("Flatten", (), {}, line), given)
    form = "Reshape" if name == "reshape" else "Unflatten"
    shape = (tuple(parts),) if form == "Reshape" else (1, tuple(parts))
    return world.layer(Made(form, shape, {}, line), given)
