"""Lists of pictures: a table or JSON lines beside them, or inside their folder or archive, and what columns mean."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from vae_core.data import listings, sources
from vae_core.data.archives import check_bounds, is_outside
from vae_core.data.dataset import Array
from vae_core.data.fitting import SIDES
from vae_core.data.images import suffixes
from vae_core.data.listings import Listing, Reader
from vae_core.data.raw import PART_WORDS, as_words
from vae_core.data.sheets import LINES, SUFFIXES, TABLES, Sheet, Table, first_row
from vae_core.data.sources import Source, open_source
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.words import some

NAMES = ("manifest", "metadata", "labels", "annotations", *PART_WORDS)  # of a list that lies among its pictures
# What columns are called, the plainest first. An `id` is the name of a picture, mostly without its ending.
PATHS = "path file_name filename file_path filepath file image_path image_name image_file image img picture image_id id"
MEANINGS = {
    "path": tuple(PATHS.split()),
    "label": ("label", "class", "class_name", "category", "target", "labels"),
    "split": ("split", "subset", "set"),
    "group": ("group",),
}
MOST = 32  # lists among their pictures
STEPS = 8  # of a path's end, by which a list may name a picture


def is_manifest(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file() and _is_list(Sheet.at(path))


def beside(path: Path) -> Path | None:
    """The list of a folder's or archive's pictures: the .csv, .tsv or .jsonl of the same name beside it."""
    places = [path.parent / f"{sources.stem(path)}{suffix}" for suffix in SUFFIXES]
    return next((place for place in places if is_manifest(place)), None)


def _is_list(sheet: Sheet) -> bool:
    """Whether it names pictures. A table of pixels may have an `id` too, but never so few columns."""
    header = sheet.header()[0]
    return "path" in header or (_column(header, "path") is not None and len(header) < SIDES[0] ** 2)


def _column(header: Sequence[str], meaning: str) -> str | None:
    return next((word for word in MEANINGS[meaning] if word in header), None)


def _is_usual(name: str) -> bool:
    return PurePosixPath(name).stem.lower() in NAMES


# --- a list beside its pictures


@contextmanager
def opened(path: Path, pictures: Path | None, settings: Settings) -> Iterator[tuple[Listing, Reader]]:
    """The pictures that a list names: in the folder or archive that is given, or where such a list usually has them."""
    sheet = Sheet.at(path)
    table, told = _meant(sheet, settings)
    wanted = _cleaned(table["path"], sheet.name)
    place = pictures or _find_pictures(path, wanted[0], settings)
    with open_source(place, settings) as source:
        found = _found(wanted, source, _seen(source, place, path))
        listing = _listing(table, found, sheet.name, place.name)
        _check_bytes(listing, source, settings)
        yield replace(listing, notes=(*told, *listing.notes)), source.read


def _seen(source: Source, place: Path, path: Path) -> Sequence[str]:
    """All names there. The list's own folder may hold anything: it is searched only where the list is called as one."""
    return source.names() if place != path.parent or _is_usual(path.name) else ()


def _find_pictures(path: Path, first: str, settings: Settings) -> Path:
    """The list's own folder, the archive or folder of the same name beside it, or the only zip there."""
    zips = sorted(path.parent.glob("*.zip"))
    named = [path.with_suffix(suffix) for suffix in ("", *sources.ARCHIVES)]
    for place in (path.parent, *named, *(zips if len(zips) == 1 else [])):
        if place.exists():
            with open_source(place, settings) as source:
                if source.size(first) is not None or _found([first], source, _seen(source, place, path))[0]:
                    return place
    raise LoupeError(
        f"{path.name} lists '{first}', which is not beside it",
        f"Paths relative to the manifest's folder, or inside {named[1].name} or {named[0].name}/ were expected",
        "Say where the pictures are",
    )


def _check_bytes(listing: Listing, source: Source, settings: Settings) -> None:
    if sum(source.size(name) or 0 for name in listing.names) > settings.max_bytes:
        raise LoupeError(f"The listed pictures take more than {settings.max_bytes:,} bytes", "Less was expected")


# --- lists among their pictures


