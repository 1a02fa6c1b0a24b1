"""Places without a cluster: the settings, the script that Slurm would run, what it says in words, and the lease.

tests/engines trains on a real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from conftest import Visit
from support import environment, eventually, settings_in
from workers import OPENING, child, new

from vae_core.errors import LoupeError
from vae_core.place import Place, written
from vae_core.runs import arms, jobs, store
from vae_core.runs.places import slurm
from vae_core.runs.places.job import Asked, Job
from vae_core.runs.places.lease import Lost
from vae_core.runs.work import LEASE
from vae_core.settings import Settings, load
from vae_core.settings import environment as variables

Call = Callable[..., tuple[int, str, str]]
CLUSTER = Place("cluster", "slurm", partition="gpu", time="4:00:00", memory="8G", cpus=4, gpus=1)
TOML = """
[places.cluster]
kind = "slurm"
partition = "gpu"
time = "4:00:00"
memory = "8G"
cpus = 4
gpus = 1
"""
WRONG = {
    "no table": "places = 5",
    "a place that is no table": "[places]\ncluster = 1",
    "no kind": "[places.cluster]\ntime = '1'",
    "a kind that nobody knows": "[places.cluster]\nkind = 'pbs'",
    "a setting that nobody knows": "[places.cluster]\nkind = 'slurm'\nqueue = 'a'",
    "a name of its own": "[places.cluster]\nkind = 'slurm'\nname = 'a'",
    "two lines": "[places.cluster]\nkind = 'slurm'\npartition = \"a\\n#SBATCH --wrap=b\"",
    "no count": "[places.cluster]\nkind = 'slurm'\ncpus = true",
    "no list": "[places.cluster]\nkind = 'slurm'\nsetup = 'module load a'",
    "lines in one": "[places.cluster]\nkind = 'slurm'\nsetup = [\"a\\nb\"]",
    "this machine": "[places.here]\nkind = 'slurm'",
    "a Ray without an address": "[places.a]\nkind = 'ray'",
    "an address of another kind": "[places.a]\nkind = 'ray'\naddress = 'ray://localhost:10001'",
    "what Ray does not have": "[places.a]\nkind = 'ray'\naddress = 'http://localhost:8265'\npartition = 'gpu'",
    "a size that is none": "[places.a]\nkind = 'ray'\naddress = 'http://localhost:8265'\nmemory = 'much'",
    "what Slurm does not have": "[places.a]\nkind = 'slurm'\naddress = 'http://localhost:8265'",
}
SAYS = {  # a line of squeue: the state of the run, and what is told of it
    "7|PENDING|Priority": ("queued", "Waiting in Slurm: others come first."),
    "7|PENDING|QOSMaxJobsPerUserLimit": ("queued", "Waiting in Slurm: QOSMaxJobsPerUserLimit."),
    "7|PENDING|None": ("queued", "Waiting in Slurm."),
    "7|RUNNING|None": ("running", ""),
    "7|OUT_OF_MEMORY|OutOfMemory": ("interrupted", "Slurm ended it: out of memory."),
    "7|TIMEOUT|TimeLimit": ("interrupted", "Slurm ended it: its time was over."),
    "7|NODE_FAIL|None": ("interrupted", "Slurm ended it: its machine failed."),
    "8|RUNNING|None": ("interrupted", "Slurm ended it: why, it no longer knows."),
}


@pytest.fixture
def cluster(tmp_path: Path) -> Settings:
    return settings_in(tmp_path, places=(CLUSTER,))


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What a program of Slurm answers, which is a line of a shell here."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)

    def answer(tool: str, line: str) -> None:
        (programs / tool).write_text(f"#!/bin/sh\n{line}\n")
        (programs / tool).chmod(0o755)

    return answer


def test_places_stand_in_the_settings_and_in_variables_that_say_the_same(tmp_path: Path) -> None:
    toml = tmp_path / "loupe.toml"
    toml.write_text(TOML)
    here = load({}, toml)
    assert here.places == (CLUSTER,)
    assert load(variables(here), tmp_path / "none").places == (CLUSTER,)
    assert load(variables(load({}, tmp_path / "none")), tmp_path / "none").places == ()


@pytest.mark.parametrize("name", WRONG)
def test_a_place_that_makes_no_sense_is_told(tmp_path: Path, name: str) -> None:
    toml = tmp_path / "loupe.toml"
    toml.write_text(WRONG[name])
    with pytest.raises(LoupeError) as told:
        load({}, toml)
    assert "place" in str(told.value) and len(str(told.value)) < 500


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm is on no Windows")
def test_the_script_is_what_bash_understands_and_runs_the_command(tmp_path: Path) -> None:
    odd = tmp_path / "a folder's name"
    odd.mkdir()
    told = {"LOUPE_CHECKPOINTS": "/it's $HOME", "PYTHONPATH": ""}
    says = (sys.executable, "-c", "import os; print(os.environ['LOUPE_CHECKPOINTS'], os.getcwd())", "it's")
    text = slurm.script(CLUSTER, Asked("a run", says, told, {}, odd, odd / "job.sh", odd / "log.txt"))
    options = [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]
    assert {"--requeue", "--partition=gpu", "--time=4:00:00", "--mem=8G", "--gpus=1"} < set(options)
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"/it's $HOME {odd}\n", "")
    with_setup = slurm.script(replace(CLUSTER, setup=("module load python",)), Asked("a", says, {}, {}, odd, odd, odd))
    assert "\nmodule load python\n" in with_setup and "\nexec python -c" in with_setup


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm is on no Windows")
def test_several_are_one_array_each_part_with_its_own_script_and_log(
    cluster: Settings, says: Callable[..., None], tmp_path: Path
) -> None:
    says("sbatch", f'echo "$@" > {tmp_path}/sent; cat > {tmp_path}/array; echo 7')
    says("squeue", "echo '7_0|RUNNING|None'; echo '7_1|PENDING|Priority'; echo '7_2|TIMEOUT|None'")
    runs = arms.start_missing(cluster, new(cluster).config(), 4, place="cluster")
    numbers = [run.job().number for run in runs]
    assert "--array=0-2" in (tmp_path / "sent").read_text() and numbers == ["7_0", "7_1", "7_2"]
    assert [(run.state(), run.told()) for run in runs] == [
        ("queued", ""),
        ("queued", "Waiting in Slurm: others come first."),
        ("interrupted", "Slurm ended it: its time was over."),
    ]
    for run in runs:
        run.script.write_text("echo $SLURM_ARRAY_TASK_ID of mine\n")
    subprocess.run(["bash", tmp_path / "array"], env={**os.environ, "SLURM_ARRAY_TASK_ID": "1"}, check=True)
    assert [run.log.exists() and run.log.read_text() for run in runs] == [False, "1 of mine\n", False]
    says("sbatch", "echo 'sbatch: error: Job array index too large' >&2; exit 1")
    with pytest.raises(LoupeError, match="Job array index too large"):
        arms.start_missing(cluster, runs[0].config(), 6, place="cluster")
    assert [line.state for line in store.list_runs(cluster)].count("failed") == 3


def test_where_slurm_is_not_that_is_a_sentence(
    cluster: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = new(cluster)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LoupeError, match="could not be sent to cluster: there is no sbatch here"):
        jobs.start(cluster, run, place="cluster")
    assert run.state() == "failed" and "no sbatch" in run.status()["error"] and run.job() is None
    with pytest.raises(LoupeError, match="There is no place 'moon'.*here, cluster"):
        jobs.start(cluster, run, place="moon")


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm is on no Windows")
@pytest.mark.parametrize("line", SAYS)
def test_what_slurm_says_is_told_in_words(cluster: Settings, says: Callable[..., None], line: str) -> None:
    run = new(cluster)
    run.set_job(Job("cluster", "slurm", "7"))
    run.set_status(state="running")
    says("squeue", f"echo '{line}'")
    says("sacct", "exit 1")
    assert (run.state(), run.told()) == SAYS[line]
    assert store.list_runs(cluster)[0].told == run.told() and run.has_process() == (run.state() != "interrupted")


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm is on no Windows")
def test_what_waits_is_taken_back_and_who_does_not_answer_loses_nothing(
    cluster: Settings, says: Callable[..., None], tmp_path: Path
) -> None:
    run = new(cluster)
    says("sbatch", f"echo \"$@\" > {tmp_path}/sent; echo '7;main'")
    says("squeue", "exit 1")
    assert jobs.start(cluster, run, place="cluster") == "7"
    assert (tmp_path / "sent").read_text().split()[-1] == str(run.script) and run.script.exists()
    assert (run.state(), run.told(), run.has_process()) == ("queued", "Slurm does not answer.", True)
    says("scancel", f'echo "$@" > {tmp_path}/cancelled')
    says("squeue", "echo '7|CANCELLED|None'")
    assert jobs.request_stop(run) == "stopped" and not run.has_process()
    assert (tmp_path / "cancelled").read_text() == "--state=PENDING 7\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Slurm is on no Windows")
def test_a_training_is_sent_from_a_terminal(
    cluster: Settings, call: Call, says: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_PLACES", written(cluster.places))
    says("sbatch", "echo 7")
    says("squeue", "echo '7|PENDING|Priority'")
    train = ("train", "--dataset", "digits", "--epochs", "1", "--place")
    code, said, _ = call(*train, "cluster")
    assert code == 0 and "is queued. Waiting in Slurm: others come first." in said
    (line,) = store.list_runs(cluster)
    assert "others come first" in call("list")[1] and "cluster, job 7" in call("show", line.id)[1]
    assert "--run " + line.id in store.Run(line.id, cluster).script.read_text()
    assert call(*train, "moon")[0] == 2
    says("sbatch", "echo 'sbatch: error: invalid partition specified: gpu' >&2; exit 1")
    code, _, complained = call(*train, "cluster")
    assert code == 1 and "Slurm said: invalid partition specified: gpu." in complained


def test_where_is_asked_only_where_there_is_a_choice(
    cluster: Settings, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(cluster, "train")
    assert "Where" not in [box.label for box in page.selectbox]
    monkeypatch.setenv("LOUPE_PLACES", written(cluster.places))
    (box,) = [box for box in page.run().selectbox if box.label == "Where"]
    assert box.options == ["This machine", "cluster"] and box.value == "here"


def test_a_holder_whose_list_of_names_is_old_sees_that_its_file_is_gone(
    cluster: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new(cluster)
    first = run.take_lease()
    names = os.listdir(run.path / LEASE)
    second = run.take_lease()
    monkeypatch.setattr(os, "listdir", lambda _: names)  # as NFS may say for a minute
    with pytest.raises(Lost):
        first.check()
    monkeypatch.undo()
    second.check()
    for each in (first, second):
        each.release()


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be paused there")
def test_a_holder_that_was_paused_writes_no_more_when_another_has_taken_over(cluster: Settings) -> None:
    run = new(cluster)
    run.set_job(Job("cluster", "slurm", "7"))
    writes = OPENING + "with jobs.hold(run) as run:\n    print('begun', flush=True)\n    for word in sys.stdin: "
    job = {**environment(cluster), "SLURM_JOB_ID": "7"}
    first = child(writes + "run.set_status(phase='first')", run.id, **job)
    assert first.stdout.readline() == "begun\n"
    psutil.Process(first.pid).send_signal(signal.SIGSTOP)
    second = child(writes + "run.set_status(phase='second')", run.id, **job)
    eventually(lambda: second.stdout.readline() == "begun\n", run)
    second.stdin.write("write\n")
    second.stdin.flush()
    eventually(lambda: run.status()["phase"] == "second", run)
    psutil.Process(first.pid).send_signal(signal.SIGCONT)
    said, _ = first.communicate("write\n", timeout=60)
    assert first.returncode and "another machine" in said, "at a write, or at the next beat"
    assert run.status()["phase"] == "second" and run.status()["pid"] != first.pid
    second.communicate(timeout=60)
    assert second.returncode == 0 and run.status()["state"] == "interrupted"
