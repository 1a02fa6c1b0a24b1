"""Which test files have to do with a file of the project, by who imports it, and in which order they are asked."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

FOLDERS = ("vae_core", "ui", "pages", "tests")
BROWSER = "conftest.chromium"
PROCESSES = re.compile(r"\b(subprocess|run_cli|cli|trained|own|AppTest|visit|jobs\.start)\b")  # or what takes as long
OURS = {"faults", "test_faults.py"}  # they name files that they do not test
LEVELS = 2  # how many distances are asked, from the smallest
Imports = dict[str, set[str]]


class Related:
    """The imports of one tree."""

    def __init__(self, tree: Path) -> None:
        paths = [tree / "app.py", *(path for folder in FOLDERS for path in sorted((tree / folder).rglob("*.py")))]
        texts = {path.relative_to(tree): path.read_text("utf-8") for path in paths if path.is_file()}
        self.texts = {path: text for path, text in texts.items() if not (OURS & {*path.parts})}
        self.modules = {_module(path): path for path in self.texts}
        self.imports: Imports = {}
        for path, text in self.texts.items():
            self._read(path, ast.parse(text))

    def stages(self, path: str) -> list[list[str]]:
        """Test files in groups, each for one call of pytest: the nearest first, and of these the cheapest."""
        near = self._distances(path)
        found = {self.modules[name]: far for name, far in near.items() if self._is_test(name)}
        most = min(found.values(), default=0) + LEVELS
        ranked = sorted(
            (far, self._cost(each), Path(path).stem not in each.stem, str(each))
            for each, far in found.items()
            if far < most
        )
        return [[each[-1] for each in group] for _, group in groupby(ranked, key=lambda each: each[:2])]

    def _distances(self, path: str) -> dict[str, int]:
        """1 for who imports the file, 2 for who imports these, and so on. What is no Python is imported by its name."""
        name = re.compile(rf"\b{re.escape(Path(path).stem)}\.(c|js|wasm)\b")
        edge = {_module(Path(path))} if path.endswith(".py") else set()
        near = {} if edge else {_module(each): 1 for each, text in self.texts.items() if name.search(text)}
        far, edge = (0, edge) if edge else (1, set(near))
        while edge:
            far += 1
            edge = {each for each, imports in self.imports.items() if imports & edge} - set(near)
            near |= dict.fromkeys(edge, far)
        return near

    def _is_test(self, name: str) -> bool:
        path = self.modules.get(name)
        return path is not None and path.parts[0] == "tests" and path.name.startswith("test_")

    def _cost(self, path: Path) -> int:
        if BROWSER in self._fixtures(_module(path)):
            return 2
        return 1 if PROCESSES.search(self.texts[path]) else 0

    def _fixtures(self, name: str) -> set[str]:
        """Those that a test names, and those that these name."""
        found: set[str] = set()
        left = [name]
        while left:
            new = {each for each in self.imports.get(left.pop(), ()) if each.startswith("conftest.")} - found
            found |= new
            left += new
        return found

    def _read(self, path: Path, tree: ast.Module) -> None:
        """A test imports those fixtures that it names: the other ones of conftest.py have nothing to do with it."""
        name, fixtures = _module(path), {}
        if name == "conftest":
            fixtures = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
        for each, body in fixtures.items():
            self.imports[f"conftest.{each}"] = {*self._imported(path, body), *_fixture_names(body)}
        self.imports[name] = {*self._imported(path, tree), *(_fixture_names(tree) if path.parts[0] == "tests" else ())}

    def _imported(self, path: Path, tree: ast.AST) -> Iterator[str]:
        for node in _running(tree):
            if isinstance(node, ast.Import):
                yield from (self._known(alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = [*path.parts[: -node.level]] if node.level else []
                base += node.module.split(".") if node.module else []
                yield from (self._known(".".join([*base, alias.name])) for alias in node.names)
            elif path.parts[0] == "tests" and isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from self._pages(node.value)

    def _known(self, name: str) -> str:
        """`a.b.c` is the module a.b.c or a name in a.b."""
        return name if name in self.modules or name.startswith("conftest.") else name.rpartition(".")[0]

    def _pages(self, text: str) -> Iterator[str]:
        """A test that runs app.py or a page does not import it."""
        for page in re.findall(r"\bapp(?=\.py\b)|\bpages/\w*(?=\.py\b|$)", text):
            yield from fnmatch.filter(self.modules, "pages.*" if page == "pages/" else page.replace("/", "."))


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts[1:] if parts[0] == "tests" else parts)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """All that is there when the program runs."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from _running(node)


def _fixture_names(tree: ast.AST) -> Iterator[str]:
    """Whatever could be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.Name):
            yield f"conftest.{node.arg if isinstance(node, ast.arg) else node.id}"
