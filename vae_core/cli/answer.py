"""What a command answers, and how it is shown: sentences and tables, or one JSON document."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from vae_core.errors import LoupeError


@dataclass(frozen=True)
class Answer:
    document: Any  # with --json
    text: str  # without


class WrongUse(LoupeError):
    """The command line itself cannot be right, whatever the state of the world."""


@contextmanager
def wrong_use() -> Iterator[None]:
    """What is refused here was asked for in a wrong way."""
    try:
        yield
    except WrongUse:
        raise
    except LoupeError as error:
        raise WrongUse(error.happened, error.expected, error.fix) from None


def add_json(parser: argparse.ArgumentParser, example: str) -> None:
    """What every command has: --json, and an example below its help."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.epilog = f"for example: python -m vae_core {example}"


def show(answer: Answer, as_json: bool) -> None:
    print(_json(answer.document) if as_json else answer.text, flush=True)


def show_error(error: LoupeError, as_json: bool) -> None:
    if as_json:
        parts = {"happened": error.happened, "expected": error.expected, "fix": error.fix}
        print(_json({"error": parts}), flush=True)
    print(error, file=sys.stderr)


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns as wide as they need; columns of numbers to the right."""
    rows = [list(row) for row in rows]
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    numeric = [all(_is_number(row[column]) for row in rows) for column in range(len(header))]
    return "\n".join(_line(line, widths, numeric) for line in cells)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = (c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, numeric))
    return "  ".join(padded).rstrip()


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
