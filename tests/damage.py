"""Damages the files of a run on purpose: each file in many ways, always the same ones."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Damage = Callable[[Path, random.Random], None]
VALUES: Mapping[str, Any] = {
    "huge number": 10**400,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "text": "x",
    "nothing": None,
    "list": [1],
    "path": "../../etc",
    "object": {"a": {}},
    "negative": -1,
}


def truncated(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def flipped(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def emptied(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def foreign(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.choice((b"\x89PNG\r\n\x1a\n" + bytes(64), b"hello\n" * 9, b"\xff\xfe\x00", b"[1]", b"{}")))


def a_folder(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.mkdir()


def gone(path: Path, chance: random.Random) -> None:
    path.unlink()


def other_value(path: Path, chance: random.Random) -> None:
    """One value somewhere in it: in JSON, in a table, in an array."""
    word = chance.choice(sorted(VALUES))
    if path.suffix == ".json":
        document = json.loads(path.read_text("utf-8"))
        places = list(_places(document))
        parent, key = chance.choice(places)
        parent[key] = VALUES[word]
        path.write_text(json.dumps(document), encoding="utf-8")
    elif path.suffix == ".csv":
        rows = [line.split(",") for line in path.read_text("utf-8").splitlines()]
        row = chance.choice(rows)
        row[chance.randrange(len(row))] = chance.choice(("nan", "inf", "1e400", "x", "", "-1", "9" * 400))
        path.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    else:
        _other_array(path, chance, lambda values: _with_one(values, chance))


def other_type(path: Path, chance: random.Random) -> None:
    kind = chance.choice(("U3", "?", "f8", "i2", "c8", "S4", "datetime64[s]"))
    _other_array(path, chance, lambda values: np.zeros(values.shape, kind))


def other_length(path: Path, chance: random.Random) -> None:
    change = chance.choice((lambda v: v[:-1], lambda v: v[None], lambda v: v.reshape(-1)[:0], lambda v: v.reshape(-1)))
    _other_array(path, chance, lambda values: change(values) if values.ndim else np.zeros((2, 2), values.dtype))


ALL: Mapping[str, Damage] = {
    each.__name__.replace("_", " "): each
    for each in (truncated, flipped, emptied, foreign, a_folder, gone, other_value, other_type, other_length)
}
OF_VALUES = (".json", ".csv", ".npz")
OF_ARRAYS = ("other type", "other length")


def fits(name: str, path: Path) -> bool:
    """Whether such a damage can be done to such a file."""
    if name in OF_ARRAYS:
        return path.suffix == ".npz"
    return name != "other value" or path.suffix in OF_VALUES


def _other_array(path: Path, chance: random.Random, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """One array of the file, as a whole and honest one that is another."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    target = io.BytesIO()
    np.save(target, change(np.load(io.BytesIO(parts[name]))))
    parts[name] = target.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in parts.items():
            archive.writestr(each, data)


def _with_one(values: np.ndarray, chance: random.Random) -> np.ndarray:
    values = np.array(values)
    flat = values.reshape(-1)
    if len(flat) and values.dtype.kind in "fiu":
        limits = np.finfo(values.dtype) if values.dtype.kind == "f" else np.iinfo(values.dtype)
        odd = [limits.max, limits.min] + [np.nan, np.inf] * (values.dtype.kind == "f")
        flat[chance.randrange(len(flat))] = chance.choice(odd)
    elif values.dtype.kind == "U":
        return np.array(chance.choice(('{"epoch": 1e999}', "", "[1]", "{" * 9_000)))
    return values


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every key of every object, and every place of every list."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])
