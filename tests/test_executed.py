"""Notebooks with their outputs in them: run by a plain process, kept as a task, offered by a page and a command."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from PIL import Image
from support import Run, fine, labels, made_run, texts

from vae_core.errors import LoupeError
from vae_core.runs import jobs
from vae_core.settings import Settings
from vae_core.share import executed


def cells(*sources: str) -> list[dict[str, Any]]:
    return [{"source": [source], "outputs": [], "execution_count": None} for source in sources]


def silent(phase: str, done: float, total: float) -> None:
    """Who does not care how far it is."""


def said(cell: dict[str, Any]) -> str:
    return "".join(line for each in cell["outputs"] if each["output_type"] == "stream" for line in each["text"])


def pictures(cell: dict[str, Any]) -> list[Image.Image]:
    drawn = [each["data"]["image/png"] for each in cell["outputs"] if each["output_type"] == "display_data"]
    return [Image.open(io.BytesIO(base64.b64decode(each, validate=True))) for each in drawn]


def test_each_cell_has_what_it_printed_and_drew(tmp_path: Path) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('\u00e4 after')"
    silently, drawn, unended = ran = cells("kept = 5", draw, "print(kept, end='')")
    executed.run_cells(ran, tmp_path, silent)
    assert not silently["outputs"] and [cell["execution_count"] for cell in ran] == [1, 2, 3]
    assert said(drawn) == "\u00e4 after\n" and said(unended) == "5"
    assert [each["output_type"] for each in drawn["outputs"]] == ["display_data", "stream"]
    (picture,) = pictures(drawn)
    assert min(picture.size) > 200 and len(picture.getcolors(100_000) or []) > 2


def test_a_program_that_breaks_off_is_told(tmp_path: Path) -> None:
    with pytest.raises(LoupeError, match="NameError: name 'nowhere' is not defined"):
        executed.run_cells(cells("print(1)", "nowhere"), tmp_path, silent)


def test_a_stop_ends_the_program(tmp_path: Path) -> None:
    def stop(phase: str, done: float, total: float) -> None:
        if (tmp_path / "begun").exists():
            raise jobs.Stopped("Stopped")

    before = {process.pid for process in psutil.Process().children()}
    endless = "import time\nopen('begun', 'w').close()\nwhile True:\n    time.sleep(1)"
    with pytest.raises(jobs.Stopped):
        executed.run_cells(cells(endless), tmp_path, stop)
    assert {process.pid for process in psutil.Process().children()} <= before


@pytest.fixture(scope="module")
def notebook(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of the run that all tests share, by a command."""
    import shutil

    from support import run_cli, settings_in

    settings = settings_in(tmp_path_factory.mktemp("executed"))
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    out = settings.checkpoints.parent / "executed.ipynb"
    done = run_cli(settings, "code", trained.id, "--notebook", "--executed", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def test_an_executed_notebook_is_a_valid_one(notebook: dict[str, Any]) -> None:
    nbformat.validate(nbformat.from_dict(notebook))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert "encoder" in "".join(map(said, code)) and "Trainable params" in "".join(map(said, code))
    drawn = [picture for cell in code for picture in pictures(cell)]
    assert len(drawn) == 4, "losses, map, reconstructions, grid"


def test_its_losses_are_those_of_the_run(notebook: dict[str, Any], trained: Run) -> None:
    told = re.findall(r"train ([0-9.]+) +validation ([0-9.]+)", "".join(map(said, notebook["cells"][1::2])))
    rows = trained.history()
    assert len(told) == len(rows)
    for (train, validation), row in zip(told, rows):
        assert float(train) == pytest.approx(row["train_total_nats_per_image"], rel=0.02)
        assert float(validation) == pytest.approx(row["validation_total_nats_per_image"], rel=0.02)


def test_a_script_cannot_be_executed(call: Any) -> None:
    code, _, complained = call("code", "mnist-baseline", "--executed")
    assert code == 2 and "--notebook" in complained


def test_the_page_runs_the_notebook_of_a_run_that_has_ended(visit: Any, settings: Settings) -> None:
    run = made_run(settings, "done")
    app = fine(visit(settings, "train", {"model_code": True}, run=run.id))
    assert "Run the notebook" in labels(app) and "small settings" in texts(app)
    task = executed.begin(run, short=True)
    task.save({"notebook": {"cells": []}})
    task.set_status(state="done")
    assert "Executed notebook" not in offered(app.run()), "that of the other form"
    next(each for each in app.toggle if each.label == "Short form").set_value(True).run()
    assert "Executed notebook" in offered(fine(app)) and "Run the notebook" not in labels(app)


def test_a_new_training_has_no_notebook_to_run(visit: Any, settings: Settings) -> None:
    app = fine(visit(settings, "train", {"model_code": True}))
    assert "Notebook" in offered(app) and "Run the notebook" not in labels(app)


def offered(app: Any) -> list[str]:
    return [each.proto.label for each in app.get("download_button")]
