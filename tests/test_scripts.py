"""The programs that the browser gets, and what of its scripts needs no page."""

from __future__ import annotations

import subprocess

import pytest

from ui.components import bundles
from vae_core.settings import PROJECT

BUILDER = PROJECT / "node_modules" / ".bin" / "esbuild"


@pytest.mark.skipif(not BUILDER.exists(), reason="`make lint` installs what builds them, where there is npm")
def test_the_committed_programs_are_those_of_the_scripts(tmp_path):
    done = subprocess.run(["make", "bundles", f"BUNDLES={tmp_path}"], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made, committed = (
        {path.name: path.read_bytes() for path in folder.glob("*.js")} for folder in (tmp_path, bundles.HERE)
    )
    assert made.keys() == committed.keys()
    assert [name for name in made if made[name] != committed[name]] == []