def inside(source: Source, names: Sequence[str], place: str, settings: Settings) -> Listing | None:
    """What the lists in a folder or archive say of the pictures there, and its folders where they say nothing."""
    known = suffixes()
    pictures = [name for name in names if name.lower().endswith(known)]
    sheets = _sheets(source, names, place) if pictures else {}
    tables = {name: _meant(sheet, settings) for name, sheet in sheets.items()}
    if any("label" in table for table, _ in tables.values()):  # a part of a contest that is to be guessed
        tables = {name: each for name, each in tables.items() if "label" in each[0]}
    found = []
    for name, (table, told) in tables.items():
        listing = _listing(table, _found(_cleaned(table["path"], name), source, pictures, name), name, place)
        found.append(replace(listing, notes=(*told, *listing.notes)))
    if not found:
        return None
    listing = listings.joined(_with_parts(found, list(tables)))
    check_bounds(place, len(listing.names), 0, settings)
    return _left_out(_completed(listing, pictures, place), names, list(tables))


def _sheets(source: Source, names: Sequence[str], place: str) -> dict[str, Sheet]:
    """The lists by their names: those that are called as lists are, or else the only table that there is."""
    tables = [name for name in names if name.lower().endswith(TABLES)]
    lines = [name for name in names if name.lower().endswith(LINES) and not _is_told_by(tables, name)]
    usual = [name for name in (*tables, *lines) if _is_usual(name)]
    others = tables or lines
    if len(usual) > MOST:
        raise LoupeError(
            f"{place} holds {len(usual):,} lists of pictures", f"At most {MOST} were expected", "Join them"
        )
    sheets = {name: Sheet.of(name, source.read(name)) for name in usual or (others if len(others) == 1 else [])}
    return {name: sheet for name, sheet in sheets.items() if _names_pictures(sheet, bool(usual))}


def _is_told_by(tables: Sequence[str], lines: str) -> bool:
    """Whether a table of the same name beside it says the same."""
    return any(PurePosixPath(lines).with_suffix(suffix).as_posix() in tables for suffix in TABLES)


def _names_pictures(sheet: Sheet, is_usual: bool) -> bool:
    """What is called as a list has to be readable; any other table is none of our business."""
    try:
        return _is_list(sheet)
    except LoupeError:
        if is_usual:
            raise
        return False


def _with_parts(found: Sequence[Listing], sheets: Sequence[str]) -> Sequence[Listing]:
    """train.csv and test.csv name a part each, where they do not say it themselves."""
    parts = [PART_WORDS.get(PurePosixPath(name).stem.lower(), "") for name in sheets]
    if len(found) < 2 or not all(parts) or any(each.parts is not None for each in found):
        return found
    return [replace(each, parts=np.full(len(each.names), part)) for each, part in zip(found, parts, strict=True)]


def _completed(listing: Listing, pictures: Sequence[str], place: str) -> Listing:
    """Classes and parts from the folders, where the lists have none."""
    places = {entry.name: entry for entry in sources.placed(pictures, place)[0]}
    entries = [places.get(name, sources.Entry(name)) for name in listing.names]
    classes, parts = [entry.label for entry in entries], [entry.part for entry in entries]
    if listing.labels is None and all(classes) and len(set(classes)) > 1:
        listing = replace(listing, labels=as_words(classes, "class"))
    if listing.parts is None and all(parts):
        listing = replace(listing, parts=np.array(parts))
    return listing


def _left_out(listing: Listing, names: Sequence[str], sheets: Sequence[str]) -> Listing:
    others = sorted(set(names) - {*listing.names, *sheets})
    if not others:
        return listing
    told = f"Left out, as {some(sheets, 2)} {'does' if len(sheets) == 1 else 'do'} not list them: {some(others, 3)}"
    return replace(listing, notes=(*listing.notes, told))


# --- what a list says


def _meant(sheet: Sheet, settings: Settings) -> tuple[Table, tuple[str, ...]]:
    """The columns that mean something under their usual names, and what was guessed.

    In a list of two columns the second is the class, whatever it is called, where its words come again and again.
    """
    table, told = sheet.table(settings)
    found = {meaning: name for meaning in MEANINGS if (name := _column(list(table), meaning)) is not None}
    if "path" not in found:
        raise LoupeError(f"{sheet.name} names no pictures", "The name of a picture in each row was expected")
    split = found.get("split", "split")
    if split != "split" and not all(word.lower() in PART_WORDS for word in table[split]):
        del found["split"]
    if len(table) == 2 and set(found) == {"path"}:
        other = next(name for name in table if name != found["path"])
        if _are_classes(table[other]):
            found["label"], told = other, (*told, f"The column '{other}' was read as the class")
    meanings = {name: meaning for meaning, name in found.items()}
    return {meanings.get(name, name): cells for name, cells in table.items()}, told


