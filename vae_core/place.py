"""A cluster, or a part of one, that trainings can be sent to, as the settings name it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from vae_core.checked import Check, Unfit, listed, one_of, partial, whole
from vae_core.errors import LoupeError

HERE = "here"  # this machine, which is always there and needs no settings
KINDS = ("slurm", "ray")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
MOST = 100_000  # processors or cards


@dataclass(frozen=True)
class Place:
    """What a training asks for there; what is empty or 0 is left to the cluster."""

    name: str
    kind: str
    address: str = ""  # of Ray's dashboard
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


def named(places: tuple[Place, ...], name: str) -> Place | None:
    """The place of that name; None is this machine."""
    found = next((place for place in places if place.name == name), None)
    if found is None and name != HERE:
        known = ", ".join([HERE, *(place.name for place in places)])
        raise LoupeError(
            f"There is no place '{name}'", f"The places are: {known}", "loupe.toml sets them up: docs/cluster.md"
        )
    return found


def _table(place: Place) -> dict[str, object]:
    return {key: value for key, value in asdict(place).items() if value and key != "name"}


def _place(name: str, table: object, source: str) -> Place:
    if not NAME.fullmatch(name) or name == HERE:
        raise LoupeError(f"{source} has a place of a wrong name", f"Letters and digits were expected, and not '{HERE}'")
    fields = _fields(table)
    needed = dict.fromkeys({"kind", "address"} & set(fields))
    try:
        given = partial(**fields)({**needed, **table} if isinstance(table, dict) else table)
    except Unfit as error:
        wrong = ".".join([name, *error.place])
        raise LoupeError(f"{source} sets the place {wrong} wrongly", f"It should be {error.wanted}") from None
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise LoupeError(f"{source} sets {unknown[0][:60]} for the place {name}", f"It can have {', '.join(fields)}")
    return Place(name, **{**given, "setup": tuple(given.get("setup", ()))})


def _fields(table: object) -> Mapping[str, Check]:
    kind = table.get("kind") if isinstance(table, dict) else None
    return FIELDS[kind] if isinstance(kind, str) and kind in FIELDS else COMMON


def _like(pattern: str, wanted: str) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Unfit(wanted)
        return value

    return check


word = _like(r"[\w.:,/@%+=-]{1,200}", "a word without blanks")  # it stands in a line of its own in a script
line = _like(r"[^\0\r\n]{1,2000}", "a line")
size = _like(r"[1-9]\d{0,5}[KMGT]?", "a size, as 8G")
address = _like(r"https?://[^\s\0]{1,200}", "the address of its dashboard, as http://127.0.0.1:8265")
COMMON: Mapping[str, Check] = {
    "kind": one_of(*KINDS),
    **dict.fromkeys(("cpus", "gpus"), whole(0, MOST)),
    "setup": listed(line),
}
FIELDS: Mapping[str, Mapping[str, Check]] = {
    "slurm": {**COMMON, **dict.fromkeys(("partition", "account", "time", "memory"), word)},
    "ray": {**COMMON, "address": address, "memory": size},
}
