"""Files that leave the house stand there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import Run

from vae_core.errors import LoupeError
from vae_core.share import outgoing

Call = Callable[..., tuple[int, str, str]]
BEFORE = b"what was there before\n"
# Each command that writes a file for somebody, and the name that it gets.
WRITERS = {
    "code": ("code", "mnist-baseline", "--out", "program.py"),
    "notebook": ("code", "mnist-baseline", "--notebook", "--out", "program.ipynb"),
    "report, HTML": ("report", "RUN", "--out", "report.html"),
    "report, Markdown": ("report", "RUN", "--out", "report.md"),
    "grid": ("grid", "RUN", "--out", "grid.png"),
    "decode": ("decode", "RUN", "--random", "20", "--out", "codes.png"),
    "map": ("project", "RUN", "--count", "50", "--csv", "map.csv"),
    "TensorBoard": ("project", "RUN", "--count", "50", "--tensorboard", "board"),
}


@contextmanager
def a_small_disk() -> Iterator[None]:
    """No file may grow over 1,000 bytes, which the system answers to as it does on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_leaves_what_was_there(call: Call, own: Run, tmp_path: Path, name: str) -> None:
    *command, out = (own.id if word == "RUN" else word for word in WRITERS[name])
    path = tmp_path / out
    code, _, complained = call(*command, str(path))  # whatever it keeps in the run is there from now on
    assert code == 0, complained
    places = sorted(path.iterdir()) if path.is_dir() else [path]
    large = [place for place in places if place.stat().st_size > 1000]
    assert large, "too small to find out"
    for place in large:
        place.write_bytes(BEFORE)
    with a_small_disk():
        code, _, complained = call(*command, str(path))
    assert code == 1 and "could not be written" in complained and "unharmed" in complained
    assert all(place.read_bytes() == BEFORE for place in large)
    assert sorted(path.iterdir() if path.is_dir() else [path]) == places, "something was left lying there"


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "secret.html", tmp_path / "link.html"
    file.write_bytes(BEFORE)
    file.chmod(0o600)
    link.symlink_to(file)
    outgoing.write(link, b"new")
    assert link.is_symlink() and file.read_bytes() == b"new"
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    outgoing.write(pipe, b"through")
    assert os.read(reader, 100) == b"through" and pipe.is_fifo()
    os.close(reader)


@pytest.mark.parametrize("place", ["missing/file.md", ".", "n" * 300])
def test_a_place_that_cannot_be_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(LoupeError, match="could not be written"):
        outgoing.write(tmp_path / place, b"new")
    assert not list(tmp_path.iterdir())
