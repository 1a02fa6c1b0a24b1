"""Files from the network: fetched once by pooch, checked, with progress, and resumed where a download broke off."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_core.errors import LoupeError
from vae_core.settings import Settings

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, how much there is (0 = unknown)
BLOCK = 1 << 16  # bytes; what a broken connection loses at most
TIMEOUT = 30  # seconds without a byte
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class File:
    url: str
    checksum: str  # as pooch writes it: "md5:..." or "sha256:..."

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[1]


def path(file: File, settings: Settings) -> Path:
    return settings.cache / "downloads" / file.name


def fetch(file: File, settings: Settings, progress: Progress | None = None) -> Path:
    """The file on this machine; it is downloaded if it is not here yet, by one process at a time."""
    target = path(file, settings)
    if target.is_file() and _is_whole(target, file.checksum):
        return target
    import filelock
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)  # it would write to the terminal
    log.info("Downloading %s", file.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _told(file, target), filelock.FileLock(f"{target}.lock"):
        pooch.retrieve(file.url, file.checksum, target.name, target.parent, downloader=_Resume(target, progress))
    return target


@contextmanager
def _told(file: File, target: Path) -> Iterator[None]:
    """Turn what goes wrong on the way into a sentence."""
    import requests

    try:
        yield
    except requests.RequestException as error:
        raise LoupeError(
            f"{file.name} could not be downloaded from {file.url.split('/')[2]} ({_reason(error)})",
            "A network connection is needed the first time",
            "Try again, it goes on where it stopped; or put the data set into a folder and set LOUPE_DATA to it; "
            "'type', 'digits' and 'shapes' need no network",
        ) from None
    except OSError as error:
        raise LoupeError(f"{file.name} could not be kept in {target.parent}: {error.strerror}") from None
    except ValueError as error:
        raise LoupeError(f"{file.name} arrived damaged ({error})", fix="Try again") from None


def _is_whole(target: Path, checksum: str) -> bool:
    """What lies here may have been damaged since it came; it is read once, so it costs a moment once."""
    method, _, expected = checksum.partition(":")
    with target.open("rb") as content:
        return hashlib.file_digest(content, method).hexdigest() == expected


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    return f"the server answered {response.status_code}" if response is not None else type(error).__name__


@dataclass(frozen=True)
class _Resume:
    """A downloader for pooch, whose own one starts from the beginning each time."""

    target: Path
    progress: Progress | None

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        import requests

        partial = self.target.with_name(f"{self.target.name}.part")
        while True:
            before = _size(partial)
            try:
                self._complete(url, partial)
                break
            except requests.RequestException:
                if _size(partial) <= before:  # one that breaks off is tried again as long as it brings something
                    raise
        os.replace(partial, output_file)  # pooch checks the sum and renames; what is wrong does not stay

    def _complete(self, url: str, partial: Path) -> None:
        import requests

        have = _size(partial)
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if response.status_code == 416:  # nothing is left to send: the part is all there is, or more than that
                return
            response.raise_for_status()
            if response.status_code != 206:  # the server sends everything
                have = 0
            total = have + int(response.headers.get("Content-Length", 0))
            with partial.open("ab" if have else "wb") as file:
                for block in response.iter_content(BLOCK):
                    file.write(block)
                    have += len(block)
                    if self.progress:
                        self.progress(f"Downloading {self.target.name}", have, total)
        if have < total:
            raise requests.ConnectionError(f"{have} of {total} bytes arrived")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
