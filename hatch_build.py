"""What the package asks for: requirements.txt, part by part. Hatchling calls it, since pyproject.toml cannot say so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

BASE, WHOLE = "looking", "train"
APART = {"cluster": ["psycopg[binary]~=3.2"]}  # for who has a database (docs/cluster.md); no lock and no whole has it
HEADING = re.compile(r"# \[(\w+)\]")


def parts(root: Path) -> dict[str, list[str]]:
    """The ranges below each heading of requirements.txt."""
    found: dict[str, list[str]] = {}
    for line in (root / "requirements.txt").read_text("utf-8").splitlines():
        if heading := HEADING.match(line):
            found[heading[1]] = []
        elif wanted := line.partition("#")[0].strip():
            list(found.values())[-1].append(wanted)
    return found


class Requirements(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        found = parts(Path(self.root))
        metadata["dependencies"] = found.pop(BASE)
        others = ",".join(name for name in found if name != WHOLE)
        found[WHOLE].insert(0, f"{metadata['name']}[{others}]")
        metadata["optional-dependencies"] = found | APART
