"""The statements of a program, one after the other. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from vae_core.design.pasted.expressions import Expressions
from vae_core.design.pasted.values import Class, Dotted, Function, Instance, Network, Node, Scope, Unknown

MOST_ROUNDS, FEW_ROUNDS = 64, 8  # of a loop


class Statements(Expressions):
    """Reads a program from its first line to its last."""

    def run(self, statements: Sequence[ast.stmt], scope: Scope) -> object:
        for statement in statements:
            self.world.budget.step()
            if isinstance(statement, ast.Return):
                return self.value(statement.value, scope) if statement.value else None
            read = getattr(self, f"_do_{type(statement).__name__.lower()}", None)
            found = read(statement, scope) if read else None
            if found is not None:
                return found
        return None

    def use_the_rest(self, scope: Scope) -> None:
        """What is defined and never used was pasted without the line that uses it."""
        for own in self.world.own:
            if not own.used and isinstance(own, Class):
                self._with_names(own, own.method("__init__"), scope)
            elif not own.used and isinstance(own, Function):
                self._with_names(own, own.node, scope)

    def _with_names(self, own: Function | Class, asked: ast.FunctionDef | ast.Lambda | None, scope: Scope) -> None:
        """For what it asks for it gets what has the same name."""
        names = [each.arg for each in asked.args.args] if asked else []
        given = {name: scope.values[name] for name in names if name in scope.values}
        found = self.apply(own, (), given, own.node.lineno)
        for each in found if isinstance(found, tuple) else (found,):
            _named(each, getattr(own.node, "name", ""))

    def _do_expr(self, node: ast.Expr, scope: Scope) -> None:
        self.value(node.value, scope)

    def _do_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self._bind(target, value, scope)

    def _do_annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value:
            self._bind(node.target, self.value(node.value, scope), scope)

    def _do_augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        whole = ast.copy_location(ast.BinOp(_as_read(node.target), node.op, node.value), node)
        self._bind(node.target, self.value(whole, scope), scope)

    def _bind(self, target: ast.AST, value: object, scope: Scope) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = _parts(value, len(target.elts))
            for each, part in zip(target.elts, parts, strict=False):
                self._bind(each, part, scope)
        elif isinstance(target, ast.Name):
            scope.values[target.id] = _named(value, target.id)
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, scope)
            if isinstance(owner, Instance):
                owner.held[target.attr] = _named(value, target.attr)

    def _do_functiondef(self, node: ast.FunctionDef, scope: Scope) -> None:
        scope.values[node.name] = self.world.program(Function(node, scope))

    def _do_classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        scope.values[node.name] = self.world.program(Class(node, scope))

    def _do_import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        """A name that stands for another is known by that one."""
        for alias in node.names:
            if alias.asname:
                scope.values[alias.asname] = Dotted(alias.name)

    _do_importfrom = _do_import

    def _do_if(self, node: ast.If, scope: Scope) -> object:
        """The first way, unless it is known that the other is gone."""
        test = self.value(node.test, scope)
        return self.run(node.orelse if test is False or test is None or test == 0 else node.body, scope)

    def _do_with(self, node: ast.With, scope: Scope) -> object:
        return self.run(node.body, scope)

    def _do_try(self, node: ast.Try, scope: Scope) -> object:
        return self.run(node.body, scope)

    def _do_for(self, node: ast.For, scope: Scope) -> object:
        """Over a short list that is known, again and again; a loop that makes nothing, as one that trains, once."""
        values = self.value(node.iter, scope)
        rounds: Sequence[object] = values if isinstance(values, list | tuple) else ()
        before = self.world.budget.nodes
        for place, each in enumerate(rounds if 0 < len(rounds) <= MOST_ROUNDS else [Unknown()]):
            self._bind(node.target, each, scope)
            found = self.run(node.body, scope)
            if found is not None:
                return found
            if place >= FEW_ROUNDS and self.world.budget.nodes == before:
                break
        return None


def _as_read(target: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    return ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target


def _parts(value: object, count: int) -> Sequence[object]:
    """Of what is taken apart; a layer's output, or what two of them became, goes into all."""
    if isinstance(value, list | tuple):
        return value
    return [value if isinstance(value, Node) else Unknown()] * count


def _named(value: object, name: str) -> object:
    if isinstance(value, Network) and name not in value.names:
        value.names.append(name)
    return value
