"""Files that are never seen half-written, and disk trouble told in one sentence."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from vae_core import disk
from vae_core.checked import Check, Unfit, anything
from vae_core.disk import STALE_SECONDS as STALE_SECONDS
from vae_core.disk import sweep as sweep
from vae_core.disk import sweep_left as sweep_left
from vae_core.errors import LoupeError
from vae_core.runs import own

if TYPE_CHECKING:
    import numpy as np

    from vae_core.runs.arrays import Form, Sizes

TEMPORARY, NEW, REMOVED = ".tmp-", ".new-", ".removed-"
TAIL = 65_536  # no single line is longer
MOST_TEXT = 2**26  # bytes of a document, or of lines: they are read in one piece
HALF = re.compile(rb"\\u[dD][89a-fA-F]")
BACK = "Put it back from a copy, or remove what it belongs to"
FULL = {errno.ENOSPC, errno.EFBIG} | ({errno.EDQUOT} if hasattr(errno, "EDQUOT") else set())
FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
GONE = {errno.ENOENT, errno.ENOTDIR}
BROKEN = {errno.EIO, errno.ENXIO, errno.ENODEV} | ({errno.ESTALE} if hasattr(errno, "ESTALE") else set())
TOLD = FULL | FORBIDDEN | BROKEN  # what a disk may answer to who writes
T = TypeVar("T")


class DiskFull(LoupeError):
    """Apart from the others because a status can still be written over the old one."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the disk may answer into a sentence; anything else is a bug and passes through."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(
                f"The disk is full: {path} could not be written",
                "What was there before is unharmed",
                "Free some space, then resume or try again",
            ) from error
        if error.errno in FORBIDDEN:
            raise LoupeError(
                f"{path.parent} may not be written to",
                "Nothing was changed",
                "Allow writing there, or set LOUPE_CHECKPOINTS to another folder",
            ) from error
        if error.errno in GONE and not path.parent.exists():
            raise gone(path.parent) from error
        if error.errno in BROKEN:
            raise LoupeError(
                f"The disk failed: {path} could not be written ({error.strerror})",
                "What was there before is unharmed",
                "See whether the disk is still there and sound, then resume or try again",
            ) from error
        if path.is_dir():
            raise LoupeError(f"{path} is a folder", "A file was expected there", "Move the folder away") from error
        raise


def gone(folder: Path) -> LoupeError:
    return LoupeError(
        f"The folder {folder} is gone", "It was removed or moved by someone", "Put it back, or train the model again"
    )


def patiently(action: Callable[[], T]) -> T:
    """On Windows a file that another process has open for a moment cannot be replaced or opened: try again."""
    for _ in range(50 if os.name == "nt" else 0):
        try:
            return action()
        except PermissionError:
            time.sleep(0.01)
    return action()


