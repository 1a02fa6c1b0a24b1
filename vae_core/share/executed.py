"""The stand-alone notebook with its outputs in it. A process of its own runs the cells, with none of our code.

    task = executed.begin(run, short=False)
    task.result()["notebook"]                 once it is done

It trains the model once more, which takes as long as the training did: it is for small settings. Jupyter's own way
(nbclient, ipykernel) would bring 21 packages, and all that it would do more is to let cells write what ours never do.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import IO
from uuid import uuid4

import numpy as np

from vae_core import extras
from vae_core.checked import Json
from vae_core.data import catalog
from vae_core.data.dataset import Dataset
from vae_core.design import keras_code
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import evaluation
from vae_core.runs import jobs, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

KIND = "notebook"
POLL_SECONDS = 0.5  # how often it is asked whether it is to stop, while the program says nothing
EPOCH = re.compile(r"epoch (\d+)/(\d+)", re.IGNORECASE)
TOLD = 20  # lines of what a program that broke off complained about
Tell = Callable[[str, float, float], None]
log = logging.getLogger(__name__)

# What is shown goes to standard output between the lines that are printed, after a word that nobody else can know.
BEGIN = """\
import base64 as _base64
import io as _io

import matplotlib.pyplot as _plt


def _show(*_, **__):
    for _number in _plt.get_fignums():
        _file = _io.BytesIO()
        _plt.figure(_number).savefig(_file, format="png", bbox_inches="tight")
        print("MARK", repr(_plt.figure(_number)), _base64.b64encode(_file.getvalue()).decode(), sep="|", flush=True)
    _plt.close("all")


_plt.show = _show
"""
END = '\nprint("MARK", flush=True)\n'
DATA = "data.npz"
ENVIRONMENT = {
    "DATA": DATA,
    "MPLBACKEND": "Agg",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONUTF8": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}


def begin(run: Run, short: bool = False, owner: str = "") -> Task:
    return tasks.begin(run, KIND, spec(run.config(), short), owner)


def spec(config: Config, short: bool) -> dict[str, Json]:
    """What is asked of such a task. Another program is another task."""
    program = json.dumps(keras_code.notebook(config, short))
    return {"short": short, "program": hashlib.sha256(program.encode()).hexdigest()[:10]}


def work(task: Task, tell: Tell) -> None:
    """The worker of a task of this kind."""
    config, data = task.run.config(), task.run.data_name()
    task.save({"notebook": execute(config, task.spec["short"], task.settings, tell, data)})


def kept(run: Run, tell: Tell) -> keras_code.Notebook:
    """The one that the run keeps, run here and now where it has none."""
    config = run.config()
    if task := tasks.finished(run, KIND, spec(config, False)):
        found: keras_code.Notebook = task.result()["notebook"]
        return found
    made = execute(config, False, run.settings, tell, run.data_name())
    with suppress(LoupeError):  # another process is at it, and will keep its own
        task = begin(run)
        with jobs.hold(task, None):
            task.save({"notebook": made})
            task.set_status(state="done")
    return made


def execute(config: Config, short: bool, settings: Settings, tell: Tell, data: str = "") -> keras_code.Notebook:
    """The notebook as it stands after all its cells have run. `data`: which version of its data set."""
    extras.need("train", "A notebook with its outputs")
    document = keras_code.notebook(config, short)
    with TemporaryDirectory() as folder:
        tell("Reading the images", 0, 1)
        _save_data(config, catalog.load(data or config.dataset, settings), Path(folder, DATA))
        run_cells([cell for cell in document["cells"] if cell["cell_type"] == "code"], Path(folder), tell)
    return document


def run_cells(cells: list[keras_code.Cell], folder: Path, tell: Tell) -> None:
    """Run them one after the other, in this folder, and put into each what it printed and drew."""
    mark, program = uuid4().hex, folder / "program.py"
    parts = [BEGIN, *("".join(cell["source"]) + END for cell in cells)]
    program.write_text("\n".join(parts).replace("MARK", mark), encoding="utf-8")
    place = 0
    for line in _printed(program, tell):
        text, marked, figure = line.partition(mark)
        if text:
            _print(cells[place]["outputs"], text)
        if figure.startswith("|"):
            _, name, picture = figure.strip().split("|")
            data = {"image/png": picture, "text/plain": name}
            cells[place]["outputs"].append({"output_type": "display_data", "data": data, "metadata": {}})
        elif marked:
            place += 1
            cells[place - 1]["execution_count"] = place


def _print(outputs: list[keras_code.Output], text: str) -> None:
    if not outputs or outputs[-1]["output_type"] != "stream":
        outputs.append({"output_type": "stream", "name": "stdout", "text": []})
    outputs[-1]["text"].append(text)


def _save_data(config: Config, dataset: Dataset, path: Path) -> None:
    """The images as the program reads them, so that it needs no network."""
    evaluation.check(config, dataset)
    validates = dataset.validates
    parts = {"train": dataset.train.take(np.flatnonzero(~validates)), "test": dataset.test}
    if validates.any():
        parts["validation"] = dataset.train.take(np.flatnonzero(validates))
    named = dataset.classes and config.dataset not in keras_code.FROM_KERAS
    arrays = {f"x_{part}": images.pixels for part, images in parts.items()}
    for part, images in parts.items():
        if images.labels is not None:
            arrays[f"y_{part}"] = np.asarray(dataset.classes)[images.labels] if named else images.labels
    np.savez(path, **arrays)  # type: ignore[arg-type]  # a name could be 'file'


def _printed(program: Path, tell: Tell) -> Iterator[str]:
    """What it prints, line by line. It is ended where `tell` raises, as it does where somebody stops the task."""
    complaints = program.with_suffix(".err")
    process = _started(program, complaints)
    assert process.stdout is not None
    try:
        yield from _watched(process.stdout, tell)
        if process.wait():
            raise _broke_off(complaints)
    finally:
        process.kill()
        process.wait()


def _started(program: Path, complaints: Path) -> subprocess.Popen[str]:
    with complaints.open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, program.name],
            cwd=program.parent,
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
        )


def _watched(output: IO[str], tell: Tell) -> Iterator[str]:
    lines: SimpleQueue[str] = SimpleQueue()
    Thread(target=_pass_on, args=(output, lines), daemon=True).start()
    at: tuple[str, int, int] = ("Starting", 0, 1)
    while True:
        tell(*at)
        try:
            line = lines.get(timeout=POLL_SECONDS)
        except Empty:
            continue
        if not line:
            return
        if found := EPOCH.match(line):
            number, epochs = int(found[1]), int(found[2])
            at = (f"Epoch {number} of {epochs}", number, epochs + 1)  # what is drawn counts as one more
        yield line


def _pass_on(output: IO[str], lines: SimpleQueue[str]) -> None:
    """To the last, empty one. Reading may wait for minutes, which who has to listen elsewhere cannot."""
    try:
        with output:
            for line in output:
                lines.put(line)
    finally:
        lines.put("")


def _broke_off(complaints: Path) -> LoupeError:
    said = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no word"]
    log.error("A notebook's program broke off:\n%s", "\n".join(said[-TOLD:]))
    return LoupeError(
        f"The notebook broke off: {said[-1]}",
        "All of its cells were expected to run to their end",
        "Train with fewer images or smaller layers where it is about memory",
    )
