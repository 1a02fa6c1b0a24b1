"""Processes that are killed in each of their phases; `python -m bench.kill` does it many times."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from bench import kill, victims
from bench.victims import VICTIMS
from vae_core.runs import files
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.share import outgoing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarm that ends a process")


def dies(stage: kill.Stage, name: str) -> None:
    """In one of a few chains at least: one that is quicker than the one before it has ended first."""
    rows = []
    for seed in range(5):
        rows.append(kill.chain(stage, name, list(VICTIMS[name].phases), random.Random(seed)))
        assert not rows[-1]["trouble"]
        if rows[-1]["kills"]:
            return
    pytest.fail(f"nobody was killed: {rows}")


@pytest.mark.parametrize("name", ["import", "report"])
def test_fault_kill_of_what_needs_no_training(own: Run, name: str) -> None:
    with kill.Stage(own.settings, own) as stage:
        dies(stage, name)


@pytest.mark.long
@pytest.mark.parametrize("name", ["task", "site", "search"])
def test_fault_kill_of_what_takes_longer(own: Run, name: str) -> None:
    with kill.Stage(own.settings, own, heavy=True) as stage:
        dies(stage, name)


@pytest.mark.long
@pytest.mark.parametrize("phase", VICTIMS["training"].phases)
def test_fault_kill_of_a_training(settings: Settings, phase: str) -> None:
    with kill.training_stage(settings) as stage:
        row = kill.chain(stage, "training", [phase], random.Random(phase))
    assert not row["trouble"] and [each["wanted"] for each in row["kills"]] == [phase]
    shutil.rmtree(settings.checkpoints)


def test_kills_are_counted_by_the_phase_in_which_they_came() -> None:
    kills = [{"wanted": "epoch", "phase": "snapshot", "code": -14}, {"wanted": "epoch", "phase": "", "code": 1}]
    told = kill.table([{"victim": "training", "chain": 0, "kills": kills, "trouble": ["it differs"]}])
    assert "| training | snapshot | 1 |" in told and "1 kills in 1 chains; 1 findings." in told
    assert victims.VICTIMS["training"].phases[0] == "starting"


def test_a_site_that_was_killed_at_its_first_file_is_taken_up(tmp_path: Path) -> None:
    left = tmp_path / f"{files.TEMPORARY}12345678-abcdef01"
    left.write_bytes(b"half")
    outgoing.write_folder(tmp_path, lambda: {"index.html": b"whole"})
    assert (tmp_path / "index.html").read_bytes() == b"whole"
