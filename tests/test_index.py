"""A list of many runs opens none of them twice, and is never wrong for that."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from support import calls, copies, made_run

from vae_core.runs import index, locks, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

MANY = 100
FEW = 4  # files that a second list opens, whatever the number of runs
Change = Callable[[Path], object]


@pytest.fixture
def many(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Runs that were written long ago, and listed once."""
    copies(made_run(settings, "done", epochs=1), MANY - 1)
    monkeypatch.setattr(index, "SETTLED", 0)
    store.list_runs(settings)
    return settings


def told(settings: Settings) -> list[store.Summary]:
    """What the folders themselves say."""
    return store.list_runs(replace(settings, cache=settings.cache / "another"))


def kept(settings: Settings) -> Path:
    (path,) = (settings.cache / index.FOLDER).iterdir()
    return path


def test_a_second_list_opens_no_run(many: Settings) -> None:
    assert calls(lambda: store.list_runs(many))["open"] <= FEW
    assert len(store.list_runs(many)) == MANY and store.list_runs(many) == told(many)


def test_a_page_server_reads_the_index_once(many: Settings) -> None:
    known = index.Index(many)
    assert calls(lambda: store.list_runs(many, known))["open"] == 0
    Run(store.list_runs(many, known)[7].id, many).set_card(name="Mine")
    assert calls(lambda: store.list_runs(many, known))["open"] <= FEW
    assert store.list_runs(many, known) == told(many)


def test_what_was_written_just_now_is_read_again(settings: Settings) -> None:
    """It may be written once more within the same tick of the clock."""
    copies(made_run(settings, "done", epochs=1), MANY - 1)
    store.list_runs(settings)
    assert not (settings.cache / index.FOLDER).exists()


def test_a_few_runs_need_no_index(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SETTLED", 0)
    copies(made_run(settings, "done", epochs=1), index.FEWEST - 2)
    store.list_runs(settings)
    assert not (settings.cache / index.FOLDER).exists()


def of_same_size_and_time(path: Path) -> None:
    """As an editor that writes in place, or a copy that keeps times, leaves it."""
    card = path / "card.json"
    before = card.stat()
    card.write_bytes(card.read_bytes().replace(b'"star": false', b'"star":  true'))
    os.utime(card, ns=(before.st_atime_ns, before.st_mtime_ns))


def other(path: Path) -> Path:
    return path.with_name("digits-copy-000009")


def swap(path: Path) -> None:
    for source, target in ((path, "a"), (other(path), path.name), (path.with_name("a"), other(path).name)):
        source.rename(path.with_name(target))


CHANGES: dict[str, Change] = {
    "a card": lambda path: (path / "card.json").write_text(json.dumps({"name": "Mine", "star": True})),
    "a card of the same size and time": of_same_size_and_time,
    "a torn status": lambda path: os.truncate(path / "status.json", 40),
    "a torn config": lambda path: os.truncate(path / "config.json", 40),
    "no card": lambda path: (path / "card.json").unlink(),
    "an empty folder": lambda path: [shutil.rmtree(path), path.mkdir()],
    "removed": shutil.rmtree,
    "renamed": lambda path: path.rename(path.with_name("renamed")),
    "two with each other's names": swap,
    "added": lambda path: shutil.copytree(path, path.with_name("added")),
    "another of the same name": lambda path: [shutil.rmtree(path), shutil.copytree(other(path), path)],
    "a file in its place": lambda path: [shutil.rmtree(path), path.write_text("")],
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_told(many: Settings, change: str) -> None:
    before = store.list_runs(many)
    CHANGES[change](many.checkpoints / "digits-copy-000007")
    assert store.list_runs(many) == told(many) != before


def test_a_run_that_has_not_ended_is_looked_at_each_time(many: Settings) -> None:
    """Its process may begin or die without writing a word."""
    run = Run("digits-copy-000007", many)
    run.set_status(state="running")

    def state() -> str:
        return next(line.state for line in store.list_runs(many) if line.id == run.id)

    assert state() == "interrupted"
    lock = locks.take(run.lock, 1)
    assert lock is not None and state() == "running"
    lock.release()
    assert state() == "interrupted"


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, Change] = {
    "torn": lambda path: os.truncate(path, 5000),
    "empty": lambda path: os.truncate(path, 0),
    "a flipped bit": flipped,
    "of another version": lambda path: path.write_bytes(path.read_bytes().replace(b" note ", b" word ", 1)),
    "noise": lambda path: path.write_bytes(os.urandom(5000)),
    "gone": Path.unlink,
    "a folder": lambda path: [path.unlink(), path.mkdir()],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_only_slower(many: Settings, damage: str) -> None:
    path = kept(many)
    DAMAGES[damage](path)
    assert store.list_runs(many) == told(many) and len(told(many)) == MANY
    if not path.is_dir():
        assert calls(lambda: store.list_runs(many))["open"] <= FEW  # it was made anew


def test_without_a_cache_that_can_be_written_there_is_no_index(many: Settings) -> None:
    nowhere = replace(many, cache=many.checkpoints / "digits-copy-000007" / "card.json")
    assert store.list_runs(nowhere) == told(many)


def test_many_may_list_while_runs_come_and_go(many: Settings) -> None:
    def list_and_spoil(number: int) -> bool:
        for path in (many.cache / index.FOLDER).iterdir():
            path.unlink(missing_ok=True)
        shutil.copytree(many.checkpoints / "digits-copy-000007", many.checkpoints / f"new-{number}")
        found = {line.id: line.state for line in store.list_runs(many)}
        return found[f"new-{number}"] == "done" and len(found) >= MANY

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(list_and_spoil, range(12)))
    assert store.list_runs(many) == told(many) and len(told(many)) == MANY + 12
