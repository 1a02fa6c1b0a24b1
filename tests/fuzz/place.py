"""Where things are tried: a folder, settings with narrow bounds, and a run to put files into."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from support import places, settings_in

from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings

QUICK = Path(
    "/dev/shm"
)  # a disk of memory, where there is one: what is kept is flushed to the disk, which takes longest
BOUNDS = {"max_files": 500, "max_bytes": 20_000_000, "max_image_pixels": 1_000_000}


@dataclass(frozen=True)
class Place:
    folder: Path
    settings: Settings
    run: Run
    ending: ExitStack = field(compare=False)  # what is done when it is left

    @property
    def environment(self) -> dict[str, str]:
        return places(self.settings)

    def holding(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


@contextmanager
def opened() -> Iterator[Place]:
    where = QUICK if QUICK.is_dir() else None
    with TemporaryDirectory(prefix="fuzz-", dir=where) as folder, ExitStack() as ending:
        yield _made(Path(folder), ending)


def _made(folder: Path, ending: ExitStack) -> Place:
    from fuzz.runs import CONFIG

    settings = settings_in(folder, **BOUNDS)
    return Place(folder, settings, store.create(settings, CONFIG, {"parameters": {"total": 107}}), ending)


def emptied(place: Place) -> None:
    """But for its run, as a new one: nothing may grow from case to case."""
    for path in place.settings.checkpoints.iterdir():
        if path.name != place.run.id:
            shutil.rmtree(path)
