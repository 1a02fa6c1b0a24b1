"""Where an added data set came from: its files, kept here or remembered, and how they were read.

They are what it is read from again, in another size or with another fill, without being brought a second time."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vae_core import disk
from vae_core.data.fitting import Fitting
from vae_core.errors import LoupeError
from vae_core.settings import Settings

FILE = "origin.json"
VERSION = 1


@dataclass(frozen=True)
class Original:
    """What was read, and how. `pictures` is the folder or zip that a manifest speaks of."""

    path: Path
    pictures: Path | None = None
    seed: int = 0
    fitting: Fitting = Fitting()
    owner: str = ""  # the account that added it, where the page asks for accounts

    @property
    def is_there(self) -> bool:
        try:
            return all(place is None or place.exists() for place in (self.path, self.pictures))
        except OSError:  # no system has names of thousands of letters
            return False


def folder(name: str, settings: Settings) -> Path:
    """Whoever puts files here before they are added has them kept."""
    return settings.cache / "originals" / name


def remember(name: str, original: Original, settings: Settings) -> None:
    here = folder(name, settings)
    here.mkdir(parents=True, exist_ok=True)
    places = [_written(place, here) for place in (original.path, original.pictures)]
    fitting = asdict(original.fitting)
    known = {"version": VERSION, "path": places[0], "pictures": places[1], "seed": original.seed, "fitting": fitting}
    known |= {"owner": original.owner} if original.owner else {}
    partial = here / f".{FILE}"
    try:
        partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
        disk.sync(partial)
        partial.replace(here / FILE)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _written(place: Path | None, here: Path) -> str | None:
    """Files of our own move with their folder, so they are named within it."""
    if place is None:
        return None
    return place.name if is_kept(place, here) else str(place)


def is_kept(place: Path, here: Path) -> bool:
    return place.parent.resolve() == here.resolve()


def find(name: str, settings: Settings) -> Original | None:
    """None where nothing is known of it: earlier versions kept nothing, and it may have been removed."""
    here = folder(name, settings)
    try:
        known = json.loads((here / FILE).read_text(encoding="utf-8"))
        path, pictures = (here / known[key] if known[key] else None for key in ("path", "pictures"))
        owner = str(known.get("owner", ""))
        return Original(path or here, pictures, int(known["seed"]), fitting(known["fitting"]), owner)
    except (OSError, ValueError, KeyError, TypeError, LoupeError, RecursionError):
        return None


def fitting(values: dict[str, Any]) -> Fitting:
    """As JSON has it, which knows no tuples."""
    size = values.get("size")
    return Fitting(**{**values, "size": tuple(size) if size else None})


def kept_bytes(name: str, settings: Settings) -> int:
    """Of the files that are kept here. Those that were read from elsewhere are not ours to count."""
    here = folder(name, settings)
    return sum(file.lstat().st_size for file in here.rglob("*") if file.is_file() and file.name != FILE)


def remove(name: str, settings: Settings) -> None:
    shutil.rmtree(folder(name, settings), ignore_errors=True)
