"""Runs out and in as one zip: what was exported comes back whole, and what was tampered with does not come in."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from vae_core.errors import LoupeError
from vae_core.look.portable import Portable
from vae_core.look.program import packed as plane
from vae_core.runs import store, transfer
from vae_core.runs.store import Run
from vae_core.settings import Settings


@pytest.fixture(scope="module")
def packed(trained: Run) -> bytes:
    return pack(trained)


def pack(run: Run, **options: bool) -> bytes:
    target = io.BytesIO()
    transfer.pack(run.settings, [run.id], target, **options)
    return target.getvalue()


def unpack(settings: Settings, data: bytes) -> Run:
    (run,) = transfer.unpack(settings, io.BytesIO(data))
    return run


def rewritten(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The same zip after a change of its files by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_member(data: bytes, info: zipfile.ZipInfo | str, content: bytes = b"x") -> bytes:
    target = io.BytesIO(data)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(info, content)
    return target.getvalue()


def refused(settings: Settings, data: bytes, told: str) -> None:
    with pytest.raises(LoupeError, match=told):
        transfer.unpack(settings, io.BytesIO(data))
    assert [path for path in settings.checkpoints.parent.rglob("*") if path.is_file()] == []


def test_a_run_comes_back_whole(trained, packed, settings):
    run = unpack(settings, packed)
    assert (run.id, run.config(), run.resolved()) == (trained.id, trained.config(), trained.resolved())
    assert (run.history(), run.metrics(), run.thumbs()) == (trained.history(), trained.metrics(), trained.thumbs())
    assert run.snapshot_epochs() == trained.snapshot_epochs()
    assert np.array_equal(run.codes()["mean"], trained.codes()["mean"])
    assert run.model.read_bytes() == trained.model.read_bytes()
    assert store.summarize(run) == replace(store.summarize(trained))
    assert (run.load_state() is None) == (trained.load_state() is None)


def test_without_the_state_it_is_smaller_and_cannot_go_on(trained, packed, settings):
    light = pack(trained, with_state=False)
    assert len(light) < len(packed)
    assert unpack(settings, light).load_state() is None


def test_what_can_be_made_again_is_not_taken_in(trained, packed, settings):
    """Native code would read a .tflite in the page's process, and a plane need not be the model's."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert not {name.rpartition("/")[2] for name in archive.namelist()} & transfer.MADE_AGAIN
    hostile = {f"{trained.id}/{name}": b"TFL3" * 2**20 for name in transfer.MADE_AGAIN}
    run = unpack(settings, rewritten(packed, lambda files: files.update(hostile)))
    assert not any(path.exists() for path in (run.encoder_tflite, run.decoder_tflite, run.plane))
    assert plane.of(run).part("decoder") == plane.of(trained).part("decoder")
    codes = trained.codes()["mean"][:70]
    assert np.allclose(Portable.of(run).decode(codes), Portable.of(trained).decode(codes), atol=1e-5)


def test_a_taken_name_gets_a_number(packed, settings):
    first, second = unpack(settings, packed), unpack(settings, packed)
    assert second.id == f"{first.id}-2"
    assert {summary.id for summary in store.list_runs(settings)} == {first.id, second.id}


def test_several_runs_in_one_zip_or_none_of_them(packed, settings):
    unpack(settings, packed), unpack(settings, packed)
    both = io.BytesIO()
    names = [summary.id for summary in store.list_runs(settings)]
    transfer.pack(settings, names, both)
    elsewhere = replace(settings, checkpoints=settings.checkpoints.parent / "elsewhere" / "checkpoints")
    assert {run.id for run in transfer.unpack(elsewhere, both)} == set(names)
    broken = rewritten(both.getvalue(), lambda files: files.update({f"{names[1]}/metrics.json": b"{"}))
    empty = replace(settings, checkpoints=settings.checkpoints.parent / "empty" / "checkpoints")
    refused(empty, broken, "metrics.json")


def test_a_run_that_is_at_work_stays(settings, trained):
    run = store.create(settings, trained.config(), {})
    with pytest.raises(LoupeError, match="Stop it first"):
        transfer.pack(settings, [run.id], io.BytesIO())


def test_who_trained_it_elsewhere_does_not_train_it_here(trained, packed, settings):
    def change(files: dict[str, bytes]) -> None:
        name = f"{trained.id}/status.json"
        files[name] = json.dumps({**json.loads(files[name]), "state": "running", "pid": 1, "pid_started": 1.0}).encode()

    run = unpack(settings, rewritten(packed, change))
    assert run.state() == "interrupted"
    assert run.status()["pid"] is None


def test_the_size_is_bounded(packed, settings):
    refused(replace(settings, max_bytes=10_000), packed, "At most")
    refused(replace(settings, max_files=3), packed, "At most")


def pickled() -> bytes:
    target = io.BytesIO()
    np.savez(target, mean=np.array([{"a": 1}], dtype=object))
    return target.getvalue()


def huge() -> bytes:
    """A header that promises more than there is."""
    target = io.BytesIO()
    np.savez(target, mean=np.zeros((2, 2), np.float32))
    return target.getvalue().replace(b"'shape': (2, 2)", b"'shape': (9, 9)")


def zipped(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("codes.npz", pickled(), "run code"),
        ("codes.npz", huge(), "damaged"),
        ("codes.npz", b"no archive", "damaged"),
        ("epochs/0001.npz", pickled(), "run code"),
        ("model.keras", b"no archive", "damaged"),
        ("model.keras", zipped(config_json="["), "each once"),
        ("thumbs.webp", b"<svg/>", "another kind"),
        ("config.json", b"[]", "config.json"),
        ("config.json", b'{"version": 1, "config": {"version": 1, "dataset": "../x"}}', "wrong 'config.kind'"),
        ("config.json", b'{"version": 1, "created": 5, "config": {"dataset": "", "kind": ""}}', "wrong 'created'"),
        ("config.json", b'{"version": 99, "config": {}}', "version 99"),
        ("card.json", b'{"name": 5}', "wrong 'name'"),
        ("card.json", b'{"evil": ""}', "wrong"),
        ("status.json", b'{"state": "done", "epoch": "x"}', "wrong 'epoch'"),
        ("metrics.json", b"{" * 100_000, "cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_not_what_it_should_be_is_refused(trained, packed, settings, name, content, told):
    refused(settings, rewritten(packed, lambda files: files.update({f"{trained.id}/{name}": content})), told)


@pytest.mark.parametrize("data", [b"", b"no zip at all", zipped()], ids=["nothing", "text", "empty zip"])
def test_what_is_no_zip_of_runs_is_refused(settings, data):
    refused(settings, data, "zip")


def test_a_damaged_zip_is_refused(packed, settings):
    hurt = bytearray(packed)
    middle = packed.index(b"PK\x03\x04") + 80
    hurt[middle] ^= 0xFF
    refused(settings, bytes(hurt), "damaged|cannot be read")
