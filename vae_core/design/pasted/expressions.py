"""What the expressions of a program stand for. They are read, never run: what cannot be followed is unknown."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence

from vae_core.design.pasted import arithmetic, graphs, library
from vae_core.design.pasted.library import Options, World
from vae_core.design.pasted.values import (
    Bound,
    Class,
    Dotted,
    Function,
    Graph,
    Instance,
    Made,
    Network,
    Node,
    Row,
    Scope,
    Unknown,
    nodes_in,
)

FORWARD = ("call", "forward", "__call__")
MOST_DEEP = 12  # functions that call each other


class Expressions:
    """`run` is what the statements of a function add to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.depth = 0

    @abstractmethod
    def run(self, statements: Sequence[ast.stmt], scope: Scope) -> object:
        """What the statements return; None where they return nothing."""

    def value(self, node: ast.AST | None, scope: Scope) -> object:
        self.world.budget.step()
        read = getattr(self, f"_read_{type(node).__name__.lower()}", None)
        return read(node, scope) if read else Unknown()

    def _read_constant(self, node: ast.Constant, scope: Scope) -> object:
        known = isinstance(node.value, str | bool | None) or arithmetic.is_number(arithmetic.bounded(node.value))
        return node.value if known else Unknown()

    def _read_name(self, node: ast.Name, scope: Scope) -> object:
        return scope.find(node.id)

    def _read_tuple(self, node: ast.Tuple | ast.List, scope: Scope) -> object:
        found: list[object] = []
        for part in node.elts:
            value = self.value(part.value if isinstance(part, ast.Starred) else part, scope)
            if isinstance(part, ast.Starred):
                found += value if isinstance(value, list | tuple) else [Unknown()]
            else:
                found.append(value)
        return tuple(found) if isinstance(node, ast.Tuple) else found

    _read_list = _read_tuple

    def _read_listcomp(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> object:
        """Over one list that is known, all of it."""
        (first, *more) = node.generators
        values = self.value(first.iter, scope)
        if more or first.ifs or not isinstance(values, list | tuple) or not isinstance(first.target, ast.Name):
            return Unknown()
        name = first.target.id
        return [self.value(node.elt, Scope({name: each}, scope)) for each in values[: arithmetic.MOST_PARTS]]

    _read_generatorexp = _read_listcomp

    def _read_dict(self, node: ast.Dict, scope: Scope) -> object:
        pairs = ((self.value(key, scope), self.value(value, scope)) for key, value in zip(node.keys, node.values))
        return {key: value for key, value in pairs if isinstance(key, str | int)}

    def _read_lambda(self, node: ast.Lambda, scope: Scope) -> object:
        return Function(node, scope)

    def _read_unaryop(self, node: ast.UnaryOp, scope: Scope) -> object:
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.USub) and arithmetic.is_number(value):
            return -value  # type: ignore[operator]  # it is a number
        return self._operation(node, value)

    def _read_binop(self, node: ast.BinOp, scope: Scope) -> object:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if any(nodes_in((left, right))):
            return self._operation(node, left, right)
        return arithmetic.binary(type(node.op), left, right)

    def _operation(self, node: ast.UnaryOp | ast.BinOp, *values: object) -> object:
        """Of layers' outputs; a sum of two is what Keras' own layer computes."""
        inputs = tuple(nodes_in(values))
        name = type(node.op).__name__
        return graphs.operation(self.world.budget, node.lineno, name, inputs) if inputs else Unknown()

    def _read_compare(self, node: ast.Compare, scope: Scope) -> object:
        left, right = self.value(node.left, scope), self.value(node.comparators[0], scope)
        known = all(isinstance(each, str | int | float | None) for each in (left, right)) and len(node.ops) == 1
        if not known or not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            return Unknown()
        return (left == right) is isinstance(node.ops[0], ast.Eq | ast.Is)

    def _read_ifexp(self, node: ast.IfExp, scope: Scope) -> object:
        known = self.value(node.test, scope)
        return self.value(node.orelse if known is False or known is None else node.body, scope)

    def _read_subscript(self, node: ast.Subscript, scope: Scope) -> object:
        owner = self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            return self._slice(owner, node.slice, scope)
        key = self.value(node.slice, scope)
        if isinstance(owner, dict):
            return owner.get(key, Unknown()) if isinstance(key, str | int) else Unknown()
        if isinstance(owner, list | tuple) and type(key) is int and -len(owner) <= key < len(owner):
            return owner[key]
        return owner if isinstance(owner, Node) else Unknown()

    def _slice(self, owner: object, cut: ast.Slice, scope: Scope) -> object:
        first, end = (None if part is None else self.value(part, scope) for part in (cut.lower, cut.upper))
        if cut.step or not isinstance(owner, list | tuple):
            return Unknown()
        if not isinstance(first, int | None) or not isinstance(end, int | None):
            return Unknown()
        return owner[first:end]

    def _read_attribute(self, node: ast.Attribute, scope: Scope) -> object:
        owner, name = self.value(node.value, scope), node.attr
        if isinstance(owner, Dotted):
            return Dotted(f"{owner.name}.{name}")
        if isinstance(owner, Instance):
            return self._held(owner, name)
        if isinstance(owner, Graph | Row):
            return self._end(owner, name)
        if isinstance(owner, Node) and name == "shape" and owner.shape:
            return (None, *owner.shape)
        return Bound(owner, name)

    def _held(self, owner: Instance, name: str) -> object:
        if name in owner.held:
            return owner.held[name]
        method = owner.of.method(name) if owner.of else None
        return Function(method, owner.of.scope, owner) if method and owner.of else Bound(owner, name)

    def _end(self, owner: Graph | Row, name: str) -> object:
        """Where a network begins and ends."""
        if name not in ("input", "inputs", "output", "outputs"):
            return Bound(owner, name)
        graph = self.graph(owner)
        ends = graph.inputs if name.startswith("in") else graph.outputs
        return ends[0] if len(ends) == 1 else ends

    # Calls.

    def _read_call(self, node: ast.Call, scope: Scope) -> object:
        called = self.value(node.func, scope)
        arguments = self._read_tuple(ast.Tuple(node.args, ast.Load()), scope)
        options = {each.arg: self.value(each.value, scope) for each in node.keywords if each.arg}
        self.world.notice(node, called, arguments, options)  # type: ignore[arg-type]  # a tuple
        return self.apply(called, arguments, options, node.lineno)  # type: ignore[arg-type]

    def apply(self, called: object, arguments: tuple[object, ...], options: Options, line: int) -> object:
        if isinstance(called, Function):
            return self.inside(called, arguments, options)
        if isinstance(called, Class):
            return self.instance(called, arguments, options, line)
        if isinstance(called, Bound):
            return self._method(called, arguments, line)
        if isinstance(called, Dotted):
            return library.call(self.world, called, arguments, options, line)
        given = tuple(nodes_in((*arguments, *options.values())))
        return self._applied(called, given, line) if given else Unknown()

    def _applied(self, called: object, given: tuple[Node, ...], line: int) -> object:
        """A layer or a network, applied to what others give on."""
        if isinstance(called, Made):
            return self.world.layer(called, given)
        if isinstance(called, Network):
            return self.through(called, given, line)
        return graphs.operation(self.world.budget, line, "a call", given)

    def through(self, network: Network, given: tuple[Node, ...], line: int) -> object:
        if isinstance(network, Graph):
            found = graphs.replayed(self.world.budget, network, given)
            return found[0] if len(found) == 1 else found
        if isinstance(network, Row):
            value: object = given[0]
            for part in network.parts:
                value = self._next(part, value, line)
            return value
        assert isinstance(network, Instance)
        return self._forward(network, given, line)

    def _next(self, part: object, value: object, line: int) -> object:
        if isinstance(part, Node):
            return value
        return self.apply(part, (value,), {}, line)

    def _forward(self, owner: Instance, given: tuple[Node, ...], line: int) -> object:
        method = next(filter(None, (owner.of.method(name) for name in FORWARD)), None) if owner.of else None
        if method is None or owner.of is None:
            return graphs.operation(self.world.budget, line, owner.names[0] if owner.names else "a layer", given)
        arguments = (given[0] if len(given) == 1 else given,)
        found = self.inside(Function(method, owner.of.scope, owner), arguments, {})
        handed_on = len(given) > 1 and found in given  # it only adds to the loss
        if any(nodes_in(found)) and not handed_on:
            return found
        return graphs.operation(self.world.budget, line, owner.of.node.name, given)

    def _method(self, bound: Bound, arguments: tuple[object, ...], line: int) -> object:
        owner, name = bound.owner, bound.name
        if isinstance(owner, Row) and name in ("add", "append") and arguments:
            owner.parts.append(arguments[0])
            owner.graph = None
            return Unknown()
        if isinstance(owner, list) and name == "append" and len(owner) < arithmetic.MOST_PARTS and arguments:
            self.world.budget.node()
            owner.append(arguments[0])
            return Unknown()
        if isinstance(owner, Node):
            return library.of_node(self.world, owner, name, arguments, line)
        return self.apply(Unknown(), arguments, {}, line)

    def graph(self, network: Network) -> Graph:
        """The network from an input of its own."""
        if isinstance(network, Graph):
            return network
        if isinstance(network, Row) and network.graph:
            return network.graph
        shape = graphs.shape_of(network) if isinstance(network, Row) else None
        start = graphs.source(self.world.budget, network.line, shape)
        outputs = tuple(nodes_in(self.through(network, (start,), network.line)))
        found = Graph(network.line, network.names, (start,), outputs)
        if isinstance(network, Row):
            network.graph = found
        return found

    # Functions and classes of the program.

    def inside(self, function: Function, arguments: Sequence[object], options: Options) -> object:
        """What it returns for these arguments."""
        function.used = True
        if self.depth >= MOST_DEEP:
            return Unknown()
        node, scope = function.node, Scope({}, function.scope)
        names = [each.arg for each in node.args.args]
        given = (function.owner, *arguments) if function.owner else arguments
        scope.values |= self._defaults(node.args, function.scope)
        scope.values |= {**dict(zip(names, given, strict=False)), **options}
        self.depth += 1
        try:
            return self.value(node.body, scope) if isinstance(node, ast.Lambda) else self.run(node.body, scope)
        finally:
            self.depth -= 1

    def _defaults(self, asked: ast.arguments, scope: Scope) -> dict[str, object]:
        last = [each.arg for each in asked.args[len(asked.args) - len(asked.defaults) :]]
        named = zip(last, asked.defaults, strict=True)
        alone = ((each.arg, value) for each, value in zip(asked.kwonlyargs, asked.kw_defaults, strict=True))
        return {name: self.value(value, scope) for name, value in (*named, *alone) if value}

    def instance(self, of: Class, arguments: Sequence[object], options: Options, line: int) -> Instance:
        of.used = True
        found = self.world.network(Instance(line, [of.node.name], of))
        begin = of.method("__init__")
        if begin:
            self.inside(Function(begin, of.scope, found), arguments, options)
        return found
