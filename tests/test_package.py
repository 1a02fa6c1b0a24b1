"""The wheel: what is in it, and its command, started in an empty folder where nothing of the checkout can be seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from browser import Server, holds, serving, told
from conftest import Once
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import SECONDS, button, environment, eventually, fine, plain, settings_in

import hatch_build
import latent_loupe
from ui import starting
from vae_core import extras
from vae_core.errors import LoupeError
from vae_core.runs import store, tasks
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

FOLDERS = ("vae_core", "latent_loupe", "ui", "pages", ".streamlit", "checkpoints/.shipped")
STAYS = ("vae_core", "latent_loupe")  # where it lies in the checkout; all else moves into latent_loupe
PASSING = {"__pycache__", "node_modules"}
MODULES = sorted({module for _, packages in extras.NEEDED.values() for module in packages})
ABSENT = f"import sys\nsys.modules.update(dict.fromkeys({MODULES}))  # as if they were not installed\n"
ALONG = "loupe.type-map"
FIND = "name => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector(name)).find(Boolean)"
OPENED = '[server]\naddress = "0.0.0.0"\nallowedHosts = ["*"]\n[browser]\ngatherUsageStats = true\n'


@pytest.fixture(scope="session")
def site(once: Once) -> Path:
    """The folder that the wheel was unpacked into, with a module that hides what is no part of the base."""
    return once("wheel", _build)


def _build(folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    wheel.unlink()
    (folder / "base").mkdir()
    (folder / "base" / "sitecustomize.py").write_text(ABSENT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command is started. What lies there already must not be taken for ours, nor open the page to others."""
    (tmp_path / "vae_core").mkdir()
    (tmp_path / "random.py").write_text("raise ImportError('this is not the library')")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text(OPENED)
    return tmp_path


def installed(settings: Settings, site: Path) -> dict[str, str]:
    """An environment that has the wheel without extras, and names no folder but the cache."""
    kept = {key: value for key, value in environment(settings).items() if not key.startswith("LOUPE_")}
    paths = os.pathsep.join(map(str, (site / "base", site)))
    return {**kept, "PYTHONPATH": paths, "LOUPE_CACHE": str(settings.cache), "HOME": str(settings.cache.parent)}


def run(folder: Path, site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "latent_loupe", *words]
    return subprocess.run(
        command, cwd=folder, env=installed(settings_in(folder), site), capture_output=True, text=True, timeout=250
    )


# What is in it.


def packed(site: Path) -> set[str]:
    return {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}


def test_two_names_are_new_beside_other_packages(site):
    tops = {path.name.split("-")[0] for path in site.iterdir()} - {"base"}
    assert tops == {"vae_core", "latent_loupe"}


def test_all_that_a_page_reads_travels_along(site):
    found = {path.relative_to(PROJECT) for top in FOLDERS for path in (PROJECT / top).rglob("*") if path.is_file()}
    ours = {path for path in found if not PASSING & set(path.parts)} | {Path("app.py")}
    moved = {(path if path.parts[0] in STAYS else Path("latent_loupe", path)).as_posix() for path in ours}
    assert moved == {path for path in packed(site) if path.startswith(STAYS) and ".dist-info" not in path}
    assert {path.suffix for path in ours} >= {".py", ".js", ".css", ".html", ".svg", ".zip", ".toml"}


