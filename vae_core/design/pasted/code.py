"""A program in Python, as it was pasted: it is parsed and followed, never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from vae_core.design.pasted import training
from vae_core.design.pasted.chains import Told, Tracer
from vae_core.design.pasted.library import World
from vae_core.design.pasted.split import Part
from vae_core.design.pasted.statements import Statements
from vae_core.design.pasted.training import Settings
from vae_core.design.pasted.values import Scope
from vae_core.errors import LoupeError

MOST_DEEP = 60  # expressions inside each other
UNSEEN = "\ufffd"  # for what would turn a line around or command a terminal


class Program:
    """What was found in it."""

    def __init__(self, text: str) -> None:
        self.tree = _parsed(text)
        self.world, self.scope = World(), Scope()
        self.reader = Statements(self.world)
        self.reader.run(self.tree.body, self.scope)
        self.reader.use_the_rest(self.scope)

    def parts(self) -> list[Part]:
        tracer = Tracer(self.world.budget)
        found = []
        for network in tuple(self.world.networks):
            graph = self.reader.graph(network)
            if graph.outputs:
                found.append(Part(tuple(network.names), tracer.longest(graph.outputs)))
        return found

    def settings(self) -> tuple[Settings, list[Told]]:
        return training.read(self.world, self.tree, self.scope)


def _parsed(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_without_shell(text))
    except SyntaxError as error:
        where = f"Line {error.lineno} is not Python: " if error.lineno else "This is not Python: "
        raise LoupeError(f"{where}{error.msg}", "Keras code, or what model.summary() prints, was expected") from None
    except (ValueError, RecursionError, MemoryError):
        raise _too_deep() from None
    if _depth(tree) > MOST_DEEP:
        raise _too_deep()
    return tree


def _too_deep() -> LoupeError:
    return LoupeError("The text is nested too deeply to be read", "A program of usual form was expected")


def _without_shell(text: str) -> str:
    """Notebooks have lines that are no Python; they are left empty, so that lines keep their numbers."""
    return "\n".join("" if line.lstrip()[:1] in ("!", "%") else line for line in text.splitlines())


def _depth(tree: ast.Module) -> int:
    level, depth = [tree], 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]  # type: ignore[misc]
        depth += 1
    return depth


def lines_of(told: list[Told]) -> Iterator[str]:
    seen = set()
    for line, text in sorted(told):
        if (line, text) not in seen:
            seen.add((line, text))
            yield f"Line {line}: {''.join(sign if sign.isprintable() else UNSEEN for sign in text)}."
