"""Where pictures lie: a folder or a zip, listed and read under bounds, and what the folders' names say."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from vae_core.data import archives, heic, tars
from vae_core.data.archives import Archive
from vae_core.data.images import spread, suffixes
from vae_core.data.raw import PART_WORDS
from vae_core.data.tars import Tar
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.words import some

ARCHIVES = (".zip", *tars.SUFFIXES)
GLANCED, DEEP, MOST_GLANCED = 24, 5, 1000  # folders side by side, one in another, and files in each, of a first look
JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")


class Source(Protocol):
    """Files by their path inside the source, with forward slashes."""

    def names(self) -> list[str]: ...

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such file."""

    def read(self, name: str) -> bytes: ...

    def start(self, name: str, most: int) -> bytes:
        """So many bytes at most."""


def suffix(path: Path) -> str:
    """In small letters; that of pets.tar.gz has two parts."""
    name = path.name.lower()
    return next((each for each in ARCHIVES if name.endswith(each)), path.suffix.lower())


def stem(path: Path) -> str:
    """The name without its suffix; a folder has none. A path that is not there is read by its name."""
    return path.name if path.is_dir() else path.name[: len(path.name) - len(suffix(path))]


@dataclass(frozen=True)
class Entry:
    """A picture, and what its place says about it."""

    name: str
    label: str = ""
    part: str = ""


@contextmanager
def open_source(path: Path, settings: Settings) -> Iterator[Source]:
    if path.is_dir():
        yield Folder(path.resolve(), settings)
        return
    if suffix(path) in tars.SUFFIXES:
        with tars.opened(path, settings) as tar:
            yield Packed(tar, settings)
        return
    with archives.opened(path, settings, "zip archive", "A folder or a .zip was expected") as archive:
        yield Packed(archive, settings)


