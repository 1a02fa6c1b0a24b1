"""What tests share beside fixtures: waiting, settings of their own, the command line, trainings, a page's words."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import files, locks, store
from vae_core.runs.run import CARD_FILE, CONFIG_FILE
from vae_core.runs.store import Run
from vae_core.runs.work import STATUS_FILE, Work
from vae_core.settings import PROJECT, Settings

if TYPE_CHECKING:
    import numpy as np
    import pytest
    from streamlit.testing.v1 import AppTest

    from vae_core.data.dataset import Dataset
    from vae_core.runs.forms import State

ACCOUNTS = ("sign_in", "teachers", "person_jobs", "person_upload_bytes", "person_disk_bytes")  # settings of them
SECONDS = 120  # after which something that is awaited counts as lost
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
HOSTILE = (  # names that somebody might give
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "'\"; DROP",
    "🎉",
    "*b* [x](http://y) $z$ :red[w]",
    "a" * 200,
)
SAID = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
Found = TypeVar("Found")


def eventually(true: Callable[[], Found], about: Work | str = "that never happened") -> Found:
    """Wait until it is true; what it is then. `about`: what to show of somebody's work where it never becomes so."""
    end = time.monotonic() + SECONDS
    while not (found := true()):
        assert time.monotonic() < end, about if isinstance(about, str) else (about.status(), about.log.read_text())
        time.sleep(0.02)
    return found


def settings_in(folder: Path, **more: Any) -> Settings:
    """Without the runs that come along, unless they are asked for."""
    places = {"cache": folder / "cache", "checkpoints": folder / "checkpoints", "shipped": folder / "shipped"}
    return Settings(**{**places, **more})


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that is to work with these settings."""
    return {**{key: value for key, value in os.environ.items() if key != "LOUPE_DATA"}, **places(settings)}


def places(settings: Settings) -> dict[str, str]:
    return {
        "LOUPE_CACHE": str(settings.cache),
        "LOUPE_CHECKPOINTS": str(settings.checkpoints),
        "LOUPE_SHIPPED": str(settings.shipped),
        **{f"LOUPE_{name.upper()}": str(getattr(settings, name)) for name in ("train_slots", *ACCOUNTS)},
    }


def run_cli(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vae_core", *words]
    return subprocess.run(command, cwd=PROJECT, env=environment(settings), capture_output=True, text=True, timeout=250)


def run_here(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """A command in this process: its exit code, what it printed, and what it complained about. See the fixture here."""
    from vae_core.cli.main import main

    return main(words), *capsys.readouterr()


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command printed in this process, which has to succeed."""
    code, printed, complained = run_here(capsys, *words)
    assert code == 0, complained
    return printed


def loaded_by(code: str, settings: Settings) -> set[str]:
    """The modules that a fresh process holds after running this."""
    program = f"import sys\n{code}\nprint('\\nLOADED', *sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, env=environment(settings), capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED")[2].split())


def checksum(data: Dataset) -> float:
    """A number that every pixel and label of the training images, and their order, have a part in. Compare it within
    50: another machine may round some pixels otherwise."""
    import numpy as np

    rows = data.train.pixels.reshape(len(data.train), -1)
    labels = np.zeros(len(rows)) if data.train.labels is None else data.train.labels
    return float(np.cos(np.arange(len(rows))) @ (rows @ np.cos(np.arange(rows.shape[1])) + 1000.0 * labels))


def calls(action: Callable[[], object]) -> Counter[str]:
    """How often each function, also of Python itself, is called meanwhile: its work, whatever the machine."""
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, function: Any) -> None:
        if event in ("call", "c_call"):
            own = frame.f_code.co_qualname if event == "call" else function.__qualname__
            found["os.open" if function is os.open else own] += 1  # by which `open` opens

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return found


def train(settings: Settings, config: Config, report: Callable[[dict], None] = lambda row: None) -> Run:
    """Trained in this process, where TensorFlow is loaded but once for all the small trainings of the tests."""
    from vae_core.learn import training

    run = store.create(settings, config, {})
    training.train(run, settings, report)
    return run


