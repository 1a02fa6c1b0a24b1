"""Runs that come with the program: unpacked once, looked at like any other, never changed, not mixed with one's own."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import made_run

from vae_core.errors import LoupeError
from vae_core.look import joined
from vae_core.runs import shipped, store, tasks, transfer
from vae_core.runs.store import Run
from vae_core.search import ladder
from vae_core.settings import PROJECT, Settings


@pytest.fixture
def along(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with one run that comes along."""
    return bring(settings, tmp_path, "letters")


def bring(settings: Settings, tmp_path: Path, *names: str) -> Settings:
    elsewhere = replace(settings, checkpoints=tmp_path / "elsewhere")
    settings.shipped.mkdir(parents=True, exist_ok=True)
    for name in names:
        run = made_run(elsewhere, "done")
        run.path.rename(elsewhere.checkpoints / name)
        with (settings.shipped / f"{name}.zip").open("wb") as target:
            transfer.pack(elsewhere, [name], target, with_state=False)
    return settings


def test_what_comes_along_is_small_whole_and_holds_nothing_of_others(settings: Settings) -> None:
    ours = replace(settings, shipped=PROJECT / "checkpoints" / ".shipped")
    assert sum(path.stat().st_size for path in ours.shipped.iterdir()) <= 4_000_000
    found = [Run(line.id, ours) for line in shipped.every(ours) if not line.answers]
    assert {run.config().dataset for run in found} == {"type", "mnist", "fashion-mnist"}
    assert sum(bool(run.config().recipe) for run in found) == 2, "report 000's two, to be compared"
    for run in found:
        assert run.history() and run.metrics() and run.thumbs() and not run.load_state()
        kept = {name for epoch in run.snapshot_epochs() for name in run.snapshot(epoch)} | set(run.codes())
        foreign = run.config().dataset != "type"
        assert not kept & {"labels", "original"} if foreign else {"labels", "original"} <= kept


def test_one_comes_with_all_rungs_of_its_ladder(settings: Settings) -> None:
    ours = replace(settings, shipped=PROJECT / "checkpoints" / ".shipped")
    asked = {line.answers.partition("/")[0] for line in shipped.every(ours) if line.answers}
    assert asked == {"type-ladder"}
    rungs = ladder.read(Run("loupe.type-ladder", ours)).rungs
    assert len(rungs) == 5 and all(len(rung.runs) == 1 and rung.loss and rung.seconds for rung in rungs)


def test_it_is_found_by_its_name_and_is_not_one_of_ones_own(along: Settings) -> None:
    (one,) = shipped.every(along)
    assert one.id == "loupe.letters" and one.is_shipped and one.state == "done"
    assert store.list_runs(along) == []
    run = store.open_run(along, "loupe.letters")
    assert run.config() and run.history() and run.is_shipped


def test_what_is_derived_from_it_lies_in_the_cache_and_the_folder_stays(along: Settings) -> None:
    shipped.ready(along)
    before = {path: path.read_bytes() for path in along.shipped.rglob("*") if path.is_file()}
    task = tasks.begin(Run("loupe.letters", along), "evaluation", {"version": 1})
    assert task.path.is_relative_to(along.cache) and task.run.is_shipped
    shipped.ready(along)
    assert task.path.is_dir(), "looked at again, nothing is unpacked anew"
    assert {path: path.read_bytes() for path in along.shipped.rglob("*") if path.is_file()} == before
    assert not along.checkpoints.exists() or not any(along.checkpoints.iterdir())


def test_it_stays_as_it_is(along: Settings) -> None:
    shipped.ready(along)
    with pytest.raises(LoupeError, match="comes with Latent Loupe"):
        Run("loupe.letters", along).set_card(star=True)


def test_removed_it_is_listed_no_more_and_still_opens(along: Settings, cli) -> None:
    (one,) = shipped.every(along)
    told = cli("remove", one.id)
    assert told.returncode == 0 and "is shown no more" in told.stdout
    assert shipped.every(along) == [] and store.open_run(along, one.id).history()


def test_another_version_takes_its_place_and_what_was_hidden_stays_hidden(along: Settings, tmp_path: Path) -> None:
    (one,) = shipped.every(along)
    store.remove(Run(one.id, along))
    bring(along, tmp_path, "shapes")
    assert [each.id for each in shipped.every(along)] == ["loupe.shapes"]


def test_a_damaged_one_is_left_out(along: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bring(along, tmp_path, "shapes")
    (along.shipped / "letters.zip").write_bytes(b"PK\x03\x04 and no more")
    with caplog.at_level(logging.WARNING):
        assert [each.id for each in shipped.every(along)] == ["loupe.shapes"]
    assert "letters.zip is left out" in caplog.text


def test_a_cache_that_cannot_be_written_has_none(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert shipped.every(replace(bring(settings, tmp_path, "letters"), cache=tmp_path / "file")) == []


def test_an_import_cannot_take_its_name(along: Settings, tmp_path: Path) -> None:
    """An exported one comes back as a run of one's own."""
    shipped.ready(along)
    with (tmp_path / "out.zip").open("wb") as target:
        transfer.pack(along, ["loupe.letters"], target, with_state=False)
    (run,) = transfer.unpack(along, tmp_path / "out.zip")
    assert run.id == "letters" and not run.is_shipped
    content = (tmp_path / "out.zip").read_bytes().replace(b"letters/", b"loupe.x/")
    (tmp_path / "out.zip").write_bytes(content)
    with pytest.raises(LoupeError):
        transfer.unpack(along, tmp_path / "out.zip")


def test_classes_and_images_of_its_data_set_are_joined_where_that_is_here(
    settings: Settings, tmp_path: Path, trained: Run
) -> None:
    elsewhere = replace(settings, checkpoints=tmp_path / "elsewhere")
    shutil.copytree(trained.path, elsewhere.checkpoints / "bare")
    run = Run("bare", elsewhere)
    whole, epoch = run.codes(), run.snapshot_epochs()[-1]
    snapshot = run.snapshot(epoch)
    run.save_codes({name: values for name, values in whole.items() if name != "labels"})
    run.save_snapshot(epoch, {name: snapshot[name] for name in snapshot if name not in ("labels", "original")})
    settings.shipped.mkdir()
    with (settings.shipped / "bare.zip").open("wb") as target:
        transfer.pack(elsewhere, ["bare"], target, with_state=False)
    shipped.ready(settings)
    bare = Run("loupe.bare", settings)
    assert "labels" not in bare.codes() and "original" not in bare.snapshot(epoch)
    assert np.array_equal(joined.codes(bare)["labels"], whole["labels"])
    assert np.array_equal(joined.snapshot(bare, epoch)["original"], snapshot["original"])
    assert np.array_equal(joined.snapshot(bare, epoch)["labels"], snapshot["labels"])
    bare.set_resolved({**bare.resolved(), "data_fingerprint": "another"})
    assert "labels" not in joined.codes(bare) and "original" not in joined.snapshot(bare, epoch)
