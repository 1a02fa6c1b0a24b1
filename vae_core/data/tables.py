"""Tables of pixels: a CSV or TSV with one image a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vae_core.checked import is_number
from vae_core.data import arrays, manifests
from vae_core.data.dataset import Array
from vae_core.data.raw import Raw, as_words
from vae_core.data.sheets import Sheet
from vae_core.errors import LoupeError
from vae_core.settings import Settings

COLUMNS = ("label", "split", "group")  # beside the pixels


def read_pixels(path: Path, settings: Settings) -> Raw:
    """A table of one image a row: a column `label`, any of `split` and `group`, and the pixels row by row.

    Without names in the first line the first column is the label, unless all columns together make a square.
    """
    if path.stat().st_size > settings.max_bytes:
        raise LoupeError(f"{path.name} is larger than {settings.max_bytes:,} bytes", "Smaller data was expected")
    header, delimiter = Sheet.at(path).header()
    named = not all(is_number(cell) for cell in header)
    frame = _read_frame(path, delimiter, named, len(header))
    places = {name: header.index(name) for name in COLUMNS if name in header}
    if not named and not _is_square(len(header)):
        places["label"] = 0
    values, notes = _pixels(frame.drop(columns=frame.columns[list(places.values())]), path.name)
    label, split, group = (frame.iloc[:, places[name]] if name in places else None for name in COLUMNS)
    parts = None if split is None else manifests.parts(_words(split))
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
        return manifests.labels(_words(column), name)  # which says where one is missing
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
