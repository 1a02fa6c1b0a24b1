"""Native code that crashes over a file of somebody's: that is a sentence, and the page server lives on.

A form of attack has a number or a name, and a test that bears it: docs/reliability.md counts them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import end_work, eventually, loaded_by
from test_transfer import pack

from vae_core.data import catalog, originals
from vae_core.data.fitting import Fitting
from vae_core.data.originals import Original
from vae_core.errors import LoupeError
from vae_core.look.portable import Portable
from vae_core.runs import apart, jobs, store, tasks
from vae_core.runs.store import Run
from vae_core.settings import Settings

CRASH = "import os, signal\nsignal.signal(signal.SIGABRT, signal.SIG_DFL)\n"
ABORT, FAULT, ENDED = "os.abort()", "import ctypes; ctypes.string_at(0)", "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """A library of this name that crashes in every process that is started from here."""
    place = tmp_path / "libraries"
    place.mkdir()

    def breaks(name: str, how: str) -> None:
        module = place / name.replace(".", "/")
        module.parent.mkdir(parents=True, exist_ok=True)
        if module.parent != place:
            (module.parent / "__init__.py").touch()
        module.with_suffix(".py").write_text(CRASH + how + "\n")
        monkeypatch.setenv("PYTHONPATH", str(place))

    return breaks


def pictures(folder: Path, kind: str) -> Path:
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{number}.{kind}")
    return folder


def look_at(path: Path, settings: Settings) -> None:
    originals.remember("mine", Original(path), settings)
    apart.read("mine", settings, Fitting(), lambda *now: None)


CODECS = [("pi_heif", ABORT, "SIGABRT"), ("pi_heif", FAULT, "SIGSEGV"), ("pi_heif", ENDED, "SIGKILL")]


@pytest.mark.parametrize(("library", "how", "told"), [*CODECS, ("pyarrow", ABORT, "SIGABRT")])
def test_form_15_a_codec_that_crashes(
    library: str, how: str, told: str, broken: Callable[[str, str], None], tmp_path: Path, settings: Settings
) -> None:
    """Rare pictures and tables are read by native code: its crash is a sentence."""
    path = pictures(tmp_path / "pets", "webp")
    if library == "pyarrow":
        path = tmp_path / "pets.parquet"
        path.write_bytes(b"PAR1")
    broken(library, how)
    with pytest.raises(LoupeError, match=rf"'mine' broke off \({told}\)"):
        look_at(path, settings)
    assert not (settings.cache / "datasets").exists()


def test_what_is_read_apart_is_what_is_read_here(tmp_path: Path, settings: Settings) -> None:
    path = pictures(tmp_path / "pets", "avif")
    look_at(path, settings)
    here = catalog.add(path, "here", settings)
    assert catalog.load("mine", settings).fingerprint == here.fingerprint
    (path / "1.avif").write_bytes((path / "0.avif").read_bytes()[:300])
    with pytest.raises(LoupeError, match="1.avif cannot be read as a picture"):
        look_at(path, settings)


@pytest.mark.parametrize("how", [ABORT, FAULT, ENDED])
def test_form_15_a_model_that_crashes_who_reads_it(
    how: str, trained: Run, broken: Callable[[str, str], None], tmp_path: Path, settings: Settings
) -> None:
    """A run that was sent: HDF5 is native code, too."""
    (tmp_path / "run.zip").write_bytes(pack(trained))
    broken("h5py", how)
    with pytest.raises(LoupeError, match="broke off"), (tmp_path / "run.zip").open("rb") as file:
        apart.unpack(settings, file)
    assert store.list_runs(settings) == []


def test_a_zip_is_unpacked_apart_as_here(trained: Run, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "run.zip").write_bytes(pack(trained))
    with (tmp_path / "run.zip").open("rb") as file:
        assert [run.id for run in apart.unpack(settings, file)] == [trained.id]
    with pytest.raises(LoupeError, match="no zip"), (tmp_path / "none.zip").open("wb+") as file:
        apart.unpack(settings, file)


def mutated(data: bytes, seed: int) -> bytes:
    chance = np.random.default_rng(seed)
    changed = bytearray(data)
    for place in chance.integers(8, len(data), 20):
        changed[place] = chance.integers(256)
    return bytes(changed)


NETWORKS: dict[str, Callable[[bytes], bytes]] = {
    "changed": lambda data: mutated(data, 0),
    "cut": lambda data: data[: len(data) // 2],
    "offsets that are huge": lambda data: data[:4] + b"TFL3" + b"\xff" * 64 + data[72:],
    "empty": lambda data: b"",
    "another file": lambda data: b"TFL3" * 2**16,
}


@pytest.mark.parametrize("variant", NETWORKS)
def test_form_15_a_tflite_that_the_page_would_load(variant: str, own: Run) -> None:
    """Public proofs of overflows in LiteRT: the page computes with NumPy, and never opens such a file."""
    codes = own.codes()["mean"][:3]
    known = Portable.plain(own).decode(codes)
    for path in (own.encoder_tflite, own.decoder_tflite):
        path.write_bytes(NETWORKS[variant](path.read_bytes()))
    assert np.array_equal(Portable.plain(own).decode(codes), known)


def test_form_15_a_page_loads_no_native_interpreter(own: Run) -> None:
    script = f"""
import numpy as np
from ui import cached
from vae_core import settings
from vae_core.runs import store
run = store.open_run(settings.load(), {own.id!r})
cached.drawn(run, np.zeros((2, 2)))
"""
    assert "ai_edge_litert" not in loaded_by(script, own.settings)


def test_form_15_a_tflite_that_crashes_a_task(own: Run, broken: Callable[[str, str], None]) -> None:
    """It ends the task's own process: the task says so, and everything else lives on."""
    broken("ai_edge_litert.interpreter", ABORT)
    task = tasks.begin(own, "evaluation", {})
    try:
        jobs.start(own.settings, task, command=tasks.COMMAND)
        eventually(lambda: task.state() in ("interrupted", "failed"), task)
    finally:
        end_work(own.settings)
    assert os.getpid() and store.list_runs(own.settings)
