"""Layers applied to what other layers give on: the networks of a program, as nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vae_core.design.layers import Layer, Pad, Pool, Shape
from vae_core.design.pasted import kinds
from vae_core.design.pasted.values import Budget, Graph, Made, Node, Row, nodes_in
from vae_core.errors import LoupeError

# They change nothing here: pixels are numbers from 0 to 1 anyway, and noise is a setting.
PASSED = ("InputLayer", "Rescaling", "GaussianNoise", "Identity")
NOISE = "GaussianNoise"


def source(budget: Budget, line: int, shape: object) -> Node:
    return Node(budget.node(), line, "Input", shape=as_shape(shape))


def as_shape(value: object) -> Shape | None:
    """Without the batch, if it is known and the shape of one image or code."""
    parts = value if isinstance(value, tuple | list) else (value,)
    parts = parts[1:] if len(parts) > 1 and parts[0] is None else parts
    sizes = tuple(part for part in parts if type(part) is int and 0 < part < 2**31)
    return sizes if len(sizes) == len(parts) and 1 <= len(sizes) <= 3 else None


def applied(budget: Budget, made: Made, given: object) -> object:
    """What the layer gives on."""
    inputs = tuple(nodes_in(given))
    if made.name in PASSED and inputs:
        return inputs[0]
    if made.name in kinds.JOINS or len(inputs) != 1:
        return operation(budget, made.line, made.name, inputs)
    try:
        layer, told = kinds.read(made.name, made.arguments, made.options)
    except LoupeError as error:
        return operation(budget, made.line, made.name, inputs, error.happened)
    border = _border(made, layer, inputs[0].shape)
    if border:
        inputs = (_node(budget, made, inputs, border),)
    return _node(budget, made, inputs, layer, told)


def _node(budget: Budget, made: Made, inputs: tuple[Node, ...], layer: Layer, told: tuple[str, ...] = ()) -> Node:
    return Node(budget.node(), made.line, made.name, inputs, layer, _after(layer, inputs[0].shape), told)


def _border(made: Made, layer: Layer, shape: Shape | None) -> Pad | None:
    """What Keras puts around an image that a pool does not divide; here rows that fill no window are left out."""
    if not isinstance(layer, Pool) or made.options.get("padding") != "same" or not shape or len(shape) != 3:
        return None
    rows, columns = -shape[0] % layer.size, -shape[1] % layer.size
    return Pad(rows, columns) if rows or columns else None


def operation(budget: Budget, line: int, name: str, inputs: tuple[Node, ...], why: str = "") -> Node:
    """No layer, or one that is not known. A shape is kept where it is likely to."""
    shapes = {node.shape for node in inputs}
    shape = shapes.pop() if len(shapes) == 1 and not why else None
    return Node(budget.node(), line, name, inputs, None, shape, (why,) if why else ())


def _after(layer: Layer, shape: Shape | None) -> Shape | None:
    try:
        return layer.output(shape) if shape else None
    except LoupeError:
        return None


def ancestors(nodes: Iterable[Node]) -> set[Node]:
    """They themselves, and all that they are computed from."""
    found: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.inputs
    return found


def replayed(budget: Budget, graph: Graph, given: Sequence[Node]) -> tuple[Node, ...]:
    """What the network gives on for these inputs: its nodes once more."""
    copies = dict(zip(graph.inputs, given, strict=False))
    for node in sorted(ancestors(graph.outputs), key=lambda each: each.number):
        if node not in copies and node.inputs:
            inputs = tuple(copies.get(each, each) for each in node.inputs)
            shape = _after(node.layer, inputs[0].shape) if node.layer else node.shape
            copies[node] = replace(node, number=budget.node(), inputs=inputs, shape=shape)
    return tuple(copies.get(node, node) for node in graph.outputs)


def shape_of(row: Row) -> object:
    """That of a Sequential's images, where its first part says it."""
    first = row.parts[0] if row.parts else None
    if isinstance(first, Node):
        return first.shape
    if isinstance(first, Made):
        given = [first.options.get(name) for name in ("input_shape", "shape", "input_dim", "batch_shape")]
        given += first.arguments[:1] if first.name == "InputLayer" else ()
        return next((shape for shape in given if shape is not None), None)
    return None


def flat(parts: Iterable[object]) -> Iterator[object]:
    for part in parts:
        if isinstance(part, list | tuple):
            yield from part
        else:
            yield part