def test_it_says_what_it_is(site):
    (about,) = site.glob("*.dist-info")
    told = message_from_string((about / "METADATA").read_text())
    assert told["Version"] == latent_loupe.__version__ and told["License-Expression"] == "Apache-2.0"
    assert "latent-loupe = latent_loupe.__main__:main" in (about / "entry_points.txt").read_text()
    assert (about / "licenses" / "LICENSE").read_bytes() == (PROJECT / "LICENSE").read_bytes()
    base = {line.split("~")[0] for line in told.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert "streamlit" in base and not {"tensorflow", "keras"} & base


# Its command.


def test_with_words_it_is_the_command_line(folder, site):
    helped, listed = (run(folder, site, word) for word in ("--help", "list"))
    assert helped.returncode == 0 and "evaluate" in helped.stdout
    assert listed.returncode == 0 and str(folder / "checkpoints") in listed.stdout, listed.stderr


def test_settings_are_read_where_it_is_started(folder, site):
    (folder / "loupe.toml").write_text('checkpoints = "elsewhere"')
    assert str(folder / "elsewhere") in run(folder, site, "list").stdout


def test_without_tensorflow_it_says_how_to_train(folder, site):
    done = run(folder, site, "train", "--dataset", "digits")
    assert done.returncode == 1 and "needs TensorFlow" in done.stderr
    assert "pip install 'latent-loupe[train]'" in done.stderr and not (folder / "checkpoints").exists()


def test_a_run_of_others_is_drawn_and_projected_without_the_trainer(folder, site, trained):
    settings = settings_in(folder)
    shutil.copytree(trained.path, settings.checkpoints / trained.id)
    assert run(folder, site, "grid", trained.id, "--out", "plane.png").returncode == 0
    done = run(folder, site, "project", trained.id, "--method", "tsne", "--count", "100", "--detach")
    assert done.returncode == 0, done.stderr
    (task,) = tasks.of(Run(trained.id, settings), "projection")
    eventually(lambda: task.state() == "done", task)


def test_it_makes_a_site_of_models(folder, site):
    done = run(folder, site, "publish", ALONG, "--out", "site")
    assert done.returncode == 0 and "1 page" in done.stdout and not done.stderr, done.stderr
    assert (folder / "site" / "index.html").stat().st_size > 100_000


# Its page.


class Command(Server):
    """The page as the command opens it."""

    def __init__(self, settings: Settings, site: Path) -> None:
        self.site = site
        super().__init__(settings, folder=settings.checkpoints.parent)

    def command(self) -> tuple[tuple[str, ...], dict[str, str]]:
        words = {"STREAMLIT_SERVER_PORT": self.port, "STREAMLIT_SERVER_HEADLESS": "true"}
        return (sys.executable, "-P", "-m", "latent_loupe"), {**installed(self.settings, self.site), **words}


def test_the_page_opens_in_any_folder_closed_to_others_and_looks_without_the_trainer(folder, site, tab):
    with serving(settings_in(folder), site, kind=Command) as server:
        asked = Request(server.address, headers={"Host": "evil.example"})
        with pytest.raises(HTTPError, match="403"):
            urlopen(asked, timeout=SECONDS)
        heard = {part.laddr.ip for part in server.process.net_connections("tcp") if part.status == "LISTEN"}
        assert heard and heard <= {"127.0.0.1", "::1"}
        page = tab(server.address)
        _walks(page)
        for place in ("train", "tune"):
            page.goto(f"{server.address}/{place}")
            told(page, "Training needs TensorFlow")
        page.goto(f"{server.address}/explore?run={ALONG}")
        _walks(page)


def _walks(page: Any) -> None:
    """The cursor follows the hand, and the picture beside it the cursor."""
    page.wait_for_function(f"({FIND})('.now')?.width === 28")
    picture = "canvas => canvas.toDataURL()"
    before, box = page.locator(".now").first.evaluate(picture), page.locator(".over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 5, box["y"] + box["height"] / 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3, steps=6)
    page.mouse.up()
    holds(page, lambda: page.locator(".now").first.evaluate(picture) != before)


# What an installation may do without.


def test_every_extra_has_its_sentence():
    asked = hatch_build.parts(PROJECT)
    assert set(asked) == {hatch_build.BASE, *extras.NEEDED}
    for name, (_, packages) in extras.NEEDED.items():
        names = {canonicalize_name(package) for package in packages.values()}
        assert name == "train" or names == {canonicalize_name(Requirement(line).name) for line in asked[name]}


@pytest.mark.parametrize("name", extras.NEEDED)
def test_what_is_missing_is_told_with_what_adds_it(name, monkeypatch):
    assert extras.lacking(name) is None
    module, package = next(iter(extras.NEEDED[name][1].items()))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LoupeError, match=f"needs {package}, which is not installed here. To add it: pip install"):
        extras.need(name)


def test_a_checkout_without_the_trainer_says_so_on_its_pages_and_begins_nothing(visit, settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    for page in ("train", "tune"):
        app = fine(visit(settings, page))
        assert "pip install -r requirements.txt" in plain(app) and not app.main.button
    assert button(fine(visit(settings, "home")), "Train a model (30 s)").disabled
    with pytest.raises(LoupeError, match="needs TensorFlow"):
        starting.first_steps()
    assert not store.list_runs(settings)
