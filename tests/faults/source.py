"""Where a function stands in its file, and what the file is with a piece of that function replaced."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

PAIRS = {"(": ")", "{": "}"}
Span = tuple[int, int]


class Misfit(Exception):
    """The file is no longer what a fault expects."""


def changed(path: str, text: str, function: str, old: str, new: str) -> str:
    spans = list(_in_python(text, function) if path.endswith(".py") else _in_braces(text, function))
    places = [start + each.start() for start, end in spans for each in re.finditer(re.escape(old), text[start:end])]
    if len(places) != 1:
        where = f"{path}: {function}" if spans else f"{path} has no function {function}, which"
        raise Misfit(f"{where} holds {len(places)} times what should stand there once: {old}")
    made = text[: places[0]] + new + text[places[0] + len(old) :]
    if not is_whole(path, made):
        raise Misfit(f"{path} cannot be read with {new} in the place of {old}")
    return made


def is_whole(path: str, text: str) -> bool:
    """Whether Python can read it, or all brackets are closed."""
    if not path.endswith(".py"):
        return all(text.count(opened) == text.count(closed) for opened, closed in PAIRS.items())
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _in_python(text: str, function: str) -> Iterator[Span]:
    """There are several where a function is defined for each system."""
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    for node in _named(ast.parse(text), function):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        yield lines[first - 1], lines[node.end_lineno or first]


def _named(tree: ast.AST, name: str, before: str = "") -> Iterator[ast.FunctionDef]:
    for node in ast.iter_child_nodes(tree):
        inside = before
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inside = f"{before}{node.name}."
            if isinstance(node, ast.FunctionDef) and inside == f"{name}.":
                yield node
        yield from _named(node, name, inside)


def _in_braces(text: str, function: str) -> Iterator[Span]:
    """C, where `EXPORT(name)(...) {` is one too, and JavaScript, where "Class.method" is inside of `class Class {`."""
    *classes, name = function.split(".")
    start, end = 0, len(text)
    for each in classes:
        found = re.search(rf"\bclass {each} {{", text[start:end])
        if found is None:
            return
        start, end = start + found.end(), _closed(text, start + found.end() - 1)
    for found in re.finditer(rf"\b{name}\)?\(", text[start:end]):
        body = _closed(text, start + found.end() - 1)
        body += len(text[body:]) - len(text[body:].lstrip())
        if text[body : body + 1] == "{":
            yield start + found.start(), _closed(text, body)


def _closed(text: str, place: int) -> int:
    """Behind the bracket that closes the one at that place."""
    opened, closed, depth = text[place], PAIRS[text[place]], 0
    for end in range(place, len(text)):
        depth += (text[end] == opened) - (text[end] == closed)
        if depth == 0:
            return end + 1
    return len(text)
