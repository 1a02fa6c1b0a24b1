"""The house rules, read from the source, and what a fresh process has loaded."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import loaded_by, settings_in

import hatch_build

ROOT = Path(__file__).resolve().parents[1]
# A part imports from its own floor or a lower one. `cli` and the pages are the roof.
FLOORS = {
    "errors": 0,
    "settings": 0,
    "disk": 0,
    "checked": 0,
    "words": 0,
    "glossary": 0,
    "extras": 0,
    "place": 0,
    "design": 1,
    "data": 1,
    "runs": 2,
    "search": 3,
    "look": 3,
    "share": 4,
    "learn": 5,
    "cli": 6,
}
ROOF = max(FLOORS.values()) + 1
# The rooms of the pages, likewise: what a room shares with others stands on a lower floor.
ROOMS = {
    "serving": 0,
    "components": 1,
    "form": 2,
    "explore": 2,
    "judge": 2,
    "data": 3,
    "project": 3,
    "compare": 3,
    "home": 4,
    "site": 4,
    "tune": 4,
    "train": 5,
}
SHARED = ROOMS["components"]  # and so are the files in no room
TRAINER = {"tensorflow", "keras"}
SERVER = {"streamlit", "ui", "pages"}
DRAWS_LETTERS = "vae_core.data.letters"  # in a process of its own
CACHES = {f"{module}.{name}" for module in ("st", "streamlit") for name in ("cache_data", "cache_resource")}
CACHES |= {f"functools.{name}" for name in ("cache", "lru_cache", "cached_property")}
STORES = {Path("vae_core", name) for name in ("runs/run.py", "runs/work.py", "runs/tasks.py", "search/study.py")}
CACHED = ("ui", "cached")
ACTS = Path("ui/acts.py")
# What changes or takes away what somebody owns. Of a page only the room above may do it: it asks whose it is.
OWNED = {"jobs.request_stop", "store.remove", "tasks.remove", "study.remove", "Study.stop"}
OWNED |= {"catalog.remove", "originals.remove", "versions.adopt"}
OWNED_METHODS = {"set_card", "set_budget", "set_status", "request_stop"}
COMMAND = ("latent_loupe", "cli")  # the command hands its words on
PAGE_LINES = 65
# Half of the functions have at most 6 lines, one in a hundred more than 20, none more than 30.
MEDIAN_LINES, MANY_LINES, SHARE_OF_LONG, MOST_LINES = 6, 20, 1 / 100, 30
MOST_ANY = 180  # it was 464 in commit 72e0e8e
AS_WRITTEN = {"vae_core/design/declared.py", "tests/faults/known.py"}  # one long table each, a row a thing
MUTATORS = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "remove", "discard", "clear"}
MUTABLE_CALLS = {"list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque", "bytearray"}


@dataclass(frozen=True)
class Module:
    path: Path  # from the project's root
    tree: ast.Module
    nodes: tuple[ast.AST, ...]  # all of the tree
    lines: int

    @property
    def name(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def floor(self) -> int | None:
        """None outside the core."""
        parts = self.path.with_suffix("").parts
        return FLOORS.get(parts[1], ROOF) if parts[0] == "vae_core" and parts[1] != "__init__" else None

    def imports(self) -> Iterator[str]:
        """Every imported name in full, wherever it stands in the file, relative ones resolved."""
        package = self.path.parts[:-1]
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = list(package[: len(package) - node.level + 1]) if node.level else []
                base += node.module.split(".") if node.module else []
                yield from (".".join([*base, alias.name]) for alias in node.names)


def read(root: Path) -> list[Module]:
    tops = ("vae_core", "ui", "pages", "latent_loupe")
    places = [root / "app.py", *(path for top in tops for path in (root / top).rglob("*.py"))]
    return [_module(path, root) for path in sorted(places) if path.is_file()]


def _module(path: Path, root: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    return Module(path.relative_to(root), tree, tuple(ast.walk(tree)), len(text.splitlines()))


def broken_imports(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        top = module.path.parts[0]
        for name in module.imports():
            first, part = name.split(".")[0], (name.split(".") + [""])[1]
            if first in TRAINER and module.path.parts[:2] != ("vae_core", "learn"):
                yield f"{module.path} imports {name}: only vae_core/learn may"
            if top == "vae_core" and first in SERVER:
                yield f"{module.path} imports {name}: the core knows no pages"
            if top == "ui" and first == "ui" and _is_above(part, module.path.parts[1]):
                yield f"{module.path} imports {name}: a room above"
            if top == "ui" and first in {"pages", "app"}:
                yield f"{module.path} imports {name}: ui knows no pages"
            if first == "vae_core" and part in {"learn", "cli"} and top != "vae_core" and (top, part) != COMMAND:
                yield f"{module.path} imports {name}: pages and trainer meet through files only"
            if first == "vae_core" and module.floor is not None and FLOORS.get(part, 0) > module.floor:
                yield f"{module.path} imports {name}: a higher floor"
            if first == "matplotlib" and module.name != DRAWS_LETTERS:
                yield f"{module.path} imports {name}: only the scripts that we write do"
            if top in {"pages", "app.py"} and first in {"numpy", "pandas"}:
                yield f"{module.path} imports {name}: a page does no arithmetic"


def _is_above(room: str, own: str) -> bool:
    theirs, ours = ROOMS.get(room, SHARED), ROOMS.get(own, SHARED)
    return room != own and (theirs > ours or theirs == ours != SHARED)


def circles(modules: list[Module]) -> Iterator[str]:
    known = {module.name for module in modules}
    edges = {m.name: {target for name in m.imports() if (target := _module_of(name, known))} for m in modules}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield " -> ".join([*path[path.index(name) :], name])
        elif name not in done:
            for target in sorted(edges[name] - {name}):
                yield from visit(target, (*path, name))
            done.add(name)

    for name in sorted(edges):
        yield from visit(name, ())


def _module_of(name: str, known: set[str]) -> str:
    """The module that an import of this name reads: `a.b.c` is the module a.b.c or a name in a.b."""
    return name if name in known else parent if (parent := name.rpartition(".")[0]) in known else ""


def foreign_file_names(modules: list[Module]) -> Iterator[str]:
    """What the stores name in a run's folder, nobody else may name."""
    names = {text for m in modules if m.path in STORES for text in _strings(m) if re.fullmatch(r"\w+\.[a-z]+", text)}
    for module in modules:
        if module.path not in STORES:
            yield from (f"{module.path} names {text}" for text in _strings(module) if text.split("/")[-1] in names)


