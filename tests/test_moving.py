"""Runs to another folder of runs and from there: as a mounted folder, and by rsync through an ssh of this machine.

tests/engines does the latter with a real sshd."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import HOSTILE, environment, made_run, settings_in
from workers import child, new

from vae_core.errors import LoupeError
from vae_core.runs import locks, moving, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

Call = Callable[..., tuple[int, str, str]]
UNIX = pytest.mark.skipif(sys.platform == "win32" or not shutil.which("rsync"), reason="there is no rsync here")
SSH = """\
#!/bin/sh
# A machine of its own, as far as anybody can see: it is asked by a line for a shell, which begins in its home.
while [ "${{1#-}}" != "$1" ]; do [ "$1" = -l ] && shift; shift; done  # rsync calls it by `-l ada cluster`
shift
cd {home} && {before} exec sh -c "$*"
"""
AMID = (  # pushes, and says so when it is at the model of the copy; there it waits to be killed
    "import sys, time\n"
    "def hook(event, what):\n"
    "    if event == 'open' and '.new-' in str(what[0]) and str(what[0]).endswith('history.csv'):\n"
    "        print('amid', flush=True); time.sleep(600)\n"
    "from vae_core import settings; from vae_core.runs import moving\n"
    "sys.addaudithook(hook)\n"
    "moving.push(settings.load(), [sys.argv[1]], sys.argv[2])\n"
)


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    return settings_in(tmp_path / "home")


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """An ssh to a machine whose home is a folder here; its address. What comes before its shell may break things."""
    (tmp_path / "home").mkdir()
    (tmp_path / "programs").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "programs"), prepend=":")

    def write(before: str = "") -> str:
        program = tmp_path / "programs" / "ssh"
        program.write_text(SSH.format(home=tmp_path / "home", before=before))
        program.chmod(0o755)
        return "ada@cluster:~/checkpoints"

    return write


def contents(run: Run) -> dict[str, bytes]:
    return {name: (run.path / name).read_bytes() for name in moving.transfer.travelling(run)}


def beside(settings: Settings, run: Run) -> Run:
    return Run(run.id, settings)


def test_a_run_goes_to_another_folder_and_comes_from_there(
    here: Settings, there: Settings, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made_run(here, "stopped")
    (run.path / "lease").mkdir()
    run.request_stop()
    monkeypatch.setenv("LOUPE_CHECKPOINTS", str(here.checkpoints))
    code, said, _ = call("push", run.id[:6], str(there.checkpoints))
    assert code == 0 and f"{run.id} is in {there.checkpoints} now." in said
    assert contents(beside(there, run)) == contents(run)
    assert not {"lease", "stop", "guard.lock"} & {path.name for path in beside(there, run).path.iterdir()}
    assert "was there already: nothing" in call("push", run.id, str(there.checkpoints))[1]
    assert "was there already: nothing" in call("pull", str(there.checkpoints), run.id)[1]
    before = contents(run)
    store.remove(run)
    assert call("pull", str(there.checkpoints), run.id)[0] == 0
    found = contents(run)
    assert {**found, "status.json": b""} == {**before, "status.json": b""} and run.state() == "stopped"


def test_who_is_killed_amid_a_copy_leaves_nothing_that_is_shown(here: Settings, there: Settings) -> None:
    run = made_run(here, "done")
    copying = child(AMID, run.id, there.checkpoints, **environment(here))
    assert copying.stdout.readline() == "amid\n"
    copying.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    copying.communicate(timeout=60)
    assert list(there.checkpoints.iterdir()) and store.list_runs(there) == []
    assert moving.push(here, [run.id], str(there.checkpoints)).came == [run.id]
    assert [line.state for line in store.list_runs(there)] == ["done"]


def test_what_is_at_work_stays(here: Settings, there: Settings) -> None:
    run = new(here)
    lock = locks.take(run.lock, 5)
    run.set_status(state="running")
    with pytest.raises(LoupeError, match="is at work"):
        moving.push(here, [run.id], str(there.checkpoints))
    with pytest.raises(LoupeError, match="is at work"):
        moving.pull(there, str(here.checkpoints), [run.id])
    lock.release()
    run.set_status(state="stopped")
    lease = run.take_lease()  # of a machine whose lock is not seen here
    with pytest.raises(LoupeError, match="is at work"):
        moving.pull(there, str(here.checkpoints), [run.id])
    lease.release()
    assert moving.pull(there, str(here.checkpoints), [run.id]).came == [run.id]


def test_what_comes_is_checked_as_an_import_is(here: Settings, there: Settings) -> None:
    run = made_run(there, "done")
    (run.path / "codes.npz").write_bytes(b"no arrays")
    with pytest.raises(LoupeError, match=r"codes\.npz"):
        moving.pull(here, str(there.checkpoints), [run.id])
    assert store.list_runs(here) == [] and not list(here.checkpoints.iterdir())


@UNIX
def test_a_run_goes_to_another_machine_and_comes_from_there(
    here: Settings, there: Settings, ssh: Callable[..., str]
) -> None:
    runs, address = [made_run(here, "done"), made_run(here, "stopped", size=3)], ssh()
    first = moving.push(here, [runs[0].id], address)
    assert (first.came, first.there) == ([runs[0].id], [])
    both = moving.push(here, [run.id for run in runs], address)
    assert (both.came, both.there) == ([runs[1].id], [runs[0].id])
    for run in runs:
        assert contents(beside(there, run)) == contents(run)
        store.remove(run)
    pulled = moving.pull(here, address, [runs[0].id, runs[1].id])
    assert sorted(pulled.came) == sorted(run.id for run in runs)
    assert [run.state() for run in runs] == ["done", "stopped"]
    assert moving.pull(here, address, [runs[0].id]).there == [runs[0].id]
    with pytest.raises(LoupeError, match="There is no run 'nothing' there"):
        moving.pull(here, address, ["nothing"])
    assert not [path for folder in (here, there) for path in folder.checkpoints.glob(".new-*")]


@UNIX
def test_a_line_that_breaks_leaves_nothing_that_is_shown(
    here: Settings, there: Settings, ssh: Callable[..., str]
) -> None:
    run = made_run(here, "done")
    address = ssh('case "$*" in rsync*) ulimit -f 1;; esac;')  # its disk is full
    with pytest.raises(LoupeError, match=r"Nothing came to ada@cluster\. rsync said: "):
        moving.push(here, [run.id], address)
    assert store.list_runs(there) == []
    assert moving.push(here, [run.id], ssh()).came == [run.id]
    store.remove(run)
    address = ssh('case "$*" in rsync*) sh -c "$*" | head -c 3000; exit;; esac;')
    with pytest.raises(LoupeError, match="Nothing came from ada@cluster"):
        moving.pull(here, address, [run.id])
    assert store.list_runs(here) == [] and not list(here.checkpoints.glob("*"))


@UNIX
@pytest.mark.skipif(not shutil.which("flock"), reason="there is no flock here")
def test_what_is_at_work_on_another_machine_stays(here: Settings, there: Settings, ssh: Callable[..., str]) -> None:
    run, address = new(there), ssh()
    lock = locks.take(run.lock, 5)
    with pytest.raises(LoupeError, match="over there, is at work"):
        moving.pull(here, address, [run.id])
    lock.release()
    lease = run.take_lease()
    with pytest.raises(LoupeError, match="over there, is at work"):
        moving.pull(here, address, [run.id])
    lease.release()
    assert moving.pull(here, address, [run.id]).came == [run.id]


def test_an_address_is_a_host_and_a_folder_and_nothing_else() -> None:
    found = moving._machine("ada@login-1.example.org:a b/c'd")
    assert (found.host, found.path, found.folder) == ("ada@login-1.example.org", "a b/c'd", "'a b/c'\"'\"'d'")
    for home in ("h1:~", "h1:~/"):
        assert moving._machine(home).path == "."
    for folder in ("C:\\runs", "/mnt/a:b", "runs", "-oProxyCommand=x:y", "host::module", "ada@-x:y", *HOSTILE):
        assert moving._machine(folder) is None, folder


@UNIX
def test_names_that_somebody_gave_there_do_nothing_here(
    here: Settings, there: Settings, ssh: Callable[..., str], tmp_path: Path
) -> None:
    address = ssh()
    for name in ("$(touch marked)", "; touch marked", "-rf"):
        (there.checkpoints / name).mkdir(parents=True)
        with pytest.raises(LoupeError, match="There is no run"):
            moving.pull(here, address, [name])
    assert not list(tmp_path.rglob("marked"))
