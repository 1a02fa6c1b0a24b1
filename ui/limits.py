"""How much one account may have at once: settings, which are told when they are met. Teachers have no limits."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ui import words
from vae_core.errors import LoupeError
from vae_core.runs import store
from vae_core.settings import MOST, Settings

AT_WORK = ("queued", "running")
WAITING = ("training or search that waits or runs", "trainings and searches that wait or run")


def check(where: Settings, who: str, more: int = 1) -> None:
    """Refuse to begin so many trainings more."""
    if not _has_limits(where, who):
        return
    if where.person_jobs < MOST and (known := jobs(where, who)) + more > where.person_jobs:
        raise LoupeError(
            f"You have {words.plural(known, *WAITING)}",
            f"At most {where.person_jobs} at once are allowed here",
            "Stop one, or wait until it ends",
        )
    check_disk(where, who)


def check_disk(where: Settings, who: str, more: int = 0) -> None:
    """Refuse to keep so many bytes more."""
    if not _has_limits(where, who) or where.person_disk_bytes >= MOST:
        return
    if (taken := disk(where, who)) + more >= where.person_disk_bytes:
        raise LoupeError(
            f"Your runs and images take {words.size(taken)}",
            f"{words.size(where.person_disk_bytes)} are allowed here",
            "Remove some of them first",
        )


def check_upload(where: Settings, who: str, sent: int) -> None:
    """Refuse to read what is larger than one account may send, or may keep."""
    if not _has_limits(where, who):
        return
    if sent > where.person_upload_bytes:
        raise LoupeError(
            f"These files have {words.size(sent)}",
            f"At most {words.size(where.person_upload_bytes)} at once are allowed here",
            "Send fewer of them",
        )
    check_disk(where, who, sent)


def _has_limits(where: Settings, who: str) -> bool:
    return bool(where.sign_in) and who not in where.named_teachers


def jobs(where: Settings, who: str) -> int:
    """The trainings and searches of an account that wait or run. A search's trials are its own."""
    from vae_core.search import study

    lines = [line for line in store.list_runs(where) if not (line.study or line.answers)]
    trainings = sum(line.owner == who and line.state in AT_WORK for line in lines)
    return trainings + sum(found.owner == who and found.state() in AT_WORK for found in study.every(where))


def disk(where: Settings, who: str) -> int:
    """What an account's runs and data sets take, in bytes."""
    from vae_core.data import catalog, originals, versions

    runs = sum(_bytes(where.checkpoints / line.id) for line in store.list_runs(where) if line.owner == who)
    kept = [name for name in catalog.names(where) if (catalog.added_folder(where) / name).is_dir()]
    added = [name for name in kept if (found := originals.find(name, where)) and found.owner == who]
    sizes = [versions.sizes(name, where) for name in added]
    return runs + sum(each.newest + each.older + each.originals for each in sizes)


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # gone meanwhile
            total += path.lstat().st_size
    return total