def _strings(module: Module) -> Iterator[str]:
    return (node.value for node in module.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def written_in_place(modules: list[Module]) -> Iterator[str]:
    """What a full disk would destroy. executed.py writes into a folder of its own, which goes when it is done."""
    apart = {Path("vae_core/share", name) for name in ("outgoing.py", "executed.py")}
    for module in modules:
        if module.path.parts[:2] in {("vae_core", "cli"), ("vae_core", "share")} and module.path not in apart:
            names = {node.attr for node in module.nodes if isinstance(node, ast.Attribute)}
            for name in names & {"write_bytes", "write_text"}:
                yield f"{module.path} calls {name}: share/outgoing.py writes what leaves the house"


def caches(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        if module.path.parts[:2] != CACHED:
            uses = (ast.unparse(node) for node in module.nodes if isinstance(node, ast.Attribute))
            for name in {*module.imports(), *uses} & CACHES:
                yield f"{module.path} caches ({name})"


def acts_elsewhere(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        if module.path.parts[0] in {"ui", "pages"} and module.path != ACTS:
            used = [node for node in module.nodes if isinstance(node, ast.Attribute)]
            names = {ast.unparse(node) for node in used} | {".".join(name.split(".")[-2:]) for name in module.imports()}
            for name in names & OWNED | {node.attr for node in used} & OWNED_METHODS:
                yield f"{module.path} does {name}: only ui/acts.py asks whose it is"


def mutable_state(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        names = {name for node in module.tree.body for name in _mutable_names(node)}
        for node in module.nodes:
            if isinstance(node, ast.Global):
                yield f"{module.path}:{node.lineno} has a global statement"
            if (name := _mutated(node)) in names:
                yield f"{module.path}:{node.lineno} changes {name}, which all users share"


def _mutable_names(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = getattr(node, "value", None)
    displays = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    called = getattr(value.func, "id", getattr(value.func, "attr", "")) if isinstance(value, ast.Call) else ""
    if isinstance(value, displays) or called in MUTABLE_CALLS:
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _mutated(node: ast.AST) -> str:
    """The name whose value this node changes in place."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        return getattr(node.func.value, "id", "")
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return getattr(node.value, "id", "")
    return getattr(node.target, "id", "") if isinstance(node, ast.AugAssign) else ""


def long_pages(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        if module.path.parts[0] in {"app.py", "pages"} and module.lines > PAGE_LINES:
            yield f"{module.path} has {module.lines} lines"


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Their names and lines."""
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def long_functions(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        for name, lines in functions(module):
            if lines > MOST_LINES:
                yield f"{module.path}: {name} has {lines} lines"


def unsaid(modules: list[Module]) -> int:
    """How often the core says of a type that it is any."""
    nodes = (node for module in modules if module.path.parts[0] == "vae_core" for node in module.nodes)
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)


def findings(modules: list[Module]) -> list[str]:
    rules = (
        broken_imports,
        circles,
        foreign_file_names,
        written_in_place,
        caches,
        acts_elsewhere,
        mutable_state,
        long_pages,
        long_functions,
    )
    return [finding for rule in rules for finding in rule(modules)]


@pytest.fixture(scope="module")
def ours() -> list[Module]:
    return read(ROOT)


def test_the_house_rules_hold(ours):
    assert not findings(ours)


def test_every_package_that_is_imported_is_asked_for(ours):
    """What another package brings along today may be gone with its next version."""
    asked = {canonicalize_name(Requirement(line).name) for part in hatch_build.parts(ROOT).values() for line in part}
    installed = packages_distributions()
    for module in ours:
        for name in module.imports():
            brought_by = {canonicalize_name(each) for each in installed.get(name.split(".")[0], ())}
            assert not brought_by or brought_by & asked, f"{module.path} imports {name}"


def test_functions_stay_short(ours):
    lines = [lines for module in ours for _, lines in functions(module)]
    assert statistics.median(lines) <= MEDIAN_LINES
    assert sum(each > MANY_LINES for each in lines) <= SHARE_OF_LONG * len(lines)


def test_the_core_says_of_what_types_its_values_are(ours):
    assert unsaid(ours) <= MOST_ANY


def test_there_is_one_formatting():
    tops = ("vae_core", "latent_loupe", "ui", "pages", "bench", "tests")
    files = [path for top in tops for path in (ROOT / top).rglob("*.py") if path != Path(__file__)]
    marked = [
        path for path in files for line in path.read_text("utf-8").splitlines() if re.search("# fmt: *(skip|off)", line)
    ]
    assert {path.relative_to(ROOT).as_posix() for path in marked} == AS_WRITTEN and len(marked) == len(AS_WRITTEN)


def test_the_plan_of_the_house_is_true():
    """docs/architecture.md names every room, and nothing that is not there."""
    plan = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("```")[1]
    written = ("*.py", "*.js")
    rooms = {path.parent for top in ("ui", "vae_core") for kind in written for path in (ROOT / top).rglob(kind)}
    named = set(re.findall(r"([\w.]+)/", plan))
    assert {room.name for room in rooms} <= named
    there = {path.name for path in ROOT.glob("*")} | {room.name for room in rooms}
    assert {name for name in named - there if not list(ROOT.glob(f"*/{name}"))} == set()
    tops = ("ui", "vae_core", "bench", "pages", "latent_loupe")
    files = {path.name for top in tops for path in (ROOT / top).rglob("*")}
    assert set(re.findall(r"\w+\.(?:py|js|c)\b", plan)) - {"app.py"} <= files


@pytest.mark.parametrize(
    ("path", "text", "finding"),
    [
        ("vae_core/look/codes.py", "def f():\n    import keras.layers", "only vae_core/learn may"),
        ("vae_core/look/codes.py", "from streamlit import cache", "the core knows no pages"),
        ("ui/form/widgets.py", "import pages.home", "ui knows no pages"),
        ("ui/cached/searches.py", "from ui.tune import figures", "a room above"),
        ("ui/judge/odd.py", "from ui.explore import grid", "a room above"),
        ("ui/form/widgets.py", "from vae_core.learn import training", "meet through files only"),
        ("latent_loupe/__init__.py", "from vae_core.learn import training", "meet through files only"),
        ("vae_core/runs/jobs.py", "from ..look import codes", "a higher floor"),
        ("vae_core/look/codes.py", "from vae_core import learn", "a higher floor"),
        ("vae_core/settings.py", "from .design import config", "a higher floor"),
        ("vae_core/look/codes.py", "from matplotlib import cm", "only the scripts that we write do"),
        ("pages/home.py", "import numpy as np", "a page does no arithmetic"),
        ("vae_core/design/config.py", "from . import mirror", "vae_core.design.config -> vae_core.design.mirror"),
        ("vae_core/look/codes.py", "path = run.path / 'status.json'", "names status.json"),
        ("vae_core/cli/data.py", "def f(path):\n    path.write_bytes(b'')", "calls write_bytes"),
        ("ui/charts.py", "@st.cache_data\ndef f(): pass", "caches (st.cache_data)"),
        ("vae_core/design/config.py", "from functools import cache", "caches (functools.cache)"),
        ("ui/home/cards.py", "def f(run):\n    store.remove(run)", "does store.remove"),
        ("ui/home/cards.py", "from vae_core.runs.store import remove", "does store.remove"),
        ("ui/home/cards.py", "def f(run):\n    run.set_card(owner='me')", "does set_card"),
        ("vae_core/data/catalog.py", "SEEN: list[str] = []\ndef f(x): SEEN.append(x)", "changes SEEN"),
        ("vae_core/data/catalog.py", "SEEN = dict()\ndef f(x): SEEN[x] = 1", "changes SEEN"),
        ("vae_core/data/catalog.py", "seen = 0\ndef f():\n    global seen", "global statement"),
        ("app.py", "\n" * 100, "has 100 lines"),
        ("ui/form/widgets.py", "def f():\n" + "    print()\n" * 50, "f has 51 lines"),
    ],
)
def test_a_broken_rule_is_found(tmp_path, path, text, finding):
    files = {
        "vae_core/runs/run.py": "NAME = 'status.json'",
        "vae_core/design/mirror.py": "from vae_core.design.config import Config",
        "vae_core/learn/training.py": "import keras\nfrom vae_core.runs.run import Run",
        "ui/cached/__init__.py": "import streamlit as st\n@st.cache_data(max_entries=4)\ndef f(): pass",
    }
    _write(tmp_path, files)
    assert not findings(read(tmp_path))
    _write(tmp_path, {path: text})
    told = findings(read(tmp_path))
    assert any(finding in each for each in told), told


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


FIRST_PAGE = "from ui import frame; from ui.home import cards, table, welcome"
HEAVY = {
    *TRAINER,
    "streamlit",
    "pandas",
    "matplotlib",
    "sklearn",
    "scipy",
    "optuna",
    "PIL",
    "pooch",
    "requests",
    "ai_edge_litert",
}


@pytest.mark.parametrize(
    ("code", "banned"),
    [("import vae_core", HEAVY), (FIRST_PAGE, HEAVY - {"streamlit", "PIL"})],
    ids=["import vae_core", "the first page"],
)
def test_a_light_start(code, banned, settings):
    """The command line's start is in test_cli.py."""
    assert not loaded_by(code, settings) & {*banned, "numpy"}


def test_below_the_trainer_nothing_heavy_is_loaded_before_it_is_used(ours, settings):
    names = [m.name for m in ours if m.floor is not None and m.floor < FLOORS["learn"]]
    code = "import importlib\n" + "\n".join(f"importlib.import_module('{name}')" for name in names)
    assert not loaded_by(code, settings) & HEAVY


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What it has loaded when it is about to begin."""
    return loaded_by("import vae_core.learn.training", settings_in(tmp_path_factory.mktemp("trainer")))


def test_the_trainer_does_not_wait_for_what_only_keras_asks_for(trainer):
    """`vae_core/learn/__init__.py` hides them while Keras is imported, which saves 1.5 s of a processor at the start of
    every training. This fails where the hiding no longer works, or something of ours loads them."""
    assert "keras" in trainer and not trainer & {"matplotlib", "pandas", "sklearn"}


def test_the_trainer_has_no_page_server(trainer):
    assert not trainer & SERVER


def test_the_package_names_what_it_is_made_of():
    """A part nobody put on a floor would be above all of them."""
    parts: Iterable[Path] = (path for path in (ROOT / "vae_core").iterdir() if not path.stem.startswith("__"))
    assert {path.stem for path in parts} <= set(FLOORS)
