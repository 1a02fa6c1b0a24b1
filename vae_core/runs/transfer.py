"""Runs as one zip, out and in. What comes in was made by anybody, so everything in it is checked before it is kept."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO
from uuid import uuid4

from vae_core import disk
from vae_core.checked import NO_DEVICE
from vae_core.data.archives import DAMAGED, METHODS
from vae_core.errors import LoupeError
from vae_core.runs import files, keras_file, own, store
from vae_core.runs.run import CARD, CONFIG_FILE, FILES, Run, is_kept
from vae_core.runs.summary import summarize
from vae_core.runs.work import FINAL
from vae_core.settings import SHIPPED, Settings

RUN_ID = re.compile(rf"(?!{re.escape(SHIPPED)}){NO_DEVICE}[A-Za-z0-9][A-Za-z0-9._-]{{0,127}}")
# Not exchanged: they can be made again from the model, which is checked, and LiteRT is native code.
MADE_AGAIN = {FILES[kind] for kind in ("encoder_tflite", "decoder_tflite", "plane")}
PACKED = (".npz", ".keras", ".webp")  # compressing these again only takes time
STAMP = (1980, 1, 1, 0, 0, 0)  # the same run makes the same zip
MOST_TEXT = 2**24  # bytes of a document or a picture: these are read in one piece
FIX = "Export the run again from where it was trained"


def pack(settings: Settings, ids: Iterable[str], target: IO[bytes], *, with_state: bool = True) -> None:
    """Write runs that have ended into one zip. Without the state they cannot be resumed or trained longer."""
    with zipfile.ZipFile(target, "w") as archive:
        for run in [store.open_run(settings, run_id) for run_id in ids]:
            state = run.state()
            if state in ("queued", "running"):
                raise LoupeError(f"{run.id} is {state}", "Only runs that have ended can be exported", "Stop it first")
            for name in travelling(run, with_state=with_state):
                if name not in MADE_AGAIN:
                    _add(archive, f"{run.id.removeprefix(SHIPPED)}/{name}", own.read(run.path / name))


def unpack(settings: Settings, source: IO[bytes] | Path, owner: str = "") -> list[Run]:
    """Check a zip of runs and keep them under their names, or the next free ones. All of them, or none.

    `owner`: whose they are from now on; else they stay whose they were."""
    with files.aside(settings.checkpoints) as hidden:
        inside = replace(settings, checkpoints=hidden)
        with _opened(source) as archive:
            found = [_unpack_run(archive, run_id, members, inside) for run_id, members in _members(archive, settings)]
        for run in found if owner else ():
            run.set_card(owner=owner)
        return [Run(keep(run, settings), settings) for run in found]


def travelling(run: Run, *, with_state: bool = True) -> Iterator[str]:
    """The names of its files that another place may have, as a run that has ended keeps them."""
    for path in sorted(run.path.rglob("*")):
        name = path.relative_to(run.path).as_posix()
        if path.is_file() and not path.is_symlink() and is_kept(name, with_state=with_state):
            yield name


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, STAMP)
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def _opened(source: IO[bytes] | Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except DAMAGED as error:
        raise LoupeError(f"This is no zip that can be read ({error})", "A zip of exported runs was expected") from None


def _members(archive: zipfile.ZipFile, settings: Settings) -> list[tuple[str, list[zipfile.ZipInfo]]]:
    """The files of each run, after everything that can be said without unpacking them."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    _check_size(infos, settings.max_files, settings.max_bytes)
    runs: dict[str, list[zipfile.ZipInfo]] = {}
    _refuse_what_holds_no_run([info.filename for info in infos])
    for info in infos:
        _check_member(info)
        runs.setdefault(info.filename.split("/", 1)[0], []).append(info)
    return list(runs.items())


def _refuse_what_holds_no_run(names: list[str]) -> None:
    if not names:
        raise LoupeError("The zip is empty", "At least one run was expected")
    if not any(name.endswith(f"/{CONFIG_FILE}") for name in names):
        raise LoupeError(
            f"The zip holds no run: no folder in it has a {CONFIG_FILE}", "A zip of exported runs was expected", FIX
        )


def _check_size(infos: list[zipfile.ZipInfo], most: int, most_bytes: int) -> None:
    size = sum(info.file_size for info in infos)
    if len(infos) > most or size > most_bytes:
        raise LoupeError(
            f"The zip holds {len(infos):,} files with {size:,} bytes",
            f"At most {most:,} files with {most_bytes:,} bytes were expected",
            "Import fewer runs at once, or raise the settings max_files and max_bytes",
        )
    names = [info.filename.casefold() for info in infos]
    if len(set(names)) < len(names):
        raise LoupeError("The zip holds two files of one name", "Each file once was expected", FIX)


