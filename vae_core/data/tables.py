"""CSV files: a manifest that lists pictures, or a table of labels and pixels."""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from vae_core.checked import is_number
from vae_core.data import arrays, images
from vae_core.data.archives import is_outside
from vae_core.data.dataset import Array
from vae_core.data.download import Progress
from vae_core.data.fitting import Fitting
from vae_core.data.raw import LONGEST, PART_WORDS, Raw, as_words
from vae_core.data.sources import Source, open_source
from vae_core.errors import LoupeError
from vae_core.settings import Settings

MEANINGS = ("path", "label", "split", "group")
Table = dict[str, list[str]]


def is_manifest(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and path.is_file() and "path" in _header(path)[0]


def _header(path: Path) -> tuple[list[str], str]:
    """The first line's cells in small letters, and what stands between them."""
    with _opened(path) as file:
        line = file.readline(1_000_000)
        if not line.strip():
            raise LoupeError(f"{path.name} is empty", "A first line with the names of the columns was expected")
        delimiter = max(",;\t", key=line.count)
        return [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter))], delimiter


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Its text, for Python's reader of CSV."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except (UnicodeDecodeError, csv.Error) as error:
        raise LoupeError(
            f"{path.name} cannot be read as CSV ({error})", "A CSV file in UTF-8 was expected", "Save it as CSV UTF-8"
        ) from None


def read_manifest(
    path: Path, pictures: Path | None, settings: Settings, fitting: Fitting, progress: Progress | None = None
) -> Raw:
    """The pictures that a manifest lists: column `path`, any of `label`, `split`, `group`; further columns are kept."""
    table = _read_table(path, settings)
    names = [_clean(name, row) for row, name in enumerate(table["path"], 2)]
    place = pictures or _find_pictures(path, names[0], settings)
    with open_source(place, settings) as source:
        _check_listed(names, source, place.name, settings)
        pixels, notes, warnings = images.read_all(names, source.read, settings, fitting, progress)
    further = {name: _as_numbers(cells) for name, cells in table.items() if name not in MEANINGS}
    parts = np.array([_part(word, row) for row, word in enumerate(table["split"], 2)]) if "split" in table else None
    groups = as_words(table["group"], "group") if "group" in table else None
    return Raw(pixels, _labels(table.get("label"), path.name), parts, groups, further, notes, warnings)


def _read_table(path: Path, settings: Settings) -> Table:
    header, delimiter = _header(path)
    doubled = [name for name in header if header.count(name) > 1]
    if doubled:
        raise LoupeError(f"{path.name} has two columns called '{doubled[0]}'", "Each name once was expected")
    with _opened(path) as file:
        rows = _rows(file, delimiter, path.name, len(header), settings)
    if not rows:
        raise LoupeError(f"{path.name} lists no pictures", "A row for each picture was expected")
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


def _clean(name: str, row: int) -> str:
    if not name or is_outside(name):
        raise LoupeError(
            f"Row {row} names the picture '{name}'", "A path inside the folder or zip of the pictures was expected"
        )
    return posixpath.normpath(name.replace("\\", "/"))


def _find_pictures(path: Path, first: str, settings: Settings) -> Path:
    """The manifest's own folder, the zip or folder of the same name beside it, or the only zip there."""
    zips = sorted(path.parent.glob("*.zip"))
    named = [path.with_suffix(".zip"), path.with_suffix("")]
    for place in (path.parent, *named, *(zips if len(zips) == 1 else [])):
        if place.exists():
            with open_source(place, settings) as source:
                if source.size(first) is not None:
                    return place
    raise LoupeError(
        f"{path.name} lists '{first}', which is not beside it",
        f"Paths relative to the manifest's folder, or inside {named[0].name} or {named[1].name}/ were expected",
        "Say where the pictures are",
    )


def _check_listed(names: Sequence[str], source: Source, place: str, settings: Settings) -> None:
    sizes = [source.size(name) for name in names]
    missing = [name for name, size in zip(names, sizes, strict=True) if size is None]
    if missing:
        raise LoupeError(
            f"{len(missing)} of {len(names)} listed pictures are not in {place}, the first is '{missing[0]}'",
            fix="Correct the paths or leave these rows out",
        )
    if sum(size or 0 for size in sizes) > settings.max_bytes:
        raise LoupeError(f"The listed pictures take more than {settings.max_bytes:,} bytes", "Less was expected")


