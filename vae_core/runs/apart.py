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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from vae_core.errors import LoupeError, Repair
from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

if TYPE_CHECKING:
    import numpy as np

    from vae_core.data.download import Progress
    from vae_core.data.fitting import Fitting

COMMAND = (sys.executable, "-m", "vae_core", "apart")
READ, UNPACK = "read", "unpack"
PROGRESS, SHOWN, REFUSED, DONE = "progress", "shown", "refused", "done"  # what a line of its answer is about
Line = Mapping[str, Any]


def read(name: str, settings: Settings, fitting: Fitting, progress: Progress) -> None:
    """Read the originals of a data set again, as `versions.refit` does, and keep them."""
    expected = "Sound files were expected: one of these is damaged, or was made to do harm"
    broken = LoupeError(f"The program that read '{name}' broke off", expected, "Save the pictures as PNG and try again")

    def tell(line: Line) -> None:
        if SHOWN in line and hasattr(progress, "shows"):
            progress.shows(_pixels(line[SHOWN]), str(line["told"]))
        elif PROGRESS in line:
            doing, done, total = line[PROGRESS]
            progress(str(doing), int(done), int(total))

    _ask(settings, (READ, name, json.dumps(asdict(fitting))), None, broken, tell)


def unpack(settings: Settings, source: IO[bytes], owner: str = "") -> list[Run]:
    """The runs of a zip, an open file of the system, as `transfer.unpack` checks and keeps them."""
    expected = "A zip of exported runs was expected: this one is damaged, or was made to do harm"
    broken = LoupeError("The program that read the zip broke off", expected, "Nothing of it was kept")
    ids = _ask(settings, (UNPACK, "--", owner), source, broken, lambda line: None)
    return [store.open_run(settings, str(run_id)) for run_id in ids]


def _ask(
    settings: Settings, words: Sequence[str], source: IO[bytes] | None, broken: LoupeError, tell: Callable[[Line], None]
) -> list[Any]:
    """What it answers in the end. It may say anything, once somebody's file has got the better of it."""
    found: list[Any] = []
    with _started(settings, words, source) as process:
        for text in process.stdout or ():
            try:
                line = dict(json.loads(text))
            except (ValueError, TypeError, RecursionError):
                continue
            if REFUSED in line:
                raise _refused(line[REFUSED])
            found = list(line.get(DONE, found))
            tell(line)
    if process.returncode < 0 or process.returncode > 128:
        raise LoupeError(f"{broken.happened} ({_signal(process.returncode)})", broken.expected, broken.fix)
    if process.returncode:
        raise RuntimeError("what reads files apart failed, and has written why")
    return found


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


def _refused(told: Mapping[str, Any]) -> LoupeError:
    repairs = [Repair(str(each["label"]), dict(each["settings"])) for each in told["repairs"]]
    return LoupeError(*(str(told[part]) for part in ("happened", "expected", "fix")), repairs)


def _pixels(shown: Mapping[str, Any]) -> np.ndarray:
    import numpy as np

    return np.frombuffer(base64.b64decode(shown["pixels"]), np.uint8).reshape(shown["shape"])


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"code {code & 0xFFFFFFFF:#x}"
