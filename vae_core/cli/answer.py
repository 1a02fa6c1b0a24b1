"""What a command answers, and how it is shown: sentences and tables, or one JSON document."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TextIO

from vae_core.errors import LoupeError, Repair
from vae_core.settings import Settings

# Control characters but for the end of a line and the tabulator, marks that turn text around, and halves of characters.
COMMANDING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f" r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069" r"\ud800-\udfff]"
)


@dataclass(frozen=True)
class Answer:
    document: object  # with --json
    text: str  # without


Command = Callable[[argparse.Namespace, Settings], Answer]


class WrongUse(LoupeError):
    """The command line itself cannot be right, whatever the state of the world."""


@contextmanager
def wrong_use() -> Iterator[None]:
    """Tell what is refused here as something that was asked for in a wrong way."""
    try:
        yield
    except WrongUse:
        raise
    except LoupeError as error:
        raise WrongUse(error.happened, error.expected, error.fix, error.repairs) from None


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its name, or the beginning of it")


PROGRAM = "python -m vae_core"


def lead_to(parser: argparse.ArgumentParser, command: Command, example: str, program: str = PROGRAM) -> None:
    """What every command has: what it does, --json, and an example below its help."""
    parser.set_defaults(command=command)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.epilog = f"for example: {program} {example}"


def show(answer: Answer, as_json: bool) -> None:
    _say(_json(answer.document) if as_json else answer.text, sys.stdout)


def complain(text: object) -> None:
    """Print beside the answer, for whoever sits there."""
    _say(str(text), sys.stderr)


def _say(text: str, stream: TextIO) -> None:
    """The only place that prints."""
    print(visible(text), file=stream, flush=True)


def visible(text: str) -> str:
    """A name or a note may come from anybody; what would move the cursor, colour the text or turn it around is shown
    as its number. In a JSON document, where it stands inside a string, that means the same character."""
    return COMMANDING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    return visible(text.replace("\n", "\\n").replace("\t", " "))


def show_error(error: LoupeError, as_json: bool) -> None:
    if as_json:
        parts = {"happened": error.happened, "expected": error.expected, "fix": error.fix}
        repairs = {"repairs": [asdict(repair) for repair in error.repairs]} if error.repairs else {}
        _say(_json({"error": parts, **repairs}), sys.stdout)
    complain(error)
    for repair in error.repairs:
        complain(f"fix: {repair.label}: {_options(repair)}")


def _options(repair: Repair) -> str:
    import shlex

    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in repair.settings.items())


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as they need; columns of numbers to the right, with equally many decimals."""
    rows = [list(row) for row in rows]
    columns = [_column(name, [row[place] for row in rows]) for place, name in enumerate(header)]
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _column(name: str, values: Sequence[object]) -> list[str]:
    numeric = all(value is None or isinstance(value, int | float) for value in values)
    largest = max((abs(value) for value in values if isinstance(value, float)), default=0)
    cells = [name, *(_cell(value, decimals=4 if largest < 10 else 2) for value in values)]
    width = max(map(len, cells))
    return [cell.rjust(width) if numeric else cell.ljust(width) for cell in cells]


def _cell(value: object, decimals: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.{decimals}f}"
    return f"{value:,}" if isinstance(value, int) else one_line(str(value))
