"""Where the trials of a search are kept: in a file of its folder, or in a database that several machines ask."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from vae_core import disk
from vae_core.errors import LoupeError
from vae_core.place import HERE, named
from vae_core.runs import files
from vae_core.settings import INSTALLED, Settings

if TYPE_CHECKING:
    import optuna

POSTGRESQL = ("postgresql://", "postgresql+psycopg://")  # as people write it, and as SQLAlchemy wants it
PATIENCE_SECONDS, RETRY_SECONDS = 600.0, 2.0  # a database may be started anew meanwhile
FINAL = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied")  # waiting helps nobody
PASSWORD = re.compile(r"[?&]password=([^&]*)")
Found = TypeVar("Found")


def refuse(settings: Settings, place: str) -> None:
    """Refuse a search at a place where its trials would be in a file: no page or worker elsewhere could trust it."""
    if place == HERE:
        return
    if getattr(named(settings.places, place), "kind", "") == "ray":
        raise LoupeError(
            "A search cannot be sent to Ray",
            "Its dashboard shows everybody what a job is handed on, and a search hands on the way to a database",
            "Search here, or on a cluster with Slurm",
        )
    if not settings.study_storage.startswith(POSTGRESQL):
        raise LoupeError(
            "A search on a cluster keeps its trials in PostgreSQL, and study_storage names no such database",
            "In Optuna's file on a shared folder trials were lost and mixed (optuna#5138), and its lock is taken away "
            "from who is slow (optuna#5971)",
            "Set study_storage: see docs/cluster.md",
        )
    _need_driver(settings)


def opened(settings: Settings, journal: Path) -> optuna.storages.BaseStorage:
    import optuna
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url = settings.study_storage
    if url:
        _need_driver(settings)
        known, wanted = POSTGRESQL
        return RDBStorage(url.replace(known, wanted, 1), engine_kwargs={"pool_pre_ping": True})
    if not journal.parent.is_dir():
        raise files.gone(journal.parent)
    is_new, lock = not journal.exists(), JournalFileOpenLock(str(journal))
    backend = JournalFileBackend(str(journal), lock_obj=lock)  # which syncs the file, and not its name
    if is_new:
        disk.sync(journal.parent)
    return JournalStorage(backend)


def _need_driver(settings: Settings) -> None:
    if settings.study_storage.startswith(POSTGRESQL) and find_spec("psycopg") is None:
        wanted = "latent-loupe[cluster]" if INSTALLED else "psycopg[binary]"
        raise LoupeError(
            "PostgreSQL needs psycopg, which is not installed here", fix=f"To add it: pip install '{wanted}'"
        )


@contextmanager
def told(name: str, settings: Settings) -> Iterator[None]:
    """What a storage that is gone, full or foreign answers, as a sentence without the password of a database."""
    import optuna

    known = (OSError, ImportError, optuna.exceptions.OptunaError, KeyError, ValueError, AssertionError)
    expected = (*known, RuntimeError)  # that its lock is not there any more
    try:
        yield
    except LoupeError:
        raise
    except Exception as error:
        if not _is_of_database(error) and not isinstance(error, expected):
            raise
        said = hidden(_reason(error), settings.study_storage)[:200]
        raise LoupeError(
            f"The trials of the search {name} cannot be read or written: {said}",
            "The runs of its trials are not affected",
            "Make room, or put its storage back, and start the search again",
        ) from (None if settings.study_storage else error)  # a traceback would have what is hidden here


def _reason(error: Exception) -> str:
    if isinstance(error, RuntimeError):
        return "their lock was taken away"
    return str(isinstance(error, OSError) and error.strerror or error.__cause__ or error)


def hidden(text: str, url: str) -> str:
    """The text without what only the owner of the database should know."""
    passwords = [url.partition("://")[2].rpartition("@")[0].partition(":")[2], *PASSWORD.findall(url)]
    for secret in sorted({url, *passwords, *map(unquote, passwords)} - {""}, key=len, reverse=True):
        text = text.replace(secret, "...")
    return text


def patiently(ask: Callable[[], Found], meanwhile: Callable[[], None]) -> Found:
    """What the storage answers. A database that is away is asked again until it is back."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except Exception as error:
            if not is_away(error) or time.monotonic() > until:
                raise
        meanwhile()
        time.sleep(RETRY_SECONDS)


def is_away(error: BaseException) -> bool:
    """Whether a database could not be reached, or broke off; it may come back."""
    found: BaseException | None = error
    while found is not None:
        if _is_of_database(found) and type(found).__name__ in ("OperationalError", "InterfaceError"):
            return not any(word in str(found) for word in FINAL)
        found = found.__cause__
    return False


def _is_of_database(error: BaseException) -> bool:
    return type(error).__module__.startswith("sqlalchemy.")  # not imported for this: it takes its time