def replace(path: Path, writer: Callable[[Path], object], *, durable: bool = True) -> None:
    """Let `writer` fill a temporary file (same suffix, same folder), then put it in the place of `path`.

    After a power cut it is whole; where it is not `durable`, it may be the one before."""
    temporary = path.with_name(f"{TEMPORARY}{uuid4().hex[:8]}-{path.name}")
    try:
        with told(path), disk.making(temporary):
            writer(temporary)
            disk.sync(temporary)
            patiently(lambda: os.replace(temporary, path))
            if durable:
                disk.sync(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    replace(path, lambda temporary: temporary.write_bytes(data), durable=durable)


def write_json(path: Path, document: Mapping[str, object], *, durable: bool = True) -> None:
    write_bytes(path, to_json(document), durable=durable)


def overwrite_json(path: Path, document: Mapping[str, object]) -> None:
    """Write into the existing file, which needs no free space; padded, so that one write is the whole change."""
    with told(path), own.opened(path, "r+b", buffering=0) as file:
        data = to_json(document)
        file.write(data.ljust(os.fstat(file.fileno()).st_size))


def to_json(document: Mapping[str, object]) -> bytes:
    return (json.dumps(plain(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def plain(value: object) -> object:
    """JSON's own types only: arrays become lists; NaN and infinity, which JSON does not know, become null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read_json(path: Path, check: Check = anything, blank: Mapping[str, object] | None = None) -> Any:
    """The object that the file holds, `blank` where it says nothing, as `check` wants it to be: of its type."""
    name = f"{path.parent.name}/{path.name}"
    try:
        document = _parsed(_whole(path))
    except FileNotFoundError:
        missing = LoupeError(f"{path.name} is missing in {path.parent.name}")
        raise (missing if path.parent.exists() else gone(path.parent)) from None
    except (ValueError, RecursionError, OSError) as error:
        raise LoupeError(f"{name} cannot be read: {_reason(error)}", fix=BACK) from None
    if not isinstance(document, dict):
        raise LoupeError(f"{name} is not a JSON object", fix=BACK)
    try:
        return dict(check({**(blank or {}), **document}))
    except Unfit as error:
        raise LoupeError(f"{name} has a wrong '{error.field}'", f"It should be {error.wanted}", BACK) from None


def _parsed(data: bytes) -> object:
    """JSON can hold halves of letters, which nothing can print: these are refused wherever they stand."""
    document = json.loads(data)
    if HALF.search(data):
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _whole(path: Path) -> bytes:
    return patiently(lambda: own.read(path, MOST_TEXT))


def _reason(error: Exception) -> str:
    """Why the system refused, without the path, which the sentence names in short."""
    return str(error.strerror) if isinstance(error, OSError) else str(error)


def append_line(path: Path, line: str, *, header: str = "", durable: bool = False) -> int:
    """Add a line (after a header where the file is new), cutting off what a crash left half-written. The new size."""
    with told(path), own.opened(path, "a+b", buffering=0) as file:
        end = _end_of_whole_lines(file)
        file.truncate(end)
        data = f"{line}\n".encode() if end or not header else f"{header}\n{line}\n".encode()
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(file.fileno())
            if durable and not end:
                disk.sync(path.parent)
        except OSError:
            file.truncate(end)
            raise
        return end + len(data)


def cut_half_line(path: Path) -> None:
    """Drop what a full disk left half-written at its end. Not while somebody writes there."""
    with told(path), suppress(FileNotFoundError), own.opened(path, "r+b") as file:
        file.truncate(_end_of_whole_lines(file))


def read_lines(path: Path) -> list[str]:
    """The whole lines of a file; none where it does not exist. A torn last line is left out."""
    try:
        data = _whole(path)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise LoupeError(f"{path.parent.name}/{path.name} cannot be read: {_reason(error)}", fix=BACK) from None
    return data[: data.rfind(b"\n") + 1].decode("utf-8", errors="replace").splitlines()


def keep_last(path: Path, size: int) -> None:
    """Drop the oldest lines so that at most `size` bytes stay."""
    with told(path):
        data = patiently(lambda: own.read(path))[-size:]
    write_bytes(path, data[data.find(b"\n") + 1 :], durable=False)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, packed: bool) -> None:
    import numpy as np

    save = np.savez_compressed if packed else np.savez
    replace(path, lambda temporary: save(temporary, **arrays))  # type: ignore[arg-type]  # a name could be 'file'


def read_arrays(
    path: Path, form: Form | None = None, sizes: Sizes | None = None, *, others: bool = False
) -> dict[str, np.ndarray] | None:
    """The arrays of that form, and `others` too; all that are there without one. None where there is no such file."""
    from vae_core.runs import arrays

    try:
        return patiently(lambda: arrays.read(path, form or {}, sizes or {}, others=others or form is None))
    except FileNotFoundError:
        return None


def folder(path: Path) -> None:
    """A folder that may be there already; what is synced in it is found there after a power cut."""
    with told(path):
        if not path.is_dir():
            path.mkdir(exist_ok=True)
            disk.sync(path.parent)


def remove_folder(folder: Path) -> None:
    """Take a folder away: hidden by one rename, then deleted."""
    hidden = folder.with_name(f"{REMOVED}{uuid4().hex}")
    with told(hidden):
        patiently(lambda: os.replace(folder, hidden))
    sweep(folder.parent, REMOVED, 0)


@contextmanager
def aside(root: Path) -> Iterator[Path]:
    """A hidden folder in `root`, to be filled and renamed. Not renamed, it goes: after a kill, in the next call."""
    with told(root):
        root.mkdir(parents=True, exist_ok=True)
    sweep_left(root, NEW)
    sweep(root, REMOVED, 0)
    hidden = root / f"{NEW}{uuid4().hex}"
    try:
        with told(hidden):
            hidden.mkdir()
        with disk.making(hidden):
            yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _end_of_whole_lines(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, size - TAIL))
    return start + file.read().rfind(b"\n") + 1
