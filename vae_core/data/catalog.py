"""Every data set by its name: lying in the local data folder, added, or built in; looked for in this order."""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vae_core import disk
from vae_core.data import builtin, checks, keeping, local, originals, raw
from vae_core.data.builtin import Builtin
from vae_core.data.dataset import Dataset, Summary
from vae_core.data.download import Progress
from vae_core.data.fitting import EARLIER, Fitting
from vae_core.data.originals import Original
from vae_core.errors import LoupeError
from vae_core.settings import Settings

# What reads files of all kinds is imported where it is used: to say which data sets there are takes none of it.

RULES = 1  # raised when images are read or checked in another way, so that kept copies are made anew
VERSIONED = re.compile(local.NAME.pattern + r"@[0-9a-f]{16}")  # a version that is no longer the newest
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Origin:
    """Where a data set comes from. `folder` holds it as arrays: an added one always, any other after its first load."""

    kind: str
    folder: Path
    make: Callable[[Progress | None], Dataset]
    known: Builtin | None = None
    quick: bool = False  # to make


def names(settings: Settings) -> tuple[str, ...]:
    found = {one.name: one.name for one in builtin.ALL}
    for name in (*sorted(local.paths(settings.data)), *sorted(_added(settings))):
        found.setdefault(local.canonical(name), name)
    return tuple(found.values())


def load(name: str, settings: Settings, progress: Progress | None = None) -> Dataset:
    """The data set as arrays. What takes time (decoding, checks) is done once and kept in the cache folder."""
    origin = _find(name, settings)
    if origin.folder.is_dir():
        try:
            return keeping.read(origin.folder)
        except LoupeError as error:
            if origin.kind == "added":
                raise
            log.warning("%s It is made anew.", error)
            shutil.rmtree(origin.folder, ignore_errors=True)
    dataset = checks.with_warnings(origin.make(progress), progress)
    _keep(dataset, origin.folder)
    return dataset


def is_kept(name: str, settings: Settings) -> bool:
    """Whether it lies ready as arrays, so that loading it makes nothing."""
    return _find(name, settings).folder.is_dir()


def describe(name: str, settings: Settings) -> Summary:
    """What is known without the pixels. A local data set of your own that was never loaded is loaded for it, once."""
    origin = _find(name, settings)
    if not origin.folder.is_dir():
        if origin.known and not origin.quick:
            return _expected(origin, settings)
        return keeping.summarise(load(name, settings), origin.kind)
    return replace(keeping.summary(origin.folder), origin=origin.kind)


