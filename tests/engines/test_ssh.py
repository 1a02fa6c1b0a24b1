"""Runs to another machine and back through a real sshd, which this test starts, and rsync."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import eventually, made_run, settings_in

from vae_core.errors import LoupeError
from vae_core.runs import moving, store

SSHD = Path("/usr/sbin/sshd")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(not SSHD.exists() or not shutil.which("rsync"), reason="no sshd and rsync: make ssh"),
]
SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
PasswordAuthentication no
UsePAM no
"""
CLIENT = """\
#!/bin/sh
exec {ssh} -F none -p {port} -i {folder}/key -o BatchMode=yes -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile={folder}/known -o LogLevel=ERROR "$@"
"""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a folder of runs behind an sshd of this test's own; its `ssh` knows the port and the key."""
    folder, programs = tmp_path / "ssh", tmp_path / "programs"
    for each in (folder, programs, Path("/run/sshd")):
        each.mkdir(exist_ok=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    for key in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    (folder / "config").write_text(SERVER.format(port=port, folder=folder))
    (programs / "ssh").write_text(CLIENT.format(ssh=shutil.which("ssh"), port=port, folder=folder))
    (programs / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    with subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(folder / "config")]) as server:
        try:
            eventually(lambda: subprocess.run(["ssh", "127.0.0.1", "true"]).returncode == 0, "no sshd came up")
            yield f"{getpass.getuser()}@127.0.0.1:{tmp_path}/far away/checkpoints"
        finally:
            server.terminate()


def test_a_run_goes_to_another_machine_and_comes_back(tmp_path: Path, address: str) -> None:
    here, there = settings_in(tmp_path / "here"), settings_in(tmp_path / "far away")
    runs = [made_run(here, "done"), made_run(here, "stopped", size=3)]
    names = [run.id for run in runs]
    assert moving.push(here, names, address).came == names
    assert sorted(line.id for line in store.list_runs(there)) == sorted(names)
    assert moving.push(here, names, address).there == names
    for run in runs:
        store.remove(run)
    assert sorted(moving.pull(here, address, names).came) == sorted(names)
    assert [run.state() for run in runs] == ["done", "stopped"] and all(run.history() for run in runs)


def test_a_line_that_is_cut_leaves_nothing_that_is_shown(tmp_path: Path, address: str) -> None:
    here, there = settings_in(tmp_path / "here"), settings_in(tmp_path / "far away")
    run = made_run(here, "done")
    there.checkpoints.mkdir(parents=True)
    (run.path / "model.keras").write_bytes(b"\0" * 50_000_000)
    command = ["rsync", *moving.RSYNC[1:], "--bwlimit=1000", "--", f"{here.checkpoints}/", f"{address}/.new-cut/"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as cut:
        cut.stdin.write(f"{run.id}/model.keras\n".encode())
        cut.stdin.close()
        eventually(lambda: list(there.checkpoints.glob(".new-cut/*/.model.keras.*")), "nothing began to come")
        cut.kill()
    assert store.list_runs(there) == []
    with pytest.raises(LoupeError, match=r"ssh said: "):
        moving.push(here, [run.id], "127.0.0.1:/proc/nowhere")
