"""The licence of every package that an installation brings, as the package itself states it.

python -m bench.licences > docs/licences.md

`needed for` says which form of an installation has it first: looking, the base, or an extra (requirements.txt).
What only Windows or macOS needs is listed there.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hatch_build
from vae_core.settings import PROJECT

TITLE = """# Licences

What Latent Loupe stands on, and under which licence, in each package's own words. Latent Loupe itself is under the
[Apache License 2.0](../LICENSE). `python -m bench.licences` writes this list anew.

| package | licence | needed for |
|---|---|---|
"""
OWN = "latent-loupe"
CLASSIFIER = "License :: "
SHORT = 40  # characters; some packages give the text itself


def main() -> None:
    print(table(), end="")


def table() -> str:
    needed = needed_for()
    rows = (f"| {name} | {licence(distribution(name))} | {needed[name]} |\n" for name in sorted(needed))
    return TITLE + "".join(rows)


def needed_for() -> dict[str, str]:
    """Each package, and the first that brings it: looking, a small extra, or training."""
    found: dict[str, str] = {}
    for form, lines in hatch_build.parts(PROJECT).items():
        for name in _closure([Requirement(line) for line in lines]):
            found.setdefault(name, form)
    return found


def _closure(asked: list[Requirement]) -> set[str]:
    found: set[str] = set()
    while asked:
        each = asked.pop()
        name = canonicalize_name(each.name)
        if name not in found and name != OWN and (each.marker is None or each.marker.evaluate({"extra": ""})):
            found.add(name)
            asked += map(Requirement, distribution(name).requires or [])
    return found


def licence(package: Distribution) -> str:
    """By its expression, else by its own short word, else by the kinds that it is filed under, or its file's title."""
    about = package.metadata
    given, expression = ((about.get_all(name) or [""])[0] for name in ("License", "License-Expression"))
    kinds = ", ".join(_kinds(about.get_all("Classifier") or []))
    return expression or (given if len(given) <= SHORT else "") or kinds or _title(package)


def _title(package: Distribution) -> str:
    texts = (path.read_text() for path in package.files or () if path.stem.upper() == "LICENSE")
    lines = (line.strip() for text in texts for line in text.splitlines() if "License" in line)
    return next(lines, "not stated")


def _kinds(classifiers: list[str]) -> Iterator[str]:
    for line in classifiers:
        if line.startswith(CLASSIFIER):
            yield line.rpartition(" :: ")[2]


if __name__ == "__main__":
    main()
