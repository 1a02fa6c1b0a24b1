"""Settings: whatever stands in loupe.toml or in the environment is taken, or refused in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from support import environment, made_run

from vae_core.errors import LoupeError
from vae_core.runs.work import STATUS_FILE
from vae_core.settings import PROJECT, Settings, load

Call = Callable[..., tuple[int, str, str]]
NAMES = [field.name for field in fields(Settings)]
DIGITS = "9" * 5000
TOMLS = {
    "infinity": "train_slots = inf",
    "not a number": "look_slots = nan",
    "thousands of digits": f"train_slots = {DIGITS}",
    "more than anybody has": f"max_bytes = 0x{DIGITS}",
    "many in a list": f"train_slots = [0x{DIGITS}]",
    "a half": "max_files = 2.5",
    "yes": "train_slots = true",
    "a zero byte": 'roots = "\\u0000"',
    "a zero byte in a folder": 'checkpoints = "a\\u0000b"',
    "nobody": 'cache = "~nouser/x"',
    "nobody's roots": f'roots = "/{os.pathsep}~nouser/x"',
    "a number for a folder": "data = 5",
    "no folder": 'cache = ""',
    "a table": "[checkpoints]\na = 1",
    "a list": 'host = ["a"]',
    "a date": "study_storage = 2020-01-01",
    "a key that nobody knows": f'"{"k" * 500}" = 1',
    "depth": "a = " + "[" * 9000,
    "no TOML": "checkpoints =",
}


def refused(tmp_path: Path, text: str | bytes, environ: dict[str, str] | None = None) -> str:
    toml = tmp_path / "loupe.toml"
    toml.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LoupeError) as told:
        load(environ or {}, toml)
    assert len(str(told.value)) < 500, "nobody reads that"
    return str(told.value)


@pytest.mark.parametrize("name", TOMLS)
def test_what_makes_no_sense_is_told(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, TOMLS[name])
    assert "loupe.toml" in said


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    assert "loupe.toml" in refused(tmp_path, b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(LoupeError, match="cannot be read"):
        load({}, tmp_path / "folder")


@pytest.mark.parametrize("value", ["~nouser/x", "a\0b", "\ud800"])
def test_so_is_a_folder_of_the_environment(tmp_path: Path, value: str) -> None:
    assert "checkpoints" in refused(tmp_path, "", {"LOUPE_CHECKPOINTS": value})


@pytest.mark.parametrize("name", ["checkpoints", "cache", "data"])
@pytest.mark.parametrize("below", ["", "further/down"])
def test_a_link_to_nowhere_and_a_file_are_no_folders(tmp_path: Path, name: str, below: str) -> None:
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(tmp_path / "gone")
    file.write_bytes(b"")
    for place, why in ((link, "gone, which is not there"), (file, "Not a directory" if below else "no folder")):
        said = refused(tmp_path, "", {f"LOUPE_{name.upper()}": str(place / below)})
        assert name in said and why in said
    link.unlink()
    link.symlink_to(tmp_path)  # one that leads somewhere is as good as a folder
    assert getattr(load({f"LOUPE_{name.upper()}": str(link / below)}, tmp_path / "none"), name) == link / below


def test_what_is_not_there_yet_is_fine(tmp_path: Path) -> None:
    found = load({"LOUPE_CACHE": str(tmp_path / "a/b")}, tmp_path / "none")
    assert found.cache == tmp_path / "a/b" and found.roots == "~"


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_nobody_needs_a_home(settings: Settings, home: str | None) -> None:
    """As in a container that is run by a number which no user has."""
    world = {**environment(settings), "HOME": home}
    world = {key: value for key, value in world.items() if value is not None}
    program = (
        "import os, pwd\n"
        "pwd.getpwuid = lambda number: pwd.getpwnam('nobody at all')\n"
        "from vae_core.settings import Settings, load\n"
        "print(Settings().cache.is_absolute(), load(), load().readable)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, env=world, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("True"), done.stderr


@pytest.mark.parametrize(
    "wrong", [{"LOUPE_CHECKPOINTS": "~nouser/x"}, {"LOUPE_TRAIN_SLOTS": DIGITS}, {"LOUPE_ROOTS": "~nouser"}]
)
def test_a_command_with_wrong_settings_says_so(
    call: Call, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    code, printed, complained = call("list", "--json")
    assert code == 1 and json.loads(printed)["error"]["happened"].startswith("The environment sets")
    assert "Traceback" not in complained and "inside the program" not in complained


def test_checkpoints_that_lead_nowhere_are_told_by_every_command(call: Call, settings: Settings) -> None:
    settings.checkpoints.symlink_to(settings.checkpoints.parent / "unplugged")
    for words in (["list"], ["train", "--dataset", "digits", "--epochs", "1"], ["searches"]):
        code, _, complained = call(*words)
        assert code == 1 and "unplugged, which is not there" in complained


def test_a_run_whose_clock_went_back_is_not_queued_for_years(settings: Settings) -> None:
    run = made_run(settings, "queued")
    assert run.state() == "queued", "its process may be about to come"
    in_2090 = 3_786_912_000
    os.utime(run.path / STATUS_FILE, (in_2090, in_2090))
    assert run.state() == "interrupted"
