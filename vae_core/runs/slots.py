"""How many jobs of a kind run at once, and whose turn is next. All of it is lock files: a dead job frees its place."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from vae_core.checked import by_name, whole
from vae_core.errors import LoupeError
from vae_core.runs import files, locks, store
from vae_core.settings import Settings

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL_SECONDS = 0.1
SHORT_SECONDS = 0.2  # a look at a lock may be in the way for a moment
LONG_SECONDS = 30.0  # on a busy machine even one who only looks may be put to sleep at it
STALE_SECONDS = 60.0
OWNERS_REMEMBERED = 200


@dataclass(frozen=True)
class Ticket:
    """A waiting job. The file's name says it all, since Windows lets nobody read a locked file."""

    queued: float
    owner: str
    run: str

    def file_name(self) -> str:
        return f"{self.queued:017.6f}~{_short(self.owner)}~{_short(self.run)}~{uuid4().hex[:8]}.ticket"


@dataclass(frozen=True)
class Line:
    """The slots of one kind and who waits for them."""

    folder: Path
    kind: str
    count: int

    @property
    def turn(self) -> Path:
        """Held while the next job is chosen, so that two slots are not given to one."""
        return self.folder / f"{self.kind}.turn"

    @property
    def turns(self) -> Path:
        return self.folder / f"{self.kind}.json"

    @property
    def tickets(self) -> Path:
        return self.folder / f"{self.kind}-tickets"

    @property
    def slots(self) -> list[Path]:
        return [self.folder / f"{self.kind}-{number}.lock" for number in range(1, self.count + 1)]

    def waiting(self) -> list[str]:
        """The tickets of living jobs by name, in the order in which they will get a slot."""
        with suppress(FileNotFoundError):
            names = [name for name in os.listdir(self.tickets) if name.endswith(".ticket")]
            return in_order((n for n in names if locks.held(self.tickets / n)), self.served())
        return []

    def served(self) -> dict[str, int]:
        """How recently each owner got a slot: the higher the number, the more recently."""
        try:
            return files.read_json(self.turns, by_name(whole()))
        except LoupeError:  # none yet, or spoiled: everybody's turns count anew
            return {}

    def count_turn(self, owner: str) -> None:
        served = self.served()
        served[owner] = max(served.values(), default=0) + 1
        newest = sorted(served.items(), key=lambda item: item[1])[-OWNERS_REMEMBERED:]
        files.write_json(self.turns, dict(newest), durable=False)


def in_order(tickets: Iterable[str], served: Mapping[str, int]) -> list[str]:
    """Turn by turn between owners, the longest unserved first; among one owner's jobs, the longest queued first."""
    left, served, order = sorted(tickets), dict(served), []
    while left:
        ticket = min(left, key=lambda name: (served.get(_owner(name), 0), name))
        left.remove(ticket)
        order.append(ticket)
        served[_owner(ticket)] = max(served.values(), default=0) + 1
    return order


@contextmanager
def slot(settings: Settings, kind: str, ticket: Ticket, check: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Wait for a free slot and keep it. `check` is called while waiting and raises to give up."""
    line = line_of(settings, kind)
    with _queued(line, ticket) as name:
        lock = _take_turn(line, name)
        while lock is None:
            check()
            time.sleep(POLL_SECONDS)
            lock = _take_turn(line, name)
    try:
        yield
    finally:
        lock.release()


def place(settings: Settings, kind: str, run_id: str) -> int | None:
    """Where the job stands in the queue, 1 being the next; None where it does not wait."""
    runs = [name.split("~")[2] for name in line_of(settings, kind).waiting()]
    return runs.index(_short(run_id)) + 1 if _short(run_id) in runs else None


def line_of(settings: Settings, kind: str) -> Line:
    return Line(store.slots_folder(settings), kind, {"train": settings.train_slots, "look": settings.look_slots}[kind])


@contextmanager
def _queued(line: Line, ticket: Ticket) -> Iterator[str]:
    with files.told(line.tickets):
        line.tickets.mkdir(parents=True, exist_ok=True)
    _forget_the_dead(line)
    path = line.tickets / ticket.file_name()
    lock = locks.take(path, LONG_SECONDS)
    assert lock is not None  # the name is new, so nobody else wants it: others only look, if slowly
    try:
        yield path.name
    finally:
        lock.release()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _forget_the_dead(line: Line) -> None:
    """Tidiness only: a ticket that nobody holds counts for nothing. A new one is locked within moments."""
    for path in line.tickets.iterdir():
        with suppress(OSError):
            if abs(time.time() - path.stat().st_mtime) > STALE_SECONDS and not locks.held(path):
                path.unlink()


def _take_turn(line: Line, name: str) -> BaseFileLock | None:
    """A slot, if one is free and it is this job's turn."""
    free = [path for path in line.slots if not locks.held(path)]
    turn = locks.take(line.turn, 0) if free else None
    if turn is None:
        return None
    try:
        if line.waiting()[:1] != [name]:
            return None
        taken = next(filter(None, (locks.take(path, SHORT_SECONDS) for path in free)), None)
        if taken is not None:
            _count_turn(line, name, taken)
        return taken
    finally:
        turn.release()


def _count_turn(line: Line, name: str, taken: BaseFileLock) -> None:
    """Whoever cannot begin keeps no slot."""
    try:
        line.count_turn(_owner(name))
    except BaseException:
        taken.release()
        raise


def _owner(name: str) -> str:
    return name.split("~")[1]


def _short(text: str) -> str:
    """Any text, a name with blanks or slashes too, as a piece of a file name."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
