"""Names that lead to another place: in addresses, cards, searches and paths; links and modes of what is written.

A form of attack has a number or a name, and a test that bears it: docs/reliability.md counts them.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from picture_files import add, fill, save
from streamlit.testing.v1 import AppTest
from support import button, environment, fine, made_run, plain, shown_before
from test_transfer import pack, refused, rewritten

from ui.data import browse
from vae_core.data import catalog, keeping, originals, versions
from vae_core.data.sources import Folder
from vae_core.errors import LoupeError
from vae_core.look.program import packed
from vae_core.runs import files, locks, store, tasks, transfer
from vae_core.runs.own import read
from vae_core.runs.store import Run
from vae_core.search import study
from vae_core.settings import PROJECT, Settings

ELSEWHERE = {
    "upwards": "../secret",
    "escaped": "%2e%2e/secret",
    "escaped twice": "%252e%252e%252fsecret",
    "a backslash": "..\\secret",
    "a zero byte": "a\0b",
    "absolute": "/etc",
    "itself": ".",
    "hidden": ".studies",
    "a sibling": "../checkpoints-evil",
    "letters that look alike": "\uff0e\uff0e/secret",
}
POSIX = pytest.mark.skipif(os.name != "posix", reason="links, pipes and modes of POSIX")


@pytest.fixture
def secret(settings: Settings) -> Path:
    """What lies beside the runs and is nobody's business."""
    folder = settings.checkpoints.parent / "secret"
    folder.mkdir(parents=True)
    (folder / "kept.txt").write_text("kept")
    settings.checkpoints.mkdir(exist_ok=True)
    return folder


# 11. Names in addresses and documents.


@pytest.mark.parametrize("variant", ELSEWHERE)
def test_form_11_the_name_of_a_run_elsewhere(variant: str, secret: Path, settings: Settings) -> None:
    """CVE-2024-1560, CVE-2026-2614: opened, and so removed, by a name that leads out of the runs' folder."""
    with pytest.raises(LoupeError):
        store.remove(store.open_run(settings, ELSEWHERE[variant]))
    assert (secret / "kept.txt").exists()


@pytest.mark.parametrize("variant", ELSEWHERE)
def test_form_11_the_name_of_a_task_a_search_or_a_data_set_elsewhere(
    variant: str, secret: Path, settings: Settings
) -> None:
    name = ELSEWHERE[variant]
    run = made_run(settings, "done")
    uses: tuple[Callable[[], object], ...] = (
        lambda: tasks.remove(tasks.find(run, name)),
        lambda: study.find(settings, name),
        lambda: catalog.remove(name, settings),
        lambda: catalog.load(name, settings),
        lambda: catalog.describe(name, settings),
    )
    for use in uses:
        with pytest.raises(LoupeError):
            use()
    assert versions.version(name, "../../secret", settings) == name
    assert (secret / "kept.txt").exists()


@pytest.mark.parametrize("variant", ["upwards", "a backslash", "a zero byte", "absolute"])
def test_form_11_a_parent_elsewhere(variant: str, trained: Run, settings: Settings) -> None:
    """CVE-2026-2614: a run that was sent names as its parent what is no run."""

    def change(held: dict[str, bytes]) -> None:
        document = json.loads(held[f"{trained.id}/config.json"])
        held[f"{trained.id}/config.json"] = json.dumps({**document, "parent": ELSEWHERE[variant]}).encode()

    refused(settings, rewritten(pack(trained), change), "wrong 'parent'")