def add(
    path: Path | str,
    name: str,
    settings: Settings,
    fitting: Fitting | None = None,
    *,
    images: Path | str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Read your own images and keep them under a name; nothing is kept where something is wrong with them.

    `images` is the folder or zip that a manifest speaks of; `seed` divides images that come without a test part: 80 %
    train, 10 % validate, 10 % test.
    """
    from vae_core.data import importing

    check_name(name)
    _refuse_taken(name, settings)
    place, pictures = importing.located(path), importing.located(images) if images else None
    original = Original(place, pictures, seed, fitting or Fitting())
    dataset = read(name, original, settings, progress)
    with told(name, settings):
        keeping.write(dataset, added_folder(settings) / name)
        originals.remember(name, original, settings)
    return dataset


def read(name: str, original: Original, settings: Settings, progress: Progress | None = None) -> Dataset:
    from vae_core.data import importing

    path = original.path
    importing.refuse_other(path)
    found = importing.read(path, settings, original.fitting, pictures=original.pictures, progress=progress)
    source = path.name if originals.is_kept(path, originals.folder(name, settings)) else str(path)
    dataset = raw.assemble(found, name, name, source, seed=original.seed, scratch=settings.cache)
    del found  # its pixels lie in the data set by now
    return checks.with_warnings(dataset, progress)


@contextmanager
def told(name: str, settings: Settings) -> Iterator[None]:
    """A full disk, for one, is a sentence."""
    try:
        yield
    except OSError as error:
        raise LoupeError(f"'{name}' could not be kept in {settings.cache}: {error.strerror}") from None


def _refuse_taken(name: str, settings: Settings) -> None:
    if local.canonical(name) in map(local.canonical, names(settings)):
        fix = "Choose another name, or remove that one first"
        raise LoupeError(f"There is a data set called '{name}' already", fix=fix)


def remove(name: str, settings: Settings) -> None:
    """Forget an added data set. The files it was read from, and runs trained on it, stay."""
    origin = _find(name, settings)
    if origin.kind != "added":
        where = "lies in the local data folder" if origin.kind == "local" else "comes with the program"
        raise LoupeError(f"'{name}' {where}", "Only data sets that were added can be removed")
    for folder in (*origin.folder.parent.glob(f"{origin.folder.name}@*"), origin.folder):  # the name goes last
        keeping.remove(folder)
    originals.remove(origin.folder.name, settings)


def check_name(name: str) -> None:
    if not local.NAME.fullmatch(name):
        raise LoupeError(
            f"{name!r} cannot be the name of a data set",
            "Up to 64 letters from a to z, digits, dashes and underscores were expected, the first a letter or digit",
        )


def _find(name: str, settings: Settings) -> _Origin:
    if VERSIONED.fullmatch(name) and (added_folder(settings) / name).is_dir():
        return _Origin("added", added_folder(settings) / name, _never)
    check_name(name)
    key = local.canonical(name)
    known = builtin.find(key)
    for stem, path in local.paths(settings.data).items():
        if local.canonical(stem) == key:
            return _local(key, stem, path, known, settings)
    added = {local.canonical(folder): folder for folder in _added(settings)}.get(key)
    if added:
        return _Origin("added", added_folder(settings) / added, _never)
    if known:
        return _built_in(known, settings)
    raise LoupeError(
        f"There is no data set called '{name}'",
        f"There are {', '.join(names(settings))}",
        "Add your own under this name, or correct it",
    )


def _local(key: str, name: str, path: Path, known: Builtin | None, settings: Settings) -> _Origin:
    def make(progress: Progress | None) -> Dataset:
        from vae_core.data import importing

        found = importing.read(path, settings, EARLIER, progress=progress)
        if known is None:
            return raw.assemble(found, name, name, str(path))
        builtin.check_known(known, found)
        return raw.assemble(found, known.name, known.title, f"{known.source} ({path.name})", classes=known.classes)

    return _Origin("local", _kept_folder(key, local.stamp(path), settings), make, known, path.suffix.lower() == ".npz")


def _built_in(known: Builtin, settings: Settings) -> _Origin:
    def make(progress: Progress | None) -> Dataset:
        found = known.read(settings, progress)
        return raw.assemble(found, known.name, known.title, known.source, classes=known.classes)

    folder = _kept_folder(known.name, f"v{known.version}", settings)
    return _Origin("download" if known.files else "built in", folder, make, known)


def _never(progress: Progress | None) -> Dataset:
    raise LoupeError("The data set was removed a moment ago", fix="Add it again")


def _expected(origin: _Origin, settings: Settings) -> Summary:
    known = origin.known
    assert known is not None
    ready = origin.kind == "local" or builtin.ready(known, settings)
    return Summary(
        known.name,
        known.title,
        known.image,
        known.train,
        known.validation,
        known.test,
        known.classes,
        origin.kind,
        ready,
        known.source,
    )


def _keep(dataset: Dataset, folder: Path) -> None:
    """A copy that is read faster; copies of earlier forms of the same data set go. It can be done without."""
    try:
        keeping.write(dataset, folder)
        key = folder.name.rpartition("-")[0]
        for old in folder.parent.glob(f"{key}-*"):
            if old != folder and old.name.rpartition("-")[0] == key:
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        if not folder.is_dir():  # else another process was quicker
            log.warning("%s is not kept in %s: %s", dataset.name, folder.parent, error)


def _kept_folder(key: str, stamp: str, settings: Settings) -> Path:
    return settings.cache / "kept" / f"{key}-{RULES}.{keeping.VERSION}.{stamp}"


def added_folder(settings: Settings) -> Path:
    return settings.cache / "datasets"


def _added(settings: Settings) -> list[str]:
    folder = added_folder(settings)
    here = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    found = {name for name in here if local.NAME.fullmatch(name)}
    nameless = {name.partition("@")[0] for name in here if VERSIONED.fullmatch(name)} - found
    return [*found, *(name for name in nameless if _put_back(folder, name))]


def _put_back(folder: Path, name: str) -> bool:
    """Give a name to the newest version, where who took it from the one before was killed."""
    with suppress(OSError):
        if time.time() - folder.stat().st_mtime > disk.FRESH_SECONDS:
            max(folder.glob(f"{name}@*"), key=lambda path: path.stat().st_mtime).rename(folder / name)
            return True
    return False
