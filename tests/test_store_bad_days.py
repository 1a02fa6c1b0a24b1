"""Bad days of run folders: readers beside writers, full and forbidden disks, folders that are taken away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support import state_of
from test_store import CONFIG, RESOLVED, child, row, temporary_files

from vae_core.errors import LoupeError
from vae_core.runs import files, store
from vae_core.settings import Settings


@pytest.fixture
def run(settings: Settings) -> store.Run:
    return store.create(settings, CONFIG, RESOLVED, owner="Ada")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_reader_never_sees_half_a_file(settings: Settings, run: store.Run) -> None:
    script = (
        "run = store.open_run(settings, sys.argv[1])\n"
        "for i in range(300): run.set_status(epoch=i, error=str(i % 10) * (i % 50) * 400)\n"
    )
    writer, seen = child(settings, script, run.id), set()
    while writer.poll() is None:
        status = run.status()
        seen.add(status["epoch"])
        assert status["error"] is None or status["error"] == str(status["epoch"] % 10) * (status["epoch"] % 50) * 400
    assert writer.returncode == 0 and len(seen) > 10 and run.status()["epoch"] == 299


def test_a_writer_that_fails_leaves_the_old_file_alone(run: store.Run) -> None:
    run.save_file("model", lambda path: path.write_bytes(b"old"))

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        run.save_file("model", fail)
    assert run.model.read_bytes() == b"old" and not temporary_files(run.path)


def test_a_full_disk_is_told_and_harms_nothing(small_disk: Path) -> None:
    run = store.create(Settings(checkpoints=small_disk), CONFIG, RESOLVED)
    run.save_codes({"mean": np.zeros((4, 2)), "reconstruction": np.zeros(4)})
    run.add_history(row(1))
    noise = np.random.default_rng(0).bytes(400_000)
    for save in (
        lambda: run.save_codes({"mean": np.frombuffer(noise, np.uint8)}),
        lambda: run.save_snapshot(1, {"grid": np.frombuffer(noise, np.uint8)}),
        lambda: run.save_file("model", lambda path: path.write_bytes(noise)),
    ):
        with pytest.raises(LoupeError, match="The disk is full: .* could not be written"):
            save()
        assert not temporary_files(small_disk)
    assert np.array_equal(run.codes()["mean"], np.zeros((4, 2))) and run.snapshot_epochs() == []


def test_the_sentence_about_a_full_disk_can_still_be_written(small_disk: Path) -> None:
    settings = Settings(checkpoints=small_disk)
    run = store.create(settings, CONFIG, RESOLVED)
    with (small_disk / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(LoupeError, match="disk is full"):
        run.save_metrics({"a": 1})
    with pytest.raises(LoupeError, match="disk is full"):
        store.create(settings, CONFIG, RESOLVED)
    run.set_status(state="failed", error="The disk is full.")
    (line,) = store.list_runs(settings)
    assert (line.state, line.error) == ("failed", "The disk is full.")
    run.set_status(state="failed", error="")
    assert run.status()["error"] == "" and not temporary_files(small_disk)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_limit_on_the_size_of_files_is_told_as_well(settings: Settings, run: store.Run) -> None:
    for epoch in range(1, 40):
        run.add_history(row(epoch))
    script = (
        "import resource; run = store.open_run(settings, sys.argv[1])\n"
        "size = (run.path / 'history.csv').stat().st_size + 5\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "try: run.add_history({'epoch': 40, 'train_total_nats_per_image': 1.5, 'seconds': 0.25})\n"
        "except LoupeError as error: print(error)\n"
    )
    said = child(settings, script, run.id).communicate()[0]
    assert said.startswith("The disk is full: ") and [r["epoch"] for r in run.history()] == list(range(1, 40))
    assert (run.path / "history.csv").read_bytes().endswith(b"\n")


def test_a_folder_that_may_not_be_written_to_is_told(small_disk: Path) -> None:
    settings = Settings(checkpoints=small_disk)
    run = store.create(settings, CONFIG, RESOLVED)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for change in (
        lambda: run.set_status(state="running"),
        lambda: run.set_card(star=True),
        lambda: run.add_history(row(1)),
        lambda: run.save_snapshot(1, {"code": np.zeros(2)}),
        lambda: store.create(settings, CONFIG, RESOLVED),
        lambda: store.remove(run),
        lambda: store.create(Settings(checkpoints=small_disk / "new"), CONFIG, {}),
    ):
        with pytest.raises(LoupeError, match="may not be written to"):
            change()
    assert [line.state for line in store.list_runs(settings)] == ["queued"]


def test_a_folder_that_was_deleted_stays_deleted(settings: Settings, run: store.Run) -> None:
    shutil.rmtree(run.path)
    for change in (
        lambda: run.add_history(row(1)),
        lambda: run.add_progress({"step": 1}),
        lambda: run.save_snapshot(1, {"code": np.zeros(2)}),
        lambda: run.save_state(state_of([np.zeros(2)])),
        lambda: run.save_file("model", lambda path: path.write_bytes(b"")),
        lambda: run.set_card(star=True),
        lambda: run.set_status(epoch=1),
        lambda: store.remove(run),
    ):
        with pytest.raises(LoupeError, match="is gone"):
            change()
    assert store.list_runs(settings) == [] and not run.path.exists()


def test_removing_takes_the_whole_folder_unless_it_is_locked(settings: Settings, run: store.Run) -> None:
    run.save_snapshot(1, {"code": np.zeros(2)})
    run.set_status(state="done")
    run.set_card(locked=True)
    with pytest.raises(LoupeError, match="is locked. Unlock it first"):
        store.remove(run)
    run.set_card(locked=False)
    store.remove(run)
    assert os.listdir(settings.checkpoints) == []


def test_what_killed_writers_left_is_swept(settings: Settings, run: store.Run) -> None:
    old = time.time() - 2 * files.STALE_SECONDS
    for name in (settings.checkpoints / ".new-old", settings.checkpoints / ".new-fresh"):
        name.mkdir()
    for path in (run.path / f"{files.TEMPORARY}old-model.keras", run.path / f"{files.TEMPORARY}fresh-card.json"):
        path.write_bytes(b"half")
    for path in (settings.checkpoints / ".new-old", run.path / f"{files.TEMPORARY}old-model.keras"):
        os.utime(path, (old, old))
    store.create(settings, CONFIG, {})
    run.sweep()
    left = sorted(temporary_files(settings.checkpoints))
    assert left == [".new-fresh", f"{files.TEMPORARY}fresh-card.json"]
