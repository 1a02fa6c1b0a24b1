"""What a program that is read, and never run, makes: known numbers, layers, and networks of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vae_core.design.layers import Layer, Shape
from vae_core.errors import LoupeError

MOST_STEPS = 100_000  # of reading: a program that is read may be made to keep its reader busy
MOST_NODES = 3000


@dataclass(frozen=True)
class Unknown:
    """Whatever the reader cannot follow."""


@dataclass(frozen=True)
class Dotted:
    """A name of a library, as `keras.layers.Dense`."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, eq=False)
class Made:
    """Something of a library that was made with these arguments: a layer, an optimiser."""

    name: str
    arguments: tuple[object, ...]
    options: Mapping[str, object]
    line: int


@dataclass(frozen=True, eq=False)
class Node:
    """What a layer or an operation gives on; one without inputs is where a network begins."""

    number: int
    line: int
    name: str
    inputs: tuple[Node, ...] = ()
    layer: Layer | None = None
    shape: Shape | None = None
    told: tuple[str, ...] = ()  # what of it is not understood


@dataclass(eq=False)
class Network:
    """Its names are those of the variables that held it, and the one that it was given."""

    line: int
    names: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Graph(Network):
    inputs: tuple[Node, ...] = ()
    outputs: tuple[Node, ...] = ()


@dataclass(eq=False)
class Row(Network):
    """A Sequential: one part after the other; `graph` is made of it when somebody asks."""

    parts: list[object] = field(default_factory=list)
    graph: Graph | None = None


@dataclass(eq=False)
class Scope:
    values: dict[str, object] = field(default_factory=dict)
    outer: Scope | None = None

    def find(self, name: str) -> object:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        return Dotted(name)


@dataclass(eq=False)
class Class:
    node: ast.ClassDef
    scope: Scope
    used: bool = False

    def method(self, name: str) -> ast.FunctionDef | None:
        found = (node for node in self.node.body if isinstance(node, ast.FunctionDef) and node.name == name)
        return next(found, None)


@dataclass(eq=False)
class Instance(Network):
    of: Class | None = None
    held: dict[str, object] = field(default_factory=dict)


@dataclass(eq=False)
class Function:
    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    owner: Instance | None = None
    used: bool = False


@dataclass(frozen=True, eq=False)
class Bound:
    """A method that is not the program's own."""

    owner: object
    name: str


@dataclass
class Budget:
    """How much is read at most."""

    steps: int = 0
    nodes: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise LoupeError("The text takes too long to read", "A program of usual length was expected")

    def node(self) -> int:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise LoupeError(f"The text has more than {MOST_NODES:,} layers", "One network of usual size was expected")
        return self.nodes


def nodes_in(value: object, depth: int = 3) -> Iterator[Node]:
    """Those of the arguments of a call."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple | list) and depth:
        for part in value:
            yield from nodes_in(part, depth - 1)
