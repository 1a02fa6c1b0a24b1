"""All runs: how they are made, found, listed and taken away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vae_core import disk
from vae_core.errors import LoupeError
from vae_core.runs import files, forms, locks
from vae_core.runs.index import Index
from vae_core.runs.run import CARD, CARD_FILE, CONFIG_FILE, STATUS
from vae_core.runs.run import Run as Run
from vae_core.runs.summary import Summary as Summary
from vae_core.runs.summary import look, summarize
from vae_core.runs.work import STATUS_FILE
from vae_core.settings import SHIPPED, Settings
from vae_core.words import some

if TYPE_CHECKING:
    from vae_core.design.config import Config

HIDDEN = ".hidden-"
SLOTS, STUDIES = ".slots", ".studies"


def create(
    settings: Settings,
    config: Config,
    resolved: forms.Resolved,
    owner: str = "",
    parent: str | None = None,
    study: str = "",
    answers: str = "",
) -> Run:
    """A new run, queued: filled under a hidden name, then renamed to the config's id or the next free one after it."""
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    document = {"version": forms.VERSION, "config": config.to_json(), "resolved": resolved, "parent": parent}
    document |= {name: told for name, told in (("study", study), ("answers", answers)) if told}
    with files.aside(settings.checkpoints) as hidden:
        files.write_json(hidden / CONFIG_FILE, {**document, "created": created})
        files.write_json(hidden / CARD_FILE, {**CARD, "owner": owner})
        files.write_json(hidden / STATUS_FILE, {**STATUS, "epochs": config.epochs})
        return Run(keep_as(hidden, _folder_name(config.id)), settings)


def open_run(settings: Settings, run_id: str) -> Run:
    """The run of that name, or the only one whose name begins so. The text may come from an address or a shell."""
    if not run_id or run_id.startswith(".") or re.search(r"[/\\\0]|\.\.", run_id):
        raise LoupeError(f"'{run_id}' is not the name of a run", "A name as the list shows it was expected")
    names = _names(settings.checkpoints) | {SHIPPED + name for name in _names(settings.copies)}
    if run_id in names:
        return Run(run_id, settings)
    found = sorted(name for name in names if name.startswith(run_id))
    if not found:
        raise LoupeError(f"There is no run '{run_id}'", fix="Look at the list of runs for its name")
    if len(found) > 1:
        raise LoupeError(f"'{run_id}' could be {some(found, 5)}", "The beginning of one name was expected")
    return Run(found[0], settings)


def list_runs(settings: Settings, index: Index | None = None) -> list[Summary]:
    """All runs, the newest first. What cannot be read is listed with the reason, and breaks nothing. `index`: what this
    process has read before."""
    lines = (index or Index(settings)).lines(_names(settings.checkpoints), lambda name: look(Run(name, settings)))
    return _newest_first(lines)


def list_shipped(settings: Settings) -> list[Summary]:
    """The runs that come with the program (runs/shipped.py unpacks them), but for those that somebody hid; in the order
    in which they were made."""
    names = [name for name in _names(settings.copies) if not (settings.copies / f"{HIDDEN}{name}").exists()]
    lines = filter(None, (summarize(Run(SHIPPED + name, settings)) for name in names))
    return _newest_first(lines)[::-1]


def _newest_first(lines: Iterable[Summary]) -> list[Summary]:
    return sorted(lines, key=lambda line: (line.created, line.id), reverse=True)


def remove(run: Run) -> None:
    """A running or a locked one stays, and one that comes with the program is only no longer listed."""
    if run.is_shipped:
        files.write_bytes(run.settings.copies / f"{HIDDEN}{run.id.removeprefix(SHIPPED)}", b"")
        return
    with locks.exclusive(run.guard):
        _refuse_removal(run)
    files.remove_folder(run.path)


def slots_folder(settings: Settings) -> Path:
    """Where jobs wait for their turn; runs/slots.py knows what is in it."""
    return settings.checkpoints / SLOTS


def _names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise LoupeError(f"{folder} cannot be read: {error.strerror}") from None


def _folder_name(run_id: str) -> str:
    """Dots are allowed in names of data sets and recipes, but must not hide a folder or lead elsewhere."""
    return re.sub(r"^\.+|\.{2,}", "_", run_id).replace(SHIPPED, "loupe_")


def keep_as(hidden: Path, wanted: str) -> str:
    """Give a filled hidden folder that name, or the next free one after it; the name that it got.

    A rename onto a folder that has files fails everywhere, so two processes never get the same one."""
    number = 1
    while True:
        name = wanted if number == 1 else f"{wanted}-{number}"
        target = hidden.with_name(name)
        try:
            if not target.exists():
                _rename(hidden, target)
                return name
        except (LoupeError, OSError):
            if not target.exists():
                raise
        number += 1


def _rename(hidden: Path, target: Path) -> None:
    with files.told(target):
        os.rename(hidden, target)
    with suppress(OSError):  # it is there; only whether it outlives a power cut is not known
        disk.sync(target.parent)


def _refuse_removal(run: Run) -> None:
    try:
        locked, busy = run.card()["locked"], run.has_process()
    except LoupeError:  # a broken folder has no say, but its trainer may live
        locked, busy = False, locks.held(run.lock)
    if locked:
        raise LoupeError(f"{run.id} is locked", fix="Unlock it first")
    if busy:
        raise LoupeError(f"{run.id} is at work", fix="Stop it first")