def _check_member(info: zipfile.ZipInfo) -> None:
    """Only what a run may hold comes in: so there is no way out of its folder, and no file below a file."""
    told, (run_id, _, name) = repr(info.filename[:100]), info.filename.partition("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if not RUN_ID.fullmatch(run_id) or ".." in name.split("/") or "\\" in name:
        if RUN_ID.fullmatch(info.filename):
            raise LoupeError(f"{told} lies beside the runs in the zip", "A folder for each run was expected", FIX)
        raise LoupeError(f"The zip holds a file {told}", "Files in a folder named like a run were expected", FIX)
    if kind not in (0, stat.S_IFREG):
        raise LoupeError(f"{told} in the zip is a link or a special file", "Plain files were expected", FIX)
    if info.flag_bits & 1:
        raise LoupeError(f"{told} in the zip is encrypted", "Files without a password were expected", FIX)
    if info.compress_type not in METHODS:
        raise LoupeError(f"{told} in the zip is packed in an unusual way", "Deflate, or no packing, was expected", FIX)
    if info.file_size > MOST_TEXT and not name.endswith((".npz", ".keras", ".tflite", ".bin")):
        raise LoupeError(f"{told} in the zip has {info.file_size:,} bytes", f"At most {MOST_TEXT:,} were expected", FIX)
    if not name:
        raise LoupeError(f"{told} lies beside the runs in the zip", "A folder for each run was expected", FIX)
    if not is_kept(name, with_state=True):
        raise LoupeError(f"{told} in the zip belongs to no run", "Files of a run were expected", FIX)


def _unpack_run(archive: zipfile.ZipFile, run_id: str, members: list[zipfile.ZipInfo], inside: Settings) -> Run:
    run = Run(run_id, inside)
    members = [info for info in members if info.filename.split("/", 1)[1] not in MADE_AGAIN]
    for info in members:
        path = inside.checkpoints / info.filename
        with files.told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _extract(archive, info, path)
    check(run, (info.filename.split("/", 1)[1] for info in members))
    return run


def check(run: Run, names: Iterable[str]) -> None:
    """Refuse what is not what a run has there; all its files have come, and nobody sees it yet."""
    run.config()  # one that is none is refused here
    for name in names:
        run.check(name)
        _check_content(run.path / name)
    _check_documents(run)
    _check_model(run)


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    try:
        with archive.open(info) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)  # never more than the size that was checked
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno in files.TOLD:
            raise  # it is not the zip that is to blame
        raise LoupeError(f"{info.filename} in the zip is damaged ({str(error)[:100]})", fix=FIX) from None


def _check_documents(run: Run) -> None:
    """Settings, card and state can be read, and say what a run says; what trained it there does not train it here."""
    card, status = run.card(), run.status()
    unknown, summary = sorted(set(card) - set(CARD)), summarize(run)
    if unknown:
        raise LoupeError(f"The card of {run.id} has a wrong '{unknown[0]}'", fix=FIX)
    if summary is None or summary.state == "broken":
        raise LoupeError(f"{run.id} cannot be read: {summary.error if summary else ''}", fix=FIX)
    state = status["state"] if status["state"] in FINAL else "interrupted"
    run.set_status(state=state, phase="", pid=None, pid_started=None, queued=None)


def _check_content(path: Path) -> None:
    """Refuse a file that is not what its name says."""
    with path.open("rb") as file:
        start = file.read(16)
    if path.suffix == ".webp" and not (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        raise LoupeError(f"{path.name} is damaged (its content is of another kind)", fix=FIX)


def _check_model(run: Run) -> None:
    """The layers that its settings can make, and their weights: what a .tflite would compute is made from these."""
    if run.model.exists():
        try:
            keras_file.check(run.model, run.config().architecture().counts["total"])
        except LoupeError as error:
            raise LoupeError(error.happened, error.expected, FIX) from None


def keep(run: Run, settings: Settings) -> str:
    """Let everybody see it: under its name, or the next free one."""
    target = settings.checkpoints / f"{files.NEW}{uuid4().hex}"
    with files.told(target):
        disk.sync_all(run.path)
        run.path.rename(target)
        return store.keep_as(target, run.id)