def _part(word: str, row: int) -> str:
    part = PART_WORDS.get(word.lower())
    if part is None:
        raise LoupeError(f"Row {row} has the split '{word}'", "One of train, validation, test was expected")
    return part


def _labels(cells: Sequence[str] | None, name: str) -> Array | None:
    if cells is None or not any(cells):
        return None
    if not all(cells):
        raise LoupeError(
            f"Row {list(cells).index('') + 2} of {name} has no label", "A label in every row or in none was expected"
        )
    return as_words(cells, "label")


def _as_numbers(cells: Sequence[str]) -> Array:
    for kind in (np.int64, np.float64):
        try:
            return np.array(cells, dtype=kind)
        except (ValueError, OverflowError):
            continue
    return np.array(cells)


def read_pixels(path: Path, settings: Settings) -> Raw:
    """A table of one image a row: a column `label`, any of `split` and `group`, and the pixels row by row.

    Without names in the first line the first column is the label, unless all columns together make a square.
    """
    if path.stat().st_size > settings.max_bytes:
        raise LoupeError(f"{path.name} is larger than {settings.max_bytes:,} bytes", "Smaller data was expected")
    header, delimiter = _header(path)
    named = not all(is_number(cell) for cell in header)
    frame = _read_frame(path, delimiter, named, len(header))
    places = {name: header.index(name) for name in MEANINGS[1:] if name in header}
    if not named and not _is_square(len(header)):
        places["label"] = 0
    values, notes = _pixels(frame.drop(columns=frame.columns[list(places.values())]), path.name)
    label, split, group = (frame.iloc[:, places[name]] if name in places else None for name in MEANINGS[1:])
    parts = None if split is None else np.array([_part(word, row) for row, word in enumerate(_words(split), 2)])
    groups = None if group is None else as_words(_words(group), "group")
    return Raw(values, _label_column(label, path.name), parts, groups, notes=notes)


def _pixels(frame: Any, name: str) -> tuple[Array, tuple[str, ...]]:
    words = [str(column) for column, kind in frame.dtypes.items() if kind.kind not in "biuf"]
    if words:
        raise LoupeError(
            f"Column '{words[0]}' of {name} holds words",
            "A column 'path' (a list of pictures), or a column 'label' and else nothing but pixels was expected",
        )
    return arrays.to_uint8([arrays.as_images(frame.to_numpy(), name)])


def _words(column: Any) -> list[str]:
    return [str(cell) for cell in column.astype(object).fillna("")]  # no column of numbers takes a word


def _label_column(column: Any, name: str) -> Array | None:
    if column is None or column.dtype.kind in "biu":
        return None if column is None else arrays.as_labels(column.to_numpy(), "label", len(column))
    if column.isna().any():
        return _labels(_words(column), name)  # which says where one is missing
    numbers = column.dtype.kind == "f"
    return arrays.as_labels(column.to_numpy(), "label", len(column)) if numbers else as_words(_words(column), "label")


def _is_square(count: int) -> bool:
    return round(count**0.5) ** 2 == count


def _read_frame(path: Path, delimiter: str, named: bool, width: int) -> Any:
    """A pandas frame; pandas is loaded here only. It takes rows that are too long by one for rows with names."""
    import pandas

    head = 0 if named else None
    try:
        frame = pandas.read_csv(path, sep=delimiter, header=head, encoding="utf-8-sig", low_memory=False)
    except (ValueError, OverflowError) as error:  # its own errors and those of text that is none are ValueErrors
        raise LoupeError(
            f"{path.name} cannot be read as CSV ({str(error).strip()})", "One row an image was expected"
        ) from None
    if frame.shape[1] != width or not isinstance(frame.index, pandas.RangeIndex):
        raise LoupeError(f"Rows of {path.name} have more cells than its first line", f"{width} cells were expected")
    return frame
