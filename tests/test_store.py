"""Run folders: what is written can be read again, by anybody, at any moment, and on any bad day."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import calls, environment, state_of

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import store, work
from vae_core.runs.run import DERIVED, STATE_FILE, is_kept
from vae_core.settings import PROJECT, Settings

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32:gelu", epochs=3)
MOST_CALLS = 550  # of functions for a line of the list that is read for the first time
PROGRESS = {"epoch": 1, "step": 1, "steps": 9_000, "nats_per_image": 21.5, "images_per_second": 1e4, "eta_seconds": 2.5}
RESOLVED = {"precision": "float32", "parameters": {"total": 1234}}


@pytest.fixture
def run(settings: Settings) -> store.Run:
    return store.create(settings, CONFIG, RESOLVED, owner="Ada")


OPENING = (
    "import sys; from vae_core.errors import LoupeError; from vae_core.runs import store\n"
    "from vae_core.settings import load; from vae_core.design.config import Config; settings = load()\n"
)


def child(settings: Settings, script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OPENING + script, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=PROJECT, env=environment(settings), text=True, **pipes)


def row(epoch: int, loss: float = 1.5) -> dict[str, float]:
    return {"epoch": epoch, "train_total_nats_per_image": loss, "seconds": 0.25}


def temporary_files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.startswith((".tmp-", ".new-", ".removed-"))]


# Making and finding


def test_a_new_run_says_what_it_is(settings: Settings, run: store.Run) -> None:
    assert run.id == CONFIG.id and run.path == settings.checkpoints / CONFIG.id
    assert run.config() == CONFIG and run.resolved() == RESOLVED and run.parent is None
    assert run.card() == {"name": "", "owner": "Ada", "star": False, "note": "", "locked": False}
    assert run.status()["state"] == run.state() == "queued" and run.status()["epochs"] == 3
    assert store.create(settings, CONFIG, {}, parent=run.id).id == f"{run.id}-2"
    assert store.open_run(settings, f"{run.id}-2").parent == run.id
    assert not temporary_files(settings.checkpoints)


def test_processes_that_create_at_once_get_different_names(settings: Settings) -> None:
    script = (
        f"config = {CONFIG!r}; print('ready', flush=True); input()\n"
        "for _ in range(15): print(store.create(settings, config, {'made_by': sys.argv[1]}).id)\n"
    )
    children = [child(settings, script, name) for name in "ab"]
    for one in children:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    made = {name: one.communicate("go\n")[0].split() for name, one in zip("ab", children, strict=True)}
    assert len({*made["a"], *made["b"]}) == len(os.listdir(settings.checkpoints)) == 30
    assert all(store.open_run(settings, i).resolved() == {"made_by": name} for name, ids in made.items() for i in ids)


@pytest.mark.parametrize("recipe", ["..", ".hidden", "a..b", "v1.2", "-x"])
def test_no_name_hides_a_run_or_leads_out_of_the_folder(settings: Settings, recipe: str) -> None:
    run = store.create(settings, replace(CONFIG, recipe=recipe), {})
    assert os.listdir(settings.checkpoints) == [run.id] and run.config().recipe == recipe
    assert store.open_run(settings, run.id) == run and [line.id for line in store.list_runs(settings)] == [run.id]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "/etc", ".slots", "x\0y", "no-such-run"])
def test_names_that_are_no_run_are_refused(settings: Settings, run: store.Run, name: str) -> None:
    (settings.checkpoints / ".slots").mkdir()
    with pytest.raises(LoupeError):
        store.open_run(settings, name)


def test_the_beginning_of_a_name_is_enough_if_it_is_the_only_one(settings: Settings, run: store.Run) -> None:
    assert store.open_run(settings, "digits-v") == run
    second = store.create(settings, CONFIG, {})
    assert store.open_run(settings, run.id) == run
    with pytest.raises(LoupeError, match=f"could be {run.id}, {second.id}"):
        store.open_run(settings, "digits")


# Listing


def test_a_line_of_the_list_holds_the_numbers(settings: Settings, run: store.Run) -> None:
    best = {"epoch": 2, "validation": {"nats_per_image": 12.8, "nats_per_pixel": 0.2}}
    run.set_status(state="failed", epoch=2, best=best, seconds=4.5, error="The disk is full.")
    run.set_card(name="<b>Mine</b> 🎲 ../", star=True)
    (line,) = store.list_runs(settings)
    assert (line.id, line.name, line.owner, line.star) == (run.id, "<b>Mine</b> 🎲 ../", "Ada", True)
    assert (line.state, line.epoch, line.epochs, line.seconds) == ("failed", 2, 3, 4.5)
    assert (line.best_nats_per_image, line.best_nats_per_pixel, line.parameters) == (12.8, 0.2, 1234)
    assert (line.dataset, line.kind, line.recipe, line.error) == ("digits", "vae", "", "The disk is full.")


def test_what_a_person_writes_cannot_turn_what_stands_behind_it(settings: Settings, run: store.Run) -> None:
    run.set_card(name="\u202ebest", owner="\u2067Ada", note="שלום \u202cabc")
    (line,) = store.list_runs(settings)
    assert (line.name, line.owner, line.note) == ("best", "Ada", "שלום abc")


def test_the_newest_come_first_and_only_runs_are_listed(settings: Settings) -> None:
    assert store.list_runs(settings) == []
    made = [store.create(settings, replace(CONFIG, seed=seed), {}).id for seed in (5, 3, 9)]
    (settings.checkpoints / ".new-abc").mkdir()
    (settings.checkpoints / "notes.txt").write_text("not a run")
    assert [line.id for line in store.list_runs(settings)] == made[::-1]


BREAKAGES: dict[str, Callable[[Path], object]] = {
    "card.json is missing": lambda path: (path / "card.json").unlink(),
    "config.json is missing": lambda path: [file.unlink() for file in path.iterdir()],
    "status.json cannot be read": lambda path: (path / "status.json").write_text('{"state": "do'),
    "card.json cannot be read": lambda path: (path / "card.json").write_bytes(b"\xff\xfe\x00"),
    "config.json cannot be read": lambda path: (path / "config.json").write_text("[" * 100_000),
    "status.json is not a JSON object": lambda path: (path / "status.json").write_text("[1]"),
    "was written in version 99": lambda path: edit(path / "config.json", version=99),
    "config of .* has version 0": lambda path: edit(path / "config.json", config={"version": 0}),
    "wrong 'epoch'. It should be a whole": lambda path: edit(path / "status.json", epoch="many"),
    "wrong 'parent'": lambda path: edit(path / "config.json", parent="../../etc"),
    "wrong 'best.validation'": lambda path: edit(path / "status.json", best={"epoch": 1, "validation": [1]}),
    "wrong 'created'": lambda path: edit(path / "config.json", created=5),
    "wrong 'config'": lambda path: edit(path / "config.json", config="tiny"),
}


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("sentence", BREAKAGES)
def test_a_broken_folder_is_listed_with_its_reason(settings: Settings, run: store.Run, sentence: str) -> None:
    other = store.create(settings, CONFIG, {})
    BREAKAGES[sentence](other.path)
    lines = {line.id: line for line in store.list_runs(settings)}
    assert lines[run.id].state == "queued" and lines[run.id].error is None
    assert lines[other.id].state == "broken"
    assert re.search(sentence, lines[other.id].error or ""), lines[other.id].error
    store.remove(other)
    assert [line.id for line in store.list_runs(settings)] == [run.id]


def test_the_list_takes_as_little_for_the_thousandth_run_as_for_the_first(settings: Settings, run: store.Run) -> None:
    run.set_status(state="done")
    run.add_history(row(1))

    def listed(count: int) -> Counter[str]:
        for number in range(len(os.listdir(settings.checkpoints)) + 1, count + 1):
            shutil.copytree(run.path, settings.checkpoints / f"{run.id}-{number}")
        assert len(store.list_runs(settings)) == count
        return calls(lambda: store.list_runs(settings))

    ten, twenty, forty = (listed(count) for count in (10, 20, 40))
    assert twenty["read"] - ten["read"] == 3 * 10, "config.json, card.json and status.json, and nothing else"
    assert twenty.total() - ten.total() < MOST_CALLS * 10
    assert forty.total() - twenty.total() == pytest.approx(2 * (twenty.total() - ten.total()), rel=0.05)


# What a run holds


def test_the_card_takes_only_what_a_card_has(run: store.Run) -> None:
    run.set_card(note="first try", locked=True)
    for wrong in ({"colour": "red"}, {"star": "yes"}, {"name": 3}):
        with pytest.raises(LoupeError, match="A card cannot have"):
            run.set_card(**wrong)
    assert run.card() == {"name": "", "owner": "Ada", "star": False, "note": "first try", "locked": True}


def test_numbers_that_json_does_not_know_become_null(run: store.Run) -> None:
    run.set_resolved({"a": float("nan"), "b": [np.float32("inf"), np.int64(3)], "c": {"d": np.arange(2)}})
    assert run.resolved() == {"a": None, "b": [None, 3], "c": {"d": [0, 1]}}
    run.add_progress({**PROGRESS, "nats_per_image": np.float64("nan")})
    assert run.progress() == [{**PROGRESS, "nats_per_image": None}]


def test_history_keeps_its_units_and_its_numbers(run: store.Run) -> None:
    assert run.history() == []
    run.add_history(row(1, 0.1 + 0.2))
    run.add_history(row(2, float("nan")))
    header = (run.path / "history.csv").read_text().splitlines()[0].split(",")
    assert header[:3] == ["epoch", "train_total_nats_per_image", "train_reconstruction_nats_per_image"]
    assert [r["train_total_nats_per_image"] for r in run.history()] == [0.1 + 0.2, None]
    assert [type(r["epoch"]) for r in run.history()] == [int, int] and run.history()[0]["beta"] is None
    with pytest.raises(ValueError, match="los"):
        run.add_history({"epoch": 3, "los": 1.0})


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_a_torn_line_is_ignored_and_then_cut_off(run: store.Run, whole: int) -> None:
    for epoch in range(1, whole + 1):
        run.add_history(row(epoch))
    with (run.path / "history.csv").open("a") as file:
        file.write("3,1.5,1.2" if whole else "epoch,train_to")
    assert [r["epoch"] for r in run.history()] == list(range(1, whole + 1))
    run.add_history(row(whole + 1))
    assert [r["epoch"] for r in run.history()] == list(range(1, whole + 2))
    assert (run.path / "history.csv").read_text().count("\n") == whole + 2


def test_a_resume_forgets_the_rows_after_its_state(run: store.Run) -> None:
    for epoch in (1, 2, 3):
        run.add_history(row(epoch, epoch / 3))
    before = run.history()
    run.truncate_history(2)
    assert run.history() == before[:2]
    run.truncate_history(0)
    run.add_history(row(1))
    assert [r["epoch"] for r in run.history()] == [1]


def test_progress_is_bounded_and_survives_a_torn_line(run: store.Run) -> None:
    for step in range(6000):
        run.add_progress({**PROGRESS, "step": step})
    rows = run.progress()
    assert (run.path / "progress.jsonl").stat().st_size <= 2 * work.PROGRESS_BYTES
    assert [r["step"] for r in rows] == list(range(6000 - len(rows), 6000)) and len(rows) > 1000
    with (run.path / "progress.jsonl").open("a") as file:
        file.write('{"step": 60')
    assert run.progress() == rows
    run.remove_progress()
    assert run.progress() == [] and not (run.path / "progress.jsonl").exists()


def test_arrays_come_back_as_they_were(run: store.Run) -> None:
    code = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    codes = {"mean": code, "labels": np.arange(7), "reconstruction": np.ones(7, np.float32)}
    pictures = np.zeros((3, 8, 8, 1), np.uint8)
    snapshot = {
        "index": np.arange(7),
        "code": code,
        "plane": np.zeros((3, 2), np.float32),
        "original": pictures,
        "reconstruction": pictures,
        "grid": np.zeros((4, 4, 8, 8, 1), np.uint8),
    }
    run.save_codes(codes)
    run.save_snapshot(12, snapshot)
    run.save_snapshot(3, snapshot)
    assert run.load_state() is None
    run.save_state(state_of([codes["mean"]], epoch=3))
    state = run.load_state()
    assert state is not None and (state.numbers["epoch"], state.best) == (3, [])
    for read in (run.codes()["mean"], run.snapshot(12)["code"], state.now[0]):
        assert np.array_equal(read, codes["mean"]) and read.dtype == np.float32
    assert run.snapshot_epochs() == [3, 12] and run.codes().keys() == codes.keys()
    with pytest.raises(LoupeError, match="no snapshot of epoch 4"):
        run.snapshot(4)


def test_nothing_is_unpickled(run: store.Run) -> None:
    np.savez(run.path / "codes.npz", mean=np.array([print], dtype=object))
    with pytest.raises(LoupeError, match="run code"):
        run.codes()
    (run.path / "codes.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(LoupeError, match="damaged"):
        run.codes()


def test_files_keep_their_suffix_while_they_are_written(run: store.Run) -> None:
    run.save_file("model", lambda path: path.with_suffix(".keras").write_bytes(b"weights"))
    run.save_thumbs(b"webp")
    assert run.model.read_bytes() == b"weights" and run.thumbs() == b"webp"


def test_what_a_finished_run_holds_is_known_by_name(trained: store.Run) -> None:
    names = {path.relative_to(trained.path).as_posix() for path in trained.path.rglob("*") if path.is_file()}
    names = {name for name in names if not name.startswith(f"{DERIVED}/")}  # made of it by other tests
    kept = {name for name in names if is_kept(name, with_state=True)}
    assert names - kept <= {trained.lock.name, trained.guard.name}
    assert {name for name in kept if not is_kept(name, with_state=False)} == {STATE_FILE}
    for name in (
        "../card.json",
        "epochs/1.npz",
        "epochs/0001.npz/x",
        "state/other.npz",
        "run.py",
        "epochs/../0001.npz",
    ):
        assert not is_kept(name, with_state=True)
