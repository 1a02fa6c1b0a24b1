"""A cluster, or a part of one, that trainings can be sent to, as the settings name it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from vae_core.errors import LoupeError

HERE = "here"  # this machine, which is always there and needs no settings
KINDS = ("slurm",)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
WORD = re.compile(r"[\w.:,/@%+=-]{1,200}")  # stands in a line of its own in a script
LINE = re.compile(r"[^\0\r\n]{1,2000}")
MOST_SETUP, MOST_COUNT = 50, 100_000


@dataclass(frozen=True)
class Place:
    """What a training asks for there; what is empty or 0 is left to the cluster."""

    name: str
    kind: str
    partition: str = ""
    account: str = ""
    time: str = ""
    memory: str = ""
    cpus: int = 0
    gpus: int = 0
    setup: tuple[str, ...] = ()  # lines of a shell, before the program: modules to load, an environment to activate


def read(value: object, source: str) -> tuple[Place, ...]:
    """The places of a table of tables, or of the same as a line of JSON."""
    try:
        tables = json.loads(value or "{}") if isinstance(value, str) else value
    except (ValueError, RecursionError):
        tables = None
    if not isinstance(tables, Mapping):
        raise LoupeError(f"{source} has places that are none", "A table for each was expected, as [places.cluster]")
    return tuple(_place(name, table, source) for name, table in tables.items())


def written(places: tuple[Place, ...]) -> str:
    """All of them as a line of JSON, as `read` takes it; none as nothing."""
    told = {place.name: _table(place) for place in places}
    return json.dumps(told) if told else ""


def _table(place: Place) -> dict[str, object]:
    return {key: value for key, value in asdict(place).items() if value and key != "name"}


def named(places: tuple[Place, ...], name: str) -> Place | None:
    """The place of that name; None is this machine."""
    found = next((place for place in places if place.name == name), None)
    if found is None and name != HERE:
        known = ", ".join([HERE, *(place.name for place in places)])
        raise LoupeError(
            f"There is no place '{name}'",
            f"The places are: {known}",
            "loupe.toml sets them up: docs/cluster.md",
        )
    return found


def _place(name: str, table: object, source: str) -> Place:
    if not NAME.fullmatch(name) or name == HERE:
        raise LoupeError(f"{source} has a place of a wrong name", f"Letters and digits were expected, and not '{HERE}'")
    if not isinstance(table, Mapping) or table.get("kind") not in KINDS:
        raise LoupeError(f"{source} has a place {name} of no known kind", f"Its kind should be {' or '.join(KINDS)}")
    unknown = sorted(set(table) - {each.name for each in fields(Place)} | set(table) & {"name"})
    if unknown:
        raise LoupeError(f"{source} sets {unknown[0][:60]} for the place {name}", "It has no such setting")
    return Place(name, **{key: _checked(f"{name}.{key}", key, value, source) for key, value in table.items()})


def _checked(what: str, key: str, value: object, source: str) -> str | int | tuple[str, ...]:
    if key in ("cpus", "gpus"):
        if type(value) is int and 0 <= value <= MOST_COUNT:
            return value
        raise LoupeError(f"{source} sets {what} to what is no count", "A whole number was expected")
    if key == "setup":
        lines = value if isinstance(value, list) and len(value) <= MOST_SETUP else [None]
        if all(isinstance(line, str) and LINE.fullmatch(line) for line in lines):
            return tuple(lines)
        raise LoupeError(f"{source} sets {what} wrongly", "A list of lines was expected, each in quotation marks")
    if isinstance(value, str) and WORD.fullmatch(value):
        return value
    raise LoupeError(f"{source} sets {what} wrongly", "A word in quotation marks was expected, without blanks")
