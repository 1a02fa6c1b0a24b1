"""The programs that the browser gets, and what of its scripts needs no page."""

from __future__ import annotations

import shutil
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
        {path.name: path.read_bytes() for path in place.glob("*.js")} for place in (tmp_path, bundles.HERE)
    )
    assert made.keys() == committed.keys()
    assert [name for name in made if made[name] != committed[name]] == []


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node here")
@pytest.mark.parametrize("path", sorted((PROJECT / "tests/scripts").glob("*.test.js")), ids=lambda path: path.stem)
def test_what_needs_no_page(path):
    done = subprocess.run(["node", "--test", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