def _are_classes(cells: Sequence[str]) -> bool:
    return all(cells) and 1 < len(set(cells)) <= len(cells) / 2 and _as_numbers(cells).dtype.kind != "f"


def _cleaned(cells: Sequence[str], sheet: str) -> list[str]:
    return [_clean(cell, row) for row, cell in enumerate(cells, first_row(sheet))]


def _clean(name: str, row: int) -> str:
    if not name or is_outside(name):
        raise LoupeError(
            f"Row {row} names the picture '{name}'", "A path inside the folder or zip of the pictures was expected"
        )
    return posixpath.normpath(name.replace("\\", "/"))


def _found(wanted: Sequence[str], source: Source, names: Sequence[str], sheet: str = "") -> list[str | None]:
    """For each path in a list the picture in the source, None where there is none. The paths begin at the list."""
    base, seen, known = posixpath.dirname(sheet), set(names), suffixes()
    exact = {path: posixpath.join(base, path) for path in wanted}
    found = {path: name for path, name in exact.items() if name in seen or source.size(name) is not None}
    ends: dict[str, list[str]] = {path: [] for path in wanted if path not in found}
    for name in names if ends else ():
        if name.startswith(f"{base}/" if base else ""):
            for end in _ends(name, known):
                if end in ends and len(ends[end]) < 2:
                    ends[end].append(name)
    for path, options in ends.items():
        if len(options) > 1:
            raise LoupeError(
                f"'{path}' may be {options[0]} or {options[1]}", "Paths that mean one picture each were expected"
            )
    return [found.get(path) or next(iter(ends.get(path, ())), None) for path in wanted]


def _ends(name: str, known: Sequence[str]) -> Iterator[str]:
    """By what a list may call a picture: without the folders around it, and without its ending."""
    stem, ending = posixpath.splitext(name)
    if ending.lower() in known:
        steps, stems = name.split("/"), stem.split("/")
        for kept in range(1, min(len(steps), STEPS) + 1):
            yield "/".join(steps[-kept:])
            yield "/".join(stems[-kept:])


def _listing(table: Table, found: Sequence[str | None], sheet: str, place: str) -> Listing:
    """What a list says of the pictures that are there; the others are told."""
    split = table.get("split")
    listing = Listing(
        [name or "" for name in found],
        labels(table.get("label"), sheet),
        parts(split, sheet) if split else None,
        as_words(table["group"], "group") if "group" in table else None,
        {name: _as_numbers(cells) for name, cells in table.items() if name not in MEANINGS},
    )
    kept = [row for row, name in enumerate(found) if name is not None]
    if len(kept) == len(found):
        return listing
    first = table["path"][next(row for row, name in enumerate(found) if name is None)]
    missing = f"of the {len(found):,} pictures that {sheet} lists"
    if not kept:
        raise LoupeError(f"None {missing} is in {place}, the first is '{first}'", fix="Correct the paths")
    told = f"{len(found) - len(kept):,} {missing} are not in {place} and were left out, the first is '{first}'"
    return replace(listing.take(kept), warnings=(told,))


def parts(cells: Sequence[str], name: str = "") -> Array:
    for row, word in enumerate(cells, first_row(name)):
        if word.lower() not in PART_WORDS:
            raise LoupeError(f"Row {row} has the split '{word}'", "One of train, validation, test was expected")
    return np.array([PART_WORDS[word.lower()] for word in cells])


def labels(cells: Sequence[str] | None, name: str) -> Array | None:
    if cells is None or not any(cells):
        return None
    if not all(cells):
        raise LoupeError(
            f"Row {list(cells).index('') + first_row(name)} of {name} has no label",
            "A label in every row or in none was expected",
        )
    return as_words(cells, "label")


def _as_numbers(cells: Sequence[str]) -> Array:
    for kind in (np.int64, np.float64):
        try:
            return np.array(cells, dtype=kind)
        except (ValueError, OverflowError):
            continue
    return np.array(cells)
