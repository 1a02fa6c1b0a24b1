"""Tables for other programs, as CSV or TSV. A spreadsheet would calculate a text that begins with =, so none does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from vae_core.checked import is_number

FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # a formula begins so, in a spreadsheet that is set to Japanese too


def written(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as CSV; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(map(cell, row) for row in (header, *rows))
    return text.getvalue()


def cell(value: object) -> object:
    """A text that would be a formula gets an apostrophe, by which spreadsheets know a text; numbers stay."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # which a reader may take for the end of the row
    return f"'{text}" if value.startswith(FORMULA) and not is_number(text) else text
