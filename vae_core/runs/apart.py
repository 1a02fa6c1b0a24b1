"""Files of strangers, read by a process of their own within limits: what crashes a library there is a sentence here.

Pictures, tables and models are unpacked by native code (libwebp, libavif, libtiff, HDF5, Arrow). Where a file makes
that code fail, the process that reads it ends, and not the page server with everybody's pages. See cli/apart.py.
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, TYPE_CHECKING

from vae_core.checked import anything, by_name, listed, record, text, whole
from vae_core.errors import LoupeError, Repair
from vae_core.runs import forms, jobs, store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

if TYPE_CHECKING:
    import numpy as np

    from vae_core.data.download import Progress
    from vae_core.data.fitting import Fitting

COMMAND = (sys.executable, "-m", "vae_core", "apart")
READ, UNPACK = "read", "unpack"
PROGRESS, SHOWN, REFUSED, DONE = "progress", "shown", "refused", "done"  # what a line of its answer is about
ADVANCED = record(doing=text, done=whole(), total=whole())
PICTURES = record(told=text, shape=listed(whole(1)), pixels=anything)
REFUSAL = record(happened=text, expected=text, fix=text, repairs=listed(record(label=text, settings=by_name(text))))
Tell = Callable[[str, object], None]


def read(name: str, settings: Settings, fitting: Fitting, progress: Progress) -> None:
    """Read the originals of a data set again, as `versions.refit` does, and keep them."""
    expected = "Sound files were expected: one of these is damaged, or was made to do harm"
    broken = LoupeError(f"The program that read '{name}' broke off", expected, "Save the pictures as PNG and try again")

    def tell(about: str, told: object) -> None:
        if about == PROGRESS:
            now = ADVANCED(told)
            progress(now["doing"], now["done"], now["total"])
        elif about == SHOWN and hasattr(progress, "shows"):
            shown = PICTURES(told)
            progress.shows(_pixels(shown["pixels"], shown["shape"]), shown["told"])

    _ask(settings, (READ, name, json.dumps(asdict(fitting))), None, broken, tell)


def unpack(settings: Settings, source: IO[bytes], owner: str = "") -> list[Run]:
    """The runs of a zip, an open file of the system, as `transfer.unpack` checks and keeps them."""
    expected = "A zip of exported runs was expected: this one is damaged, or was made to do harm"
    broken = LoupeError("The program that read the zip broke off", expected, "Nothing of it was kept")
    ids = _ask(settings, (UNPACK, "--", owner), source, broken, lambda about, told: None)
    return [store.open_run(settings, run_id) for run_id in listed(forms.name)(ids)]


def _ask(settings: Settings, words: Sequence[str], source: IO[bytes] | None, broken: LoupeError, tell: Tell) -> object:
    """What it answers in the end. It may say anything, once somebody's file has got the better of it."""
    found: object = None
    with _started(settings, words, source) as process:
        for text in process.stdout or ():
            about, told = _line(text)
            if about == REFUSED:
                raise _refused(told)
            found = told if about == DONE else found
            tell(about, told)
    if process.returncode < 0 or process.returncode > 128:
        raise LoupeError(f"{broken.happened} ({_signal(process.returncode)})", broken.expected, broken.fix)
    if process.returncode:
        raise RuntimeError("what reads files apart failed, and has written why")
    return found


def _line(text: bytes) -> tuple[str, object]:
    """What it is about, and what it tells."""
    try:
        about, told = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return "", None
    return str(about), told


@contextmanager
def _started(settings: Settings, words: Sequence[str], source: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    """It ends with whoever waits for it: a page that is left raises out of the progress that it draws."""
    here, given = jobs.environment(settings), source or subprocess.DEVNULL
    with subprocess.Popen([*COMMAND, *words], cwd=PROJECT, env=here, stdin=given, stdout=subprocess.PIPE) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _refused(told: object) -> LoupeError:
    found = REFUSAL(told)
    repairs = [Repair(each["label"], each["settings"]) for each in found["repairs"]]
    return LoupeError(found["happened"], found["expected"], found["fix"], repairs)


def _pixels(packed: str, shape: Sequence[int]) -> np.ndarray:
    import numpy as np

    return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(shape)


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"code {code & 0xFFFFFFFF:#x}"
