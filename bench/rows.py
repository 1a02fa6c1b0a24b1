"""Rows that take minutes each: kept as they come, so that a bench that was broken off goes on where it was.

With `--out FILE` each row is added to the file as a line of JSON, and what the file has already is not measured again.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec

from vae_core.settings import PROJECT

Row = dict[str, Any]
Given = ParamSpec("Given")


def add_option(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep each row there; what is there is not repeated")


class Rows:
    """The rows of a bench. Each says on which machine, when and of which commit it was measured.

    What is asked of all rows is given here, as it decides whether a kept one will do."""

    def __init__(self, out: Path | None = None, **of_all: Any) -> None:
        self.out, self.of_all = out, of_all
        self.kept = _read(out) if out and out.exists() else []
        self.origin = {"machine": machine(), "date": date.today().isoformat(), "commit": _commit()}

    def lacks(self, asked: Row) -> bool:
        return self._find(asked) is None

    def take(self, asked: Row, measure: Callable[Given, Row], *arguments: Given.args, **named: Given.kwargs) -> Row:
        """The row that answers what is asked, measured unless it is there."""
        found = self._find(asked)
        if found is None:
            found = _plain({**self.of_all, **asked, **measure(*arguments, **named), **self.origin})
            self._keep(found)
        return found

    def _find(self, asked: Row) -> Row | None:
        wanted = _plain({**self.of_all, **asked}).items()
        return next((row for row in self.kept if wanted <= row.items()), None)

    def _keep(self, row: Row) -> None:
        line = json.dumps(row, ensure_ascii=False)
        print(line, file=sys.stderr, flush=True)
        if self.out:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            with self.out.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def _read(out: Path) -> list[Row]:
    """A row that a kill cut off is measured again, and the next one begins a line."""
    text = out.read_text("utf-8")
    if text and not text.endswith("\n"):
        with out.open("a", encoding="utf-8") as file:
            file.write("\n")
    found = []
    for line in text.splitlines():
        with suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return found


def _plain(row: Row) -> Row:
    """The row as it is read again: a kept one and a new one are told alike."""
    return dict(json.loads(json.dumps(row)))


def machine() -> str:
    """Its processor, where the system tells it, and its cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _commit() -> str:
    """Of this checkout; with a plus where something beside the docs has been changed since."""
    with suppress(OSError):  # git is not everywhere
        changed = _git("diff", "--quiet", "HEAD", "--", ".", ":!docs").returncode == 1
        return _git("rev-parse", "--short", "HEAD").stdout.strip() + "+" * changed
    return ""


def _git(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True)
