"""The notebook of a hand-in in a real JupyterLab: it opens with its outputs, and runs again from top to bottom."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from support import eventually, settings_in, train

from vae_core.cli import worker
from vae_core.design.config import Config
from vae_core.settings import PROJECT
from vae_core.share import executed

pytestmark = pytest.mark.engines
LAB = PROJECT / ".jupyter" / "bin" / "jupyter-lab"  # `make jupyter`: an environment of its own
ONE = Config("digits", (8, 8, 1), "flatten dense8", latent=2, epochs=1, train_size=200)
TOKEN = "of-this-test"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handed")
    run = train(settings_in(folder / "settings"), ONE)
    task = executed.begin(run)
    worker.work(task)
    path = folder / "lab" / "notebook.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(task.result()["notebook"]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def lab(notebook: Path) -> Iterator[str]:
    """It has packages of its own, and its kernel those of this environment."""
    if not LAB.exists():
        pytest.skip("no JupyterLab: make jupyter")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    words = [str(LAB), "--no-browser", "--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
    places = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "HOME": str(notebook.parent.parent)}
    with subprocess.Popen([*words, str(notebook.parent)], env={**os.environ, **places}) as process:
        address = f"http://localhost:{port}"
        try:
            eventually(lambda: _answers(f"{address}/api/status?token={TOKEN}"))
            yield address
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_it_opens_with_its_pictures_and_runs_again(lab: str, notebook: Path, tab: Any) -> None:
    page = tab()
    page.goto(f"{lab}/lab/tree/notebook.ipynb?token={TOKEN}")
    pictures = page.locator(".jp-OutputArea-output img")
    eventually(lambda: pictures.count() >= 3)
    last = notebook.parent / "grid.png"
    assert not last.exists(), "nothing has run yet"
    page.get_by_role("menuitem", name="Run").click()
    page.get_by_text("Restart Kernel and Run All Cells").first.click()
    page.locator("dialog .jp-mod-accept").click()
    eventually(last.exists)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
