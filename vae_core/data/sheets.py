"""The text of CSV and TSV files, wherever they lie: the names in the first line, and the rows below."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from vae_core.data.raw import LONGEST
from vae_core.errors import LoupeError
from vae_core.settings import Settings

SUFFIXES = (".csv", ".tsv")
FIRST_LINE = 1_000_000  # letters that are looked at
Table = dict[str, list[str]]


@dataclass(frozen=True)
class Sheet:
    """A text that can be opened again and again, with its name for what has to be told of it."""

    name: str
    _open: Callable[[], IO[str]]

    @classmethod
    def at(cls, path: Path) -> Sheet:
        return cls(path.name, partial(path.open, encoding="utf-8-sig", newline=""))

    @classmethod
    def of(cls, name: str, content: bytes) -> Sheet:
        return cls(name, lambda: io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))

    @contextmanager
    def opened(self) -> Iterator[IO[str]]:
        """Its text, for Python's reader of CSV."""
        try:
            with self._open() as file:
                yield file
        except (UnicodeDecodeError, csv.Error) as error:
            raise LoupeError(
                f"{self.name} cannot be read as CSV ({error})",
                "A CSV file in UTF-8 was expected",
                "Save it as CSV UTF-8",
            ) from None

    def header(self) -> tuple[list[str], str]:
        """The first line's cells in small letters, and what stands between them."""
        with self.opened() as file:
            line = file.readline(FIRST_LINE)
            if not line.strip():
                raise LoupeError(f"{self.name} is empty", "A first line with the names of the columns was expected")
            delimiter = "\t" if self.name.lower().endswith(".tsv") else max(",;\t", key=line.count)
            return [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter))], delimiter

    def table(self, settings: Settings) -> Table:
        """Its columns of words by their names."""
        header, delimiter = self.header()
        doubled = [name for name in header if header.count(name) > 1]
        if doubled:
            raise LoupeError(f"{self.name} has two columns called '{doubled[0]}'", "Each name once was expected")
        with self.opened() as file:
            rows = _rows(file, delimiter, self.name, len(header), settings)
        if not rows:
            raise LoupeError(f"{self.name} lists no pictures", "A row for each picture was expected")
        return {name: list(cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True)}


def _rows(file: IO[str], delimiter: str, name: str, width: int, settings: Settings) -> list[list[str]]:
    reader = csv.reader(file, delimiter=delimiter)
    next(reader)
    rows = []
    for cells in filter(None, reader):
        _check_cells(cells, width, f"Line {reader.line_num} of {name}")
        rows.append([cell.strip() for cell in cells])
        if len(rows) > settings.max_files:
            raise LoupeError(
                f"{name} lists more than {settings.max_files:,} pictures",
                "Fewer were expected",
                "Raise the setting max_files if this is meant",
            )
    return rows


def _check_cells(cells: Sequence[str], width: int, line: str) -> None:
    if len(cells) != width:
        raise LoupeError(f"{line} has {len(cells)} cells", f"{width} were expected, as in its first line")
    longest = max(map(len, cells))
    if longest > LONGEST:
        raise LoupeError(f"{line} has a cell of {longest} letters", f"At most {LONGEST} were expected")