@dataclass(frozen=True)
class Folder:
    root: Path
    settings: Settings

    def names(self) -> list[str]:
        found: list[str] = []
        total, folders = 0, [""]
        while folders:
            here = folders.pop()
            with os.scandir(self.root / here) as entries:
                for entry in entries:
                    name = f"{here}{entry.name}"
                    if _is_junk(entry.name):
                        continue
                    if entry.is_symlink():
                        raise archives.link(self.root.name, name)
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{name}/")
                    else:
                        found.append(name)
                        total += entry.stat(follow_symlinks=False).st_size
            archives.check_bounds(self.root.name, len(found), total, self.settings)
        return sorted(found)

    def glance(self, most: int) -> list[str]:
        """Some pictures from all over, long before all are found; none where there are few."""
        found: list[list[str]] = []
        folders, known = [""], suffixes()
        for _ in range(DEEP):
            looked = [_glanced(self.root, here, known) for here in spread(folders, GLANCED)]
            folders = [inner for inners, _ in looked for inner in inners]
            found += [pictures for _, pictures in looked if pictures]
        if sum(map(len, found)) <= 2 * most:
            return []
        return [name for pictures in found for name in spread(pictures, max(1, most // len(found)))][:most]

    def size(self, name: str) -> int | None:
        place = self.root
        for step in PurePosixPath(name).parts:  # one by one: a link anywhere on the way could lead outside
            place = place / step
            if place.is_symlink():
                raise archives.link(self.root.name, name)
        try:
            state = place.lstat()
        except OSError:
            return None
        return state.st_size if stat.S_ISREG(state.st_mode) else None

    def read(self, name: str) -> bytes:
        with self._opened(name) as file:
            state = os.fstat(file.fileno())
            _check_file(name, state.st_size if stat.S_ISREG(state.st_mode) else None, self.settings)
            return file.read(state.st_size)

    def start(self, name: str, most: int) -> bytes:
        with self._opened(name) as file:
            return file.read(most)

    def _opened(self, name: str) -> IO[bytes]:
        """The file of this name as it is now: what was looked at before may be a link by now, or a pipe."""
        try:
            return open(_below(self.root, name), "rb")
        except OSError:
            _check_file(name, self.size(name), self.settings)  # which says what it is by now
            raise


@dataclass(frozen=True)
class Packed:
    """The members of a zip or tar archive."""

    archive: Archive | Tar
    settings: Settings

    def names(self) -> list[str]:
        return sorted(_without_junk(self.archive.sizes))

    def size(self, name: str) -> int | None:
        return self.archive.sizes.get(name)

    def read(self, name: str) -> bytes:
        _check_file(name, self.size(name), self.settings)
        return self.archive.read(name, self.archive.sizes[name])

    def start(self, name: str, most: int) -> bytes:
        return self.archive.read(name, most)


def _below(root: Path, name: str) -> int:
    """Opened step by step, each without following a link, where the system can."""
    if os.open not in os.supports_dir_fd:
        return os.open(root / name, os.O_RDONLY)
    *folders, last = PurePosixPath(name).parts
    place = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for step in folders:
        inner, place = place, -1
        try:
            place = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=inner)
        finally:
            os.close(inner)
    try:
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    finally:
        os.close(place)


def _glanced(root: Path, here: str, known: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The folders in a folder, and the pictures there, as far as it is looked through. Links are not followed."""
    folders, pictures = [], []
    with os.scandir(root / here) as entries:
        for entry in islice(entries, MOST_GLANCED):
            if entry.is_dir(follow_symlinks=False):
                folders += [] if _is_junk(entry.name) else [f"{here}{entry.name}/"]
            elif entry.name.lower().endswith(known) and not _is_junk(entry.name) and not entry.is_symlink():
                pictures.append(f"{here}{entry.name}")
    return sorted(folders), sorted(pictures)


def _without_junk(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if not any(_is_junk(step) for step in name.split("/")))


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name in JUNK


def _check_file(name: str, size: int | None, settings: Settings) -> None:
    if size is None:
        raise LoupeError(f"{name} is no plain file", "Pictures were expected", "Remove it")
    most = 8 * settings.max_image_pixels  # four channels of 16 bits, not packed
    if size > most:
        raise LoupeError(f"{name} is a file of {size:,} bytes", f"At most {most:,} bytes were expected of one picture")


def entries(names: Sequence[str], source: str) -> tuple[list[Entry], list[str]]:
    """Pictures with the class and part that their folders name, and what was left out.

    `cat/1.png`, `train/cat/1.png`, `train/1.png` or `1.png`; folders that enclose all of this are looked through.
    """
    known = suffixes()
    pictures = [name for name in names if name.lower().endswith(known)]
    others = sorted(set(names) - set(pictures))
    if not pictures:
        raise _no_pictures(others, source)
    told = _left_out(others)
    found, beside = placed(pictures, source)
    told += [f"Left out, as they lie beside the folders of the parts: {some(beside, 3)}"] if beside else []
    _check_labels(found)
    return found, told


def _no_pictures(others: Sequence[str], source: str) -> LoupeError:
    if any(name.lower().endswith(heic.SUFFIXES) for name in others):
        return heic.refused(f"{source} holds HEIC pictures, as phones take them")
    return LoupeError(
        f"{source} holds no pictures" + (f"; it has {others[0]}" if others else ""),
        f"Files that end in {', '.join(suffixes())} were expected",
        "Put them in one folder a class",
    )


def _left_out(names: Sequence[str]) -> list[str]:
    others = [name for name in names if not name.lower().endswith(heic.SUFFIXES)]
    told = [heic.left_out(len(names) - len(others))] if len(others) < len(names) else []
    return told + ([f"Left out as no pictures: {some(others, 3)}"] if others else [])


def placed(pictures: Sequence[str], source: str) -> tuple[list[Entry], list[str]]:
    """What the folders say of each picture, and those folders that say nothing, as they lie beside the parts."""
    paths = _unwrap([name.split("/") for name in pictures], stem(Path(source)))
    paths, parts, beside = _without_parts(paths)
    found = [
        Entry(name, path[0] if len(path) > 1 else "", part)
        for name, path, part in zip(pictures, paths, parts, strict=True)
        if path
    ]
    return found, beside


def _unwrap(paths: list[list[str]], stem: str) -> list[list[str]]:
    """Without the one folder around everything, as zips often have; a single class folder is none."""
    inside, shortest = 0, min(map(len, paths))
    while inside + 1 < shortest and len({path[inside] for path in paths}) == 1:
        around = paths[0][inside]
        if around.lower() in PART_WORDS or not (inside + 2 < shortest or around == stem):
            break
        inside += 1
    return [path[inside:] for path in paths]


def _without_parts(paths: list[list[str]]) -> tuple[list[list[str]], list[str], list[str]]:
    """The paths inside the folders of the parts, the parts, and the folders beside these, whose paths are empty."""
    parts = [PART_WORDS.get(path[0].lower(), "") if len(path) > 1 else "" for path in paths]
    if "train" not in parts:
        return paths, [""] * len(paths), []
    beside = sorted({path[0] for path, part in zip(paths, parts, strict=True) if not part})
    return [path[1:] if part else [] for path, part in zip(paths, parts, strict=True)], parts, beside


def _check_labels(found: Sequence[Entry]) -> None:
    bare = [entry.name for entry in found if not entry.label]
    if bare and len(bare) < len(found):
        raise LoupeError(
            f"{some(bare, 3)} lie beside the folders of the classes",
            "Each picture in the folder of its class was expected",
            "Move or remove them",
        )
