"""What a student hands in, in one zip: the report, the executed notebook, the script, a film, and a note of five lines.

    task = handin.begin([first, changed])     the last one is handed in, those before it are what it is compared with
    task.made()                               the zip, once it is done

It is put together in memory and kept once it is whole, so that what was stopped leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence

from vae_core import __version__, extras
from vae_core.checked import Json, flag, listed, record, text
from vae_core.design import keras_code
from vae_core.errors import LoupeError
from vae_core.look import comparison, metrics
from vae_core.runs import arms, tasks
from vae_core.runs.store import Run, Summary
from vae_core.runs.tasks import Task
from vae_core.search import ladder
from vae_core.share import executed, film, report
from vae_core.words import plural

KIND = "handin"
VERSION = 1  # of what is in it
ASKED = record(before=listed(text), notebook=flag, known=text)
REPORT, NOTEBOOK, SCRIPT, FILM, NOTE = "report", "notebook.ipynb", "model.py", "walk.webm", "README.txt"
READABLE = 0o100644  # a plain file that everybody may read
BESIDE, ALONE = 0.1, 0.5  # of the work, that the report is, and the film: beside a training, and without one
Tell = Callable[[str, float, float], None]


def begin(runs: Sequence[Run], notebook: bool = True, owner: str = "") -> Task:
    """`notebook`: run it, which trains the last model once more."""
    unfinished = next((run for run in runs if run.state() != "done"), None)
    if unfinished:
        raise LoupeError(f"{unfinished.id} is {unfinished.state()}", "Only finished runs can be handed in")
    report.refuse(runs)
    return tasks.begin(runs[-1], KIND, spec(runs, notebook), owner)


def spec(runs: Sequence[Run], notebook: bool, lines: Sequence[Summary] | None = None) -> dict[str, Json]:
    """What is asked of such a task. Where more has become known of the runs, it is another task."""
    known = json.dumps([VERSION, __version__, *(_known(run, lines) for run in runs)])
    before: list[Json] = [run.id for run in runs[:-1]]
    return {"before": before, "notebook": notebook, "known": hashlib.sha256(known.encode()).hexdigest()[:10]}


def _known(run: Run, lines: Sequence[Summary] | None) -> list[object]:
    card, measured = run.card(), metrics.finished(run)
    climbed = [task.id for task in tasks.of(run, ladder.KIND) if task.state() == "done"]
    return [run.id, card["name"], card["note"], arms.of(run, lines).seeds, climbed, measured.id if measured else ""]


def work(task: Task, tell: Tell) -> None:
    """The worker of a task of this kind."""
    asked = ASKED(task.spec)
    runs = [*(Run(name, task.settings) for name in asked["before"]), task.run]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in _contents(runs, asked["notebook"], tell):
            entry = zipfile.ZipInfo(f"{task.run.id}/{name}", time.localtime()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, READABLE << 16
            file.writestr(entry, content)
    task.save_made(data.getvalue())
    task.save({"bytes": data.tell()})
    _forget_older(task)


def _forget_older(newest: Task) -> None:
    """What was handed in of the same runs before more was known of them."""
    for task in tasks.of(newest.run, KIND):
        if task.id != newest.id and task.spec["before"] == newest.spec["before"] and task.state() == "done":
            tasks.remove(task)


def _contents(runs: Sequence[Run], notebook: bool, tell: Tell) -> Iterator[tuple[str, bytes]]:
    """What is quick comes first, so that what is wrong with it is known before a training."""
    run_it = notebook and not extras.lacking("train")
    share = BESIDE if run_it else ALONE
    tell("Writing the report", 0, 1)
    whole, config = report.build(runs), runs[-1].config()
    for form in ["html"] if extras.lacking("pdf") else ["pdf", "html"]:
        yield f"{REPORT}.{form}", report.WRITERS[form](whole)
    yield SCRIPT, keras_code.script(config).encode()
    tell("Filming the walk", share, 1)
    yield FILM, film.make(runs, lambda done: tell("Filming the walk", share * (1 + done), 1))
    yield NOTE, _note(runs, run_it).encode()
    document = executed.kept(runs[-1], _after(2 * share, tell)) if run_it else keras_code.notebook(config)
    yield NOTEBOOK, json.dumps(document, indent=1, ensure_ascii=False).encode()


def _after(share: float, tell: Tell) -> Tell:
    """Tell of what follows when so much of the whole is behind it."""
    return lambda phase, done, total: tell(phase, share + (1 - share) * done / total, 1)


def _note(runs: Sequence[Run], executed_too: bool) -> str:
    lines = (_about_report(), _about_code(executed_too), _about_film(), _about_runs(runs), _how_to_run(runs[-1]))
    return "\n".join(lines) + "\n"


def _about_report() -> str:
    lacking = extras.lacking("pdf")
    return f"report.html: the report. {lacking}" if lacking else "report.pdf: the report; report.html is the same."


def _about_code(executed_too: bool) -> str:
    ran = "with what its cells printed and drew" if executed_too else "whose cells have not been run"
    return f"model.py: the model as a program of its own. notebook.ipynb: the same as a notebook, {ran}."


def _about_film() -> str:
    return "walk.webm: a walk over the map of codes, with captions; every browser plays it."


def _about_runs(runs: Sequence[Run]) -> str:
    told = [f"{_one_line(comparison.name(run))} ({run.id}, seed {run.config().seed})" for run in runs]
    return f"Made by Latent Loupe {__version__} of {plural(len(runs), 'training')}: {'; '.join(told)}."


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _how_to_run(run: Run) -> str:
    brings = " scikit-learn" if run.config().dataset == "digits" else ""
    return (
        f"To run it: pip install tensorflow matplotlib{brings}, then python model.py. Its first lines say where the "
        "images come from."
    )
