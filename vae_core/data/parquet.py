"""Parquet files with a column of pictures, as Hugging Face writes them; read group by group of their rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from vae_core.data import arrays, listings, manifests
from vae_core.data.archives import check_bounds
from vae_core.data.dataset import Array
from vae_core.data.listings import Listing, Reader
from vae_core.data.manifests import MEANINGS
from vae_core.data.raw import PART_WORDS, as_words
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.words import some

SUFFIX = ".parquet"
AT_ONCE = 2**26  # bytes that are unpacked at once: a value may stand in the file once and be meant by many rows
MOST_ROWS = 1024  # at once
KEPT_ROWS = 512  # of groups that were read already: threads do not ask in order


@contextmanager
def opened(paths: Sequence[Path], place: str, settings: Settings) -> Iterator[tuple[Listing, Reader]]:
    """The pictures of one file, or of several that say by their names which part they are."""
    with ExitStack() as stack:
        tables = [stack.enter_context(_opened(path, settings)) for path in paths]
        check_bounds(place, sum(table.count for table in tables), 0, settings)
        found = [table.listing("" if len(tables) == 1 else f"{table.name}, ") for table in tables]
        parts = [_part(table.name) for table in tables]
        if len(set(parts)) > 1 and all(parts):
            found = [
                each if each.parts is not None else replace(each, parts=np.full(len(each.names), part))
                for each, part in zip(found, parts, strict=True)
            ]
        listing = listings.joined(found)
        places = ((table, row) for table in tables for row in range(table.count))
        rows = dict(zip(listing.names, places, strict=True))

        def read(name: str) -> bytes:
            table, row = rows[name]
            return table.picture(row, name)

        yield replace(listing, notes=tuple(dict.fromkeys(listing.notes))), read


def _part(name: str) -> str:
    words = re.split(r"[^a-z0-9]+", name.lower())
    return next((PART_WORDS[word] for word in words if word in PART_WORDS), "")


@contextmanager
def _opened(path: Path, settings: Settings) -> Iterator[_Table]:
    import pyarrow.parquet

    with _told(path.name):
        file = pyarrow.parquet.ParquetFile(path)
    with file:
        with _told(path.name):
            table = _Table(file, path.name, settings)
        yield table


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Whatever Arrow raises of a file that is not what it says."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise LoupeError(
            f"{name} cannot be read as a Parquet file ({told})", "A sound one was expected", "Fetch it anew"
        ) from None


class _Table:
    """A file, of which the groups that were read last are kept. Several threads may ask."""

    def __init__(self, file: Any, name: str, settings: Settings) -> None:
        self.name, self._file, self._settings = name, file, settings
        self._schema, self._features = file.schema_arrow, _features(file.schema_arrow)
        self._image = self._image_column()
        groups = [file.metadata.row_group(place) for place in range(file.num_row_groups)]
        self._ends = np.cumsum([group.num_rows for group in groups], dtype=np.int64)
        self.count = int(self._ends[-1]) if groups else 0
        check_bounds(name, max(self.count, 0), 0, settings)
        for group in groups:
            check_bounds(name, 1, self._unpacked(group), settings)
        self._groups: dict[int, list[bytes | None]] = {}
        self._lock = Lock()

    @staticmethod
    def _unpacked(group: Any) -> int:
        return max((group.column(place).total_uncompressed_size for place in range(group.num_columns)), default=0)

    def _image_column(self) -> str:
        import pyarrow.types as kinds

        def holds_bytes(kind: Any) -> bool:
            return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind))

        found = []
        for field in self._schema:
            inner = field.type.field("bytes").type if _has_bytes(field.type) else field.type
            found += [field.name] if holds_bytes(inner) else []
        usual = [name for name in found if name.lower() in MEANINGS["path"]]
        chosen = found if len(found) == 1 else usual
        if len(chosen) == 1:
            return chosen[0]
        raise LoupeError(
            f"{self.name} has {'several columns' if found else 'no column'} of pictures"
            f": its columns are {some(self._schema.names, 8)}",
            "One column 'image' that holds pictures as they are in files was expected",
            "Rename the right one to 'image'" if found else "",
        )

    def listing(self, before: str) -> Listing:
        label, split = self._label_column(), self._named("split")
        names = [f"{before}row {row}" for row in range(1, self.count + 1)]
        cells = self._cells([name for name in (label, split) if name])
        parts = manifests.parts([str(cell) for cell in cells[split]]) if split else None
        used = {self._image, label, split}
        left_out = [name for name in self._schema.names if name not in used]
        notes = (f"Left out: the columns {some(left_out, 5)}",) if left_out else ()
        if not names:
            raise LoupeError(f"{self.name} is empty", "A row for each picture was expected")
        return Listing(names, self._labels(cells[label], label) if label else None, parts, notes=notes)

    def _named(self, meaning: str) -> str:
        names = {name.lower(): name for name in self._schema.names if name != self._image}
        return next((names[word] for word in MEANINGS[meaning] if word in names), "")

    def _label_column(self) -> str:
        """By its name, or the first that Hugging Face calls one of classes."""
        return self._named("label") or next((name for name in self._schema.names if self._features.get(name)), "")

    def _labels(self, cells: list[Any], column: str) -> Array | None:
        """-1 stands for a class that is not told."""
        unknown = [cell is None or cell == -1 for cell in cells]
        if all(unknown):
            return None
        if None in cells:
            told = f"Row {cells.index(None) + 1} of {self.name} has no label"
            raise LoupeError(told, "A label in every row or in none was expected")
        if all(type(cell) is str for cell in cells):
            return as_words(cells, "label")
        with _told(self.name):
            values = arrays.as_labels(np.array(cells), f"The column '{column}' of {self.name}", len(cells))
        return arrays.with_names(values, np.array(self._features.get(column) or [], dtype="U"))

    def _cells(self, columns: list[str]) -> dict[str, list[Any]]:
        cells: dict[str, list[Any]] = {name: [] for name in columns}
        if not columns:
            return cells
        with _told(self.name):
            for batch in (batch for group in range(len(self._ends)) for batch in self._batches(group, columns)):
                for name in columns:
                    cells[name] += batch.column(name).to_pylist()
        if any(len(values) != self.count for values in cells.values()):
            raise LoupeError(f"{self.name} is damaged: rows are missing", "A sound Parquet file was expected")
        return cells

    def picture(self, row: int, name: str) -> bytes:
        group = int(np.searchsorted(self._ends, row, "right"))
        with self._lock:
            if group not in self._groups:
                self._keep(group)
            start = int(self._ends[group - 1]) if group else 0
            rows = self._groups[group]
            content = rows[row - start] if row - start < len(rows) else None
        if content is None:
            raise LoupeError(f"{name} of {self.name} holds no picture", "The bytes of a picture were expected in each")
        return content

    def _keep(self, group: int) -> None:
        while len(self._groups) > 1 and sum(map(len, self._groups.values())) > KEPT_ROWS:
            del self._groups[next(iter(self._groups))]
        rows: list[bytes | None] = []
        total = 0
        with _told(self.name):
            for batch in self._batches(group, [self._image]):
                cells = batch.column(self._image)
                cells = cells.field("bytes") if _has_bytes(cells.type) else cells
                total += cells.nbytes
                check_bounds(self.name, 1, total, self._settings)
                rows += cells.to_pylist()
        self._groups[group] = rows

    def _batches(self, group: int, columns: Sequence[str]) -> Iterator[Any]:
        """So few rows at once that they are small even where each is as large as the file says that all are."""
        largest = self._unpacked(self._file.metadata.row_group(group))
        rows = min(MOST_ROWS, max(1, AT_ONCE // max(1, largest)))
        yield from self._file.iter_batches(rows, row_groups=[group], columns=list(columns), use_threads=False)


def _has_bytes(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_struct(kind) and kind.get_field_index("bytes") >= 0)


def _features(schema: Any) -> dict[str, list[str]]:
    """What the numbers of each column of classes mean, where the file says so in Hugging Face's way."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        lists = {name: feature["names"] for name, feature in features.items() if "names" in feature}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {name: names for name, names in lists.items() if _are_names(names)}


def _are_names(names: Any) -> bool:
    return isinstance(names, list) and all(type(name) is str for name in names)