@pytest.mark.parametrize("variant", ["upwards", "escaped twice", "a zero byte"])
@pytest.mark.parametrize("word", ["run", "runs"])
def test_form_11_an_address_elsewhere(
    variant: str, word: str, visit, secret: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVE-2024-1560: `?run=` and `?runs=`."""
    shown_before(monkeypatch)
    app = visit(settings, {"run": "home", "runs": "compare"}[word], **{word: ELSEWHERE[variant]})
    assert not app.exception and "kept" not in plain(app)


# 12. Data by path. Another computer's are in test_data_adding.py, routes in test_attacks_door.py.


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that may be read, and one beside it that may not."""
    for name in ("open", "open-evil"):
        (tmp_path / name).mkdir()
        np.savez(
            tmp_path / name / "mine.npz", x_train=np.random.default_rng(0).integers(0, 256, (60, 12, 10), np.uint8)
        )
    (tmp_path / "open" / "way-out").symlink_to(tmp_path / "open-evil")
    monkeypatch.setenv("LOUPE_ROOTS", str(tmp_path / "open"))
    return tmp_path / "open"


@pytest.fixture
def page(visit, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    shown_before(monkeypatch)
    return fine(visit(settings, "data", {browse.TAB: browse.ADD}))


def by_path(page: AppTest, path: str) -> AppTest:
    source = next(each for each in page.segmented_control if each.label == "From")
    source.set_value("Folder or file here").run()
    page.text_input(key="data_path").set_value(path).run()
    return button(fine(page), "Look at it").click().run()


OUTSIDE = ["../open-evil/mine.npz", "way-out/mine.npz", "/etc/passwd", "~/mine.npz", "/windows/win.ini", "x/../../mine"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_form_12_a_path_outside_the_roots(path: str, roots: Path, page: AppTest) -> None:
    """CVE-2026-28414, CVE-2024-42474: a sibling of the same beginning, a link, a rooted path."""
    by_path(page, path)
    assert not page.exception and "outside" in page.error[0].value


# 13. Names that Windows takes for something else.

DEVICES = ["CON", "nul", "aux.json", "com1", "LPT9.tar.gz", "prn", "con.", "ends."]


@pytest.mark.parametrize("name", DEVICES)
def test_form_13_a_name_of_a_device(name: str, trained: Run, settings: Settings) -> None:
    """CVE-2026-28414: a folder of such a name cannot be made there, or is a device."""
    renamed = rewritten(pack(trained), lambda held: _rename(held, trained.id, name))
    refused(settings, renamed, "like a run")
    with pytest.raises(LoupeError, match="cannot be the name"):
        catalog.check_name(name)
    assert not study.NAME.fullmatch(name)


def _rename(held: dict[str, bytes], old: str, new: str) -> None:
    for key in list(held):
        held[key.replace(old, new)] = held.pop(key)


# 14. Modes, swaps and links.

WRITTEN = """
import io, os, sys
from pathlib import Path
os.umask(0)
from ui.serving import door
from vae_core.cli.main import main
if sys.argv[1] == "page":
    door.around()
else:
    main(["recipes"])
from support import made_run, settings_in
from picture_files import fill
from vae_core.data import catalog
from vae_core.runs import tasks, transfer
settings = settings_in(Path(sys.argv[2]))
run = made_run(settings, "done")
run.set_card(note="x")
tasks.begin(run, "images", {})
fill(Path(sys.argv[2]) / "pets", "cat")
catalog.add(Path(sys.argv[2]) / "pets", "pets", settings)
catalog.load("digits", settings)
target = io.BytesIO()
transfer.pack(settings, [run.id], target)
transfer.unpack(settings, target)
"""


@POSIX
@pytest.mark.parametrize("who", ["page", "command"])
@pytest.mark.parametrize("mask", [0, 0o002])
def test_form_14_nobody_else_may_change_what_is_written(who: str, mask: int, tmp_path: Path) -> None:
    """CVE-2025-10279, CVE-2026-4137: temporary files and folders under a mask that forbids nothing."""
    script = WRITTEN.replace("os.umask(0)", f"os.umask({mask})")
    (tmp_path / "made").mkdir()
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "tests")])
    here = {**environment(Settings()), "PYTHONPATH": path}
    words = [sys.executable, "-c", script, who, str(tmp_path / "made")]
    done = subprocess.run(words, env=here, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    ours = [path for name in ("cache", "checkpoints") for path in (tmp_path / "made" / name).rglob("*")]
    assert len(ours) > 20
    assert not [str(path) for path in ours if path.lstat().st_mode & stat.S_IWOTH]
    if not mask:
        assert not [str(path) for path in ours if path.lstat().st_mode & stat.S_IWGRP]


def to_a_link(path: Path, secret: Path) -> None:
    path.unlink()
    path.symlink_to(secret)


def to_a_pipe(path: Path, secret: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_a_linked_folder(path: Path, secret: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.symlink_to(secret.parent)


def to_a_mountain(path: Path, secret: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


@POSIX
@pytest.mark.parametrize("swap", [to_a_link, to_a_pipe, to_a_linked_folder, to_a_mountain])
def test_form_14_a_picture_that_is_swapped_after_the_look(
    swap: Callable[[Path, Path], None], tmp_path: Path, settings: Settings
) -> None:
    """Check, then use: what is read is what was opened, and that alone is judged."""
    fill(tmp_path / "pets", "cat")
    secret = save(tmp_path / "away", "000.png")
    folder = Folder(tmp_path / "pets", settings)
    assert "cat/000.png" in folder.names() and folder.read("cat/000.png")
    swap(tmp_path / "pets" / "cat" / "000.png", secret)
    with pytest.raises(LoupeError, match="link|no plain file|file of"):
        folder.read("cat/000.png")


@POSIX
@pytest.mark.parametrize("kind", ["folder", "zip", "above", "gone and linked"])
def test_form_14_a_place_that_is_swapped_after_it_was_allowed(kind: str, tmp_path: Path, settings: Settings) -> None:
    """A folder that might be read becomes a link to one that may not, before it is read in another size."""
    for name in ("pets", "secret"):
        fill(tmp_path / "place" / name, "cat")
    place = tmp_path / "place" / "pets"
    if kind == "zip":
        place = Path(shutil.make_archive(str(place), "zip", place))
        shutil.copy(place, tmp_path / "secret.zip")
    add(place, settings)
    if kind == "zip":
        place.unlink()
        place.symlink_to(tmp_path / "secret.zip")
    elif kind == "above":
        (tmp_path / "place").rename(tmp_path / "elsewhere")
        (tmp_path / "place").symlink_to(tmp_path / "elsewhere")
    else:
        shutil.rmtree(place)
        place.symlink_to(tmp_path / "place" / "secret")
    original = originals.find("mine", settings)
    assert original is not None
    with pytest.raises(LoupeError, match="has become a link"):
        versions.refit("mine", settings, original.fitting)


def test_form_14_arrays_that_are_swapped_after_their_sums(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was checked is what is mapped, although another file has the name by then."""
    fill(tmp_path / "pets", "cat")
    kept = add(tmp_path / "pets", settings).fingerprint
    (path,) = (settings.cache / "datasets").rglob("data.npz")
    check = zipfile.ZipFile.testzip

    def swapped(archive: zipfile.ZipFile) -> str | None:
        found = check(archive)
        path.rename(path.with_name("checked"))
        np.savez(path, x_train=np.zeros((9, 12, 10, 1), np.uint8))
        return found

    monkeypatch.setattr(zipfile.ZipFile, "testzip", swapped)
    found = keeping.read(path.parent)
    assert found.fingerprint == kept and found.train.pixels.any()


LINKED = ["card.json", "status.json", "history.csv", "codes.npz", "model.keras", "thumbs.webp", "plane.bin", "log.txt"]


@POSIX
@pytest.mark.parametrize("name", [*LINKED, "epochs", "derived", "state", "epochs/0001.npz"])
def test_form_links_in_a_run(name: str, own: Run, secret: Path) -> None:
    """A run that somebody copied here, with a link to what is nobody's business."""
    place, target = own.path / name, secret / ("" if "." not in name else "kept.txt")
    shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)
    place.symlink_to(target)
    assert [line.id for line in store.list_runs(own.settings)] == [own.id]
    every: list[Callable[[], object]] = [own.config, own.codes, lambda: tasks.begin(own, "images", {})]
    for use in [lambda: own.snapshot(1)] if "/" in name else every:
        with pytest.raises(LoupeError):
            use()
    parcel = io.BytesIO()
    try:
        transfer.pack(own.settings, [own.id], parcel)
    except LoupeError:
        pass
    assert b"kept" not in parcel.getvalue()
    assert own.thumbs() != b"kept"
    store.remove(own)
    assert (secret / "kept.txt").read_text() == "kept" and [path.name for path in secret.iterdir()] == ["kept.txt"]


@POSIX
@pytest.mark.parametrize("write", ["history", "progress", "status", "lock"])
def test_form_links_that_would_be_written_through(write: str, settings: Settings, secret: Path) -> None:
    """Adding a line, or locking, would change the file that the link leads to."""
    run = made_run(settings, "running")
    name = {"history": "history.csv", "progress": "progress.jsonl", "status": "status.json", "lock": "lock"}[write]
    (run.path / name).unlink(missing_ok=True)
    (run.path / name).symlink_to(secret / "kept.txt")
    uses: dict[str, Callable[[], object]] = {
        "history": lambda: run.add_history({"epoch": 3}),
        "progress": lambda: run.add_progress({"epoch": 3}),
        "status": lambda: files.overwrite_json(run.path / name, {}),
        "lock": lambda: locks.take(run.lock, 0),
    }
    with pytest.raises((LoupeError, OSError)):
        uses[write]()
    assert (secret / "kept.txt").read_text() == "kept"


@POSIX
@pytest.mark.parametrize("name", ["run", "search", "task", "plane"])
def test_form_links_in_the_place_of_a_folder(name: str, settings: Settings, secret: Path) -> None:
    """A linked folder is listed as no run, no search and no task of ours."""
    run = made_run(settings, "done")
    away = Path(shutil.copytree(run.path, secret / "away"))
    if name == "run":
        (settings.checkpoints / "linked").symlink_to(away)
        assert [line.id for line in store.list_runs(settings)] == [run.id]
        with pytest.raises(LoupeError, match="There is no run"):
            store.open_run(settings, "linked")
    elif name == "search":
        (settings.checkpoints / store.STUDIES).mkdir()
        (settings.checkpoints / store.STUDIES / "linked").symlink_to(away)
        assert study.every(settings) == []
    elif name == "task":
        task = tasks.begin(run, "images", {})
        shutil.move(task.path, secret / "task")
        task.path.symlink_to(secret / "task")
        assert tasks.of(run, "images") == []
    else:
        run.plane.symlink_to(secret / "kept.txt")
        with pytest.raises(LoupeError):
            packed.of(run)


@POSIX
def test_a_file_of_ours_is_opened_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    assert read(tmp_path / "a") == b"a"
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError, match=re.escape(os.strerror(40))):
        read(tmp_path / "b")
