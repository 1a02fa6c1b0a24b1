"""Changes of the disk that a person can cause, each as small as it can be, without TensorFlow."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from searching import asked
from support import made_run, settings_in, state_of

from vae_core.data import catalog
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import files, jobs, locks, store, tasks, transfer
from vae_core.runs.forms import State
from vae_core.runs.store import Run
from vae_core.search import storage, study
from vae_core.settings import Settings
from vae_core.share import outgoing

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", epochs=2)
Change = Callable[[Settings, Run], object]
Mark = Callable[[str], object]


def finished(settings: Settings) -> Run:
    """A run that is done before anything goes wrong, and must stay as it is."""
    run = made_run(settings, "running", epochs=1)
    _end(run, 1, model=False)
    return run


def _end(run: Run, epoch: int, *, model: bool = True) -> None:
    codes = {"mean": np.zeros((20, 2), np.float32), "reconstruction": np.zeros(20, np.float32)}
    run.save_state(_state(epoch))
    if model:
        run.save_file("model", lambda path: path.write_bytes(b"a model"))
    run.save_codes(codes)
    run.save_thumbs(b"RIFF1234WEBP")
    run.set_status(state="done", phase="")


def _state(epoch: int) -> State:
    return state_of([np.arange(9.0)], epoch=epoch)


def a_run(settings: Settings, whole: Run, mark: Mark = lambda word: None) -> None:
    """All that a training writes, in its order."""
    run = store.create(settings, CONFIG, {})
    mark(f"created {run.id}")
    with jobs.hold(run):
        run.set_status(phase="preparing")
        for epoch in (1, 2):
            run.set_status(phase="training", state="running")
            run.add_progress({"epoch": epoch, "step": 1})
            run.set_status(epoch=epoch - 1, eta_seconds=1.0)
            run.add_history({"epoch": epoch, "train_total_nats_per_image": 30.0 - epoch})
            run.save_snapshot(epoch, whole.snapshot(1))
            run.save_state(_state(epoch))
            mark(f"epoch{epoch} {run.id}")
        run.set_status(phase="saving")
        _end(run, 2)
    mark(f"done {run.id}")


def a_card(settings: Settings, whole: Run) -> None:
    whole.set_card(star=not whole.card()["star"], note="x" * 99)


def a_task(settings: Settings, whole: Run) -> None:
    task = tasks.begin(whole, "images", {"n": 1})
    with jobs.hold(task, None):
        task.save_live({"a": np.zeros(9)})
        task.save({"found": 1}, {"a": np.zeros(9)})
        task.set_status(state="done")


def an_import(settings: Settings, whole: Run) -> None:
    target = io.BytesIO()
    transfer.pack(settings, [whole.id], target)
    transfer.unpack(settings, target, "Ada")


def a_data_set(settings: Settings, whole: Run) -> None:
    catalog.add(settings.checkpoints.parent / "pictures", "mine", settings)


def a_smaller_data_set(settings: Settings, whole: Run) -> None:
    """It takes the name; the one before stays as a version."""
    from vae_core.data import versions
    from vae_core.data.fitting import Fitting

    if "mine" not in catalog.names(settings):
        a_data_set(settings, whole)
    versions.refit("mine", settings, Fitting(size=(12, 12)))


def a_search(settings: Settings, whole: Run) -> None:
    found = study.create(settings, asked(trials=2))
    worker = found._hire(1)
    with storage.told(found.name, settings):
        trials = found.optuna(1)
        trial = trials.ask()
        trials.tell(trial, trial.suggest_float("learning_rate", 0.1, 1))
    found.set_budget(4, 0)
    found.set_winner(0, whole)
    worker.set_status(state="done")


def leaving(settings: Settings, whole: Run) -> None:
    outgoing.write(settings.checkpoints.parent / "out" / "report.html", b"new" * 999)
    outgoing.write_folder(settings.checkpoints.parent / "out" / "site", lambda: {"a.html": b"a", "b/c.html": b"c"})


def removing(settings: Settings, whole: Run) -> None:
    store.remove(Run("another", settings))


CHANGES: Mapping[str, Change] = {
    each.__name__.replace("_", " "): each
    for each in (a_run, a_card, a_task, an_import, a_data_set, a_smaller_data_set, a_search, leaving, removing)
}


def prepared(folder: Path) -> tuple[Settings, Run]:
    """A folder in which each of them can be made."""
    settings = settings_in(folder)
    whole = finished(settings)
    another = settings.checkpoints / "another"
    shutil.copytree(whole.path, another, copy_function=lambda old, new: Path(new).write_bytes(Path(old).read_bytes()))
    for kind in ("a", "b"):
        (folder / "pictures" / kind).mkdir(parents=True)
        for number in range(1, 7):
            picture = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * number)
            picture.save(folder / "pictures" / kind / f"{number}.png")
    (folder / "out").mkdir()
    (folder / "out" / "report.html").write_bytes(b"old")
    settings.cache.mkdir()
    return settings, whole


def wrong(settings: Settings, whole: Run) -> list[str]:
    """What is half written, or was there and is not whole any more."""
    found = [f"{line.id}: {line.error}" for line in store.list_runs(settings) if line.state == "broken"]
    runs = [Run(line.id, settings) for line in store.list_runs(settings)]
    found += [f"{run.id}: {told}" for run in runs if (told := _unread(run))]
    if whole.state() != "done" or len(whole.history()) != 1 or len(whole.codes()["mean"]) != 20:
        found.append("what was finished is not whole")
    found += [f"{each.name}: {told}" for each in study.every(settings) if (told := _answer(each.search))]
    found += _data(settings)
    for path in (settings.checkpoints.parent / "out").rglob("*.html"):
        if path.read_bytes() not in (b"old", b"new" * 999, b"a", b"c"):
            found.append(f"half of {path.name}")
    return found + [f"{path.name} is held" for path in settings.checkpoints.rglob("*lock") if locks.held(path)]


def _unread(run: Run) -> str:
    def read() -> None:
        run.config(), run.card(), run.status()
        state, rows = run.load_state(), run.history()
        if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
            raise LoupeError("epochs are missing")
        if state and state.numbers["epoch"] > len(rows):
            raise LoupeError(f"its state is of epoch {state.numbers['epoch']}, and its losses end at {len(rows)}")
        for epoch in run.snapshot_epochs():
            run.snapshot(epoch)
        if run.state() == "done":
            run.codes()
        for task in tasks.of(run, "images"):
            if task.state() == "done":
                task.result(), task.arrays()

    return _answer(read)


def _data(settings: Settings) -> list[str]:
    """A data set of which there are versions has a name, some seconds later."""
    folder = catalog.added_folder(settings)
    if folder.is_dir():
        os.utime(folder, (time.time() - 10, time.time() - 10))
    if "mine" not in catalog.names(settings):
        return ["the data set has lost its name"] * bool(list(folder.glob("mine@*")))
    return list(filter(None, [_answer(lambda: catalog.load("mine", settings))]))


def _answer(read: Callable[[], object]) -> str:
    try:
        read()
        return ""
    except LoupeError as error:
        return str(error)


def left(settings: Settings) -> list[str]:
    """What only a write that goes on may leave for a while."""
    here = settings.checkpoints.parent
    marks = (files.TEMPORARY, files.NEW, files.REMOVED, ".mine", ".origin")
    return [str(path.relative_to(here)) for path in here.rglob("*") if path.name.startswith(marks)]
