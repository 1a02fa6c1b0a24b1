"""The text of CSV, TSV and JSON lines files, wherever they lie: names of columns, and the cells below each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, ClassVar

from vae_core.data.raw import LONGEST
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.words import some

TABLES = (".csv", ".tsv")
LINES = ".jsonl"
SUFFIXES = (*TABLES, LINES)
LONGEST_LINE = 1_000_000  # letters: of the first line of a table, of any of JSON
MOST_COLUMNS = 64  # of JSON lines, where each line may name others
Table = dict[str, list[str]]


@dataclass(frozen=True)
class Sheet:
    """A text that can be opened again and again, with its name for what has to be told of it."""

    name: str
    _open: Callable[[], IO[str]]
    kind: ClassVar[str] = "CSV"

    @classmethod
    def at(cls, path: Path) -> Sheet:
        return _class(path.name)(path.name, partial(path.open, encoding="utf-8-sig", newline=""))

    @classmethod
    def of(cls, name: str, content: bytes) -> Sheet:
        return _class(name)(name, lambda: io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))

    @contextmanager
    def opened(self) -> Iterator[IO[str]]:
        """Its text, for Python's readers of such files."""
        try:
            with self._open() as file:
                yield file
        except (UnicodeDecodeError, csv.Error) as error:
            raise LoupeError(
                f"{self.name} cannot be read as {self.kind} ({error})",
                f"{self.kind} in UTF-8 was expected",
                f"Save it as {self.kind} UTF-8",
            ) from None

    def header(self) -> tuple[list[str], str]:
        """The first line's cells in small letters, and what stands between them."""
        with self.opened() as file:
            line = file.readline(LONGEST_LINE)
            if not line.strip():
                raise LoupeError(f"{self.name} is empty", "A first line with the names of the columns was expected")
            delimiter = "\t" if self.name.lower().endswith(".tsv") else max(",;\t", key=line.count)
            return [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter))], delimiter

    def table(self, settings: Settings) -> tuple[Table, tuple[str, ...]]:
        """Its columns of words by their names, and what was left out."""
        header, delimiter = self.header()
        doubled = [name for name in header if header.count(name) > 1]
        if doubled:
            raise LoupeError(f"{self.name} has two columns called '{doubled[0]}'", "Each name once was expected")
        with self.opened() as file:
            rows = _rows(file, delimiter, self.name, len(header), settings)
        if not rows:
            raise _empty(self.name)
        return {name: list(cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True)}, ()


class Lines(Sheet):
    """JSON lines: an object a line. Its keys name the columns; a key that a line lacks is an empty cell."""

    kind = "JSON lines"

    def header(self) -> tuple[list[str], str]:
        with self.opened() as file:
            first = next(_objects(file, self.name), None)
        if first is None:
            raise _empty(self.name)
        return list(first), ""

    def table(self, settings: Settings) -> tuple[Table, tuple[str, ...]]:
        columns: Table = {}
        nested: set[str] = set()
        with self.opened() as file:
            for count, values in enumerate(_objects(file, self.name)):
                _check_count(count + 1, self.name, settings)
                nested.update(name for name, value in values.items() if isinstance(value, (dict, list)))
                columns |= {name: [""] * count for name in values if name not in columns}
                if len(columns) > MOST_COLUMNS:
                    told = f"{self.name} has more than {MOST_COLUMNS} keys"
                    raise LoupeError(told, "The same keys in each line were expected")
                for name, cells in columns.items():
                    cells.append("" if name in nested else _cell(values.get(name), self.name))
        if not columns:
            raise _empty(self.name)
        told = f"Left out: {some(sorted(nested), 5)} of {self.name}, more than a word or a number each"
        return {name: cells for name, cells in columns.items() if name not in nested}, (told,) if nested else ()


def _class(name: str) -> type[Sheet]:
    return Lines if name.lower().endswith(LINES) else Sheet


def first_row(name: str) -> int:
    """The line that tells of the first picture: in a table it stands below the names."""
    return 1 if _class(name) is Lines else 2


def _empty(name: str) -> LoupeError:
    return LoupeError(f"{name} lists no pictures", "A row for each picture was expected")


def _objects(file: IO[str], name: str) -> Iterator[dict[str, object]]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            pairs = json.loads(line, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError) as error:
            raise _no_object(f"{number} of {name}", f": {error}") from None
        if not isinstance(pairs, _Pairs):
            raise _no_object(f"{number} of {name}")
        values = {_cell(key, name).lower(): value for key, value in pairs}
        if len(values) < len(pairs):
            raise LoupeError(f"Line {number} of {name} has a key twice", "Each name once was expected")
        yield values


class _Pairs(list[tuple[str, object]]):
    """An object as it is written, where a key may come twice."""


def _no_object(line: str, error: str = "") -> LoupeError:
    return LoupeError(
        f"Line {line} is no object of JSON{error}", """A line such as {"file_name": "a.png"} was expected"""
    )


def _cell(value: object, name: str) -> str:
    """A value as a table would have it. Letters that are halves of one become a '?'."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    text = str(value).encode("utf-8", "replace").decode().strip()
    if len(text) > LONGEST:
        raise LoupeError(f"{name} has a cell of {len(text)} letters", f"At most {LONGEST} were expected")
    return text


def _rows(file: IO[str], delimiter: str, name: str, width: int, settings: Settings) -> list[list[str]]:
    reader = csv.reader(file, delimiter=delimiter)
    next(reader)
    rows = []
    for cells in filter(None, reader):
        _check_cells(cells, width, f"Line {reader.line_num} of {name}")
        rows.append([cell.strip() for cell in cells])
        _check_count(len(rows), name, settings)
    return rows


def _check_count(rows: int, name: str, settings: Settings) -> None:
    if rows > settings.max_files:
        raise LoupeError(
            f"{name} lists more than {settings.max_files:,} pictures",
            "Fewer were expected",
            "Raise the setting max_files if this is meant",
        )


def _check_cells(cells: Sequence[str], width: int, line: str) -> None:
    if len(cells) != width:
        raise LoupeError(f"{line} has {len(cells)} cells", f"{width} were expected, as in its first line")
    longest = max(map(len, cells))
    if longest > LONGEST:
        raise LoupeError(f"{line} has a cell of {longest} letters", f"At most {LONGEST} were expected")
