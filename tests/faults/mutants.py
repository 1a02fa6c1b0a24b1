"""Random faults, by the operators of the library cosmic-ray. The same sources and seed give the same ones."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

LEAST = 30  # possible mutants of a module that takes part in the draw
DRAWN_FROM = ("vae_core", "ui")


@dataclass(frozen=True)
class Mutant:
    name: str
    path: str
    text: str  # of the whole file
    told: str


def drawn(tree: Path, named: Sequence[str], lots: int, count: int, seed: int) -> list[Mutant]:
    """From the named modules, and from as many others as there are lots; about `count` in all."""
    each = count // max(1, len(named) + lots)
    found = [list(islice(_mutants(tree, path, seed), each)) for path in named]
    others = [path for path in _modules(tree) if path not in named]
    random.Random(f"{seed}").shuffle(others)
    while lots and others:
        some = list(islice(_mutants(tree, others.pop(), seed), max(LEAST, each)))
        if len(some) >= LEAST:
            found.append(some[:each])
            lots -= 1
    return [mutant for some in found for mutant in some]


def _modules(tree: Path) -> list[str]:
    return sorted(path.relative_to(tree).as_posix() for top in DRAWN_FROM for path in (tree / top).rglob("*.py"))


def _mutants(tree: Path, path: str, seed: int) -> Iterator[Mutant]:
    """In a random order; without those that change nothing when the program runs, and those that are no Python."""
    from cosmic_ray.mutating import mutate_code

    text = (tree / path).read_text("utf-8")
    places = _places(text)
    random.Random(f"{seed} {path}").shuffle(places)
    seen = {_meaning(text)}
    for operator, occurrence, line in places:
        with suppress(Exception):  # some operators cannot do with all that they find
            made = mutate_code(text, _operator(operator), occurrence)
            meaning = _meaning(made)
            if meaning not in seen:
                seen.add(meaning)
                yield Mutant(f"{path}:{line} {operator.partition('/')[2]} {occurrence}", path, made, _told(text, made))


def _places(text: str) -> list[tuple[str, int, int]]:
    """Operator, which of its occurrences, and the line."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(ast_nodes(get_ast(text)))
    found: list[tuple[str, int, int]] = []
    for name in sorted(operator_names()):
        if not get_operator(name).arguments():  # the others need to be told of variables
            with suppress(AttributeError, IndexError):
                lines = [start[0] for node in nodes for start, _ in _operator(name).mutation_positions(node)]
                found += [(name, occurrence, line) for occurrence, line in enumerate(lines)]
    return found


def _operator(name: str) -> Any:
    from cosmic_ray.plugins import get_operator

    return get_operator(name)()


def _meaning(text: str) -> str:
    """What is left of it when it runs."""
    return ast.dump(Running().visit(ast.parse(text)))


class Running(ast.NodeTransformer):
    """Takes away annotations, docstrings and what only a type checker sees."""

    def visit_If(self, node: ast.If) -> ast.AST:
        return ast.Pass() if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass() if isinstance(node.value, ast.Constant) else self.generic_visit(node)


def _told(text: str, made: str) -> str:
    """The first line that differs."""
    lines = [*difflib.unified_diff(text.splitlines(), made.splitlines(), n=0, lineterm="")][3:]
    gone, come = (next((line[1:].strip() for line in lines if line[0] == sign), "") for sign in "-+")
    return f"`{gone}` becomes `{come}`" if come else f"`{gone}` is gone"