def made_run(settings: Settings, state: str, epochs: int = 2, size: int = 2, run: Run | None = None) -> Run:
    """A run as a trainer leaves it, without the minutes. `size`: of its code. `run`: one that has just begun."""
    import numpy as np

    from vae_core.design import recipes
    from vae_core.look import codes

    config = replace(recipes.default("digits", (8, 8, 1)), latent=size)
    run = run or store.create(settings, config, {})
    random = np.random.default_rng(0)
    for epoch in range(1, epochs + 1):
        run.add_history({"epoch": epoch, "train_total_nats_per_image": 30.0 - epoch})
        code = random.normal(size=(20, size)).astype(np.float32)
        pictures = random.integers(0, 256, (10, 8, 8, 1), np.uint8)
        grid = np.zeros((16, 16, 8, 8, 1), np.uint8)
        run.save_snapshot(
            epoch,
            {
                "index": np.arange(20),
                "code": code,
                "labels": np.arange(20) % 10,
                "plane": codes.plane(code, True),
                "original": pictures,
                "reconstruction": pictures,
                "grid": grid,
            },
        )
    run.set_status(state=state, epoch=epochs)
    return run


def copies(run: Run, count: int) -> list[Run]:
    """So many more, a minute older each, with the files that a list reads."""
    document = files.read_json(run.path / CONFIG_FILE)
    born = datetime.fromisoformat(document["created"])
    for number in range(1, count + 1):
        path = run.path.with_name(f"digits-copy-{number:06d}")
        path.mkdir()
        for name in (CARD_FILE, STATUS_FILE):
            shutil.copyfile(run.path / name, path / name)
        created = (born - timedelta(minutes=number)).isoformat(timespec="microseconds")
        config = {**document["config"], "seed": number}
        (path / CONFIG_FILE).write_bytes(files.to_json({**document, "config": config, "created": created}))
    return [Run(f"digits-copy-{number:06d}", run.settings) for number in range(1, count + 1)]


def state_of(arrays: list[np.ndarray], **numbers: float) -> State:
    """What a resume goes on from, its network's arrays being these."""
    from vae_core.runs.forms import State

    counts = ("epoch", "step", "images", "best_epoch")
    sums = ("reconstruction", "kl", "weighted_kl", "train_seconds", "seconds", "best_value")
    return State({**dict.fromkeys(counts, 0), **dict.fromkeys(sums, 0.0), **numbers}, "adam", arrays, [])


def end_work(settings: Settings) -> None:
    """Kill whatever still works in this folder: trainings, tasks and searches outlive who started them."""
    for path in settings.checkpoints.rglob(STATUS_FILE):
        with suppress(LoupeError, OSError):
            status = files.read_json(path)
            if status.get("pid") and locks.alive(status["pid"], status["pid_started"]):
                process = psutil.Process(status["pid"])
                process.kill()
                process.wait(SECONDS)


def kill(work: Work) -> None:
    """What the out-of-memory killer does to its process."""
    status = work.status()
    if (pid := status["pid"]) and locks.alive(pid, status["pid_started"]):
        os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    eventually(lambda: not work.has_process(), work)


# The words of a page that was opened without a browser.


def texts(app: AppTest) -> str:
    """All that it says, HTML included."""
    values = [getattr(element, "value", None) for kind in SAID for element in app.get(kind)]
    return "\n".join([*(value for value in values if isinstance(value, str)), html(app)])


def plain(app: AppTest) -> str:
    """The same, as a person reads it: without the backslashes that keep names from being markup."""
    return texts(app).replace("\\", "")


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.main.caption)


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.main.button]


def fine(app: AppTest) -> AppTest:
    """A page without any trouble to tell of."""
    assert not app.exception, app.exception
    assert not [error.value for error in app.error]
    return app


def button(app: AppTest, label: str) -> Any:
    """The first button of that name, also one of a dialog."""
    found = [each for each in app.button if each.label == label]
    assert found, [each.label for each in app.button]
    return found[0]


def as_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest without what a server does but once, which is to look through all installed packages for components, or
    never, which is to clear up after Keras: that is loaded here for trainings, and in a server not at all."""
    from streamlit.components.v2 import manifest_scanner
    from streamlit.runtime.scriptrunner import script_runner

    found = _components()
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", lambda *_: found)
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)


@cache
def _components() -> list[Any]:
    from streamlit.components.v2.manifest_scanner import scan_component_manifests

    return scan_component_manifests()


def shown_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes AppTest a server that has shown a page before: by itself it forgets that before every run of the page."""
    as_served(monkeypatch)
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import app_test

    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr(app_test, "PagesManager", type("Warm", (PagesManager,), {}))


def click(app: AppTest, label: str) -> AppTest:
    """Presses the first button of that name; the page as it is then."""
    return next(button for button in app.main.button if button.label == label).click().run()


def parcel(data: bytes) -> tuple[dict[str, Any], bytes]:
    """What a component was given, unpacked: its header and its body."""
    (length,) = struct.unpack_from("<I", data)
    return json.loads(data[4 : 4 + length]), data[4 + length :]
