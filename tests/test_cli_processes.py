"""The command line as real processes: what a person can do to a training from a terminal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from support import SECONDS, environment, eventually

from vae_core.runs import store
from vae_core.settings import PROJECT, Settings

LONG = ("train", "--dataset", "digits", "--epochs", "5000")


def started(settings: Settings, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "vae_core", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=PROJECT, env=environment(settings), text=True, **pipes)


def test_a_closed_pipe_is_no_trouble(settings):
    child = started(settings, "recipes", "--json")
    child.stdout.close()
    assert child.stderr.read() == "" and child.wait() == 0


def test_interrupt_keeps_what_was_learned_and_resume_goes_on(settings, call):
    child = started(settings, *LONG)
    assert "epoch" in child.stdout.readline()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=SECONDS)
    (run,) = store.list_runs(settings)
    assert child.returncode == 0 and run.state == "stopped" and run.epoch >= 1
    assert f"To go on: python -m vae_core resume {run.id}" in out and "Stopping" in err and "Traceback" not in err

    child = started(settings, "resume", run.id, "--json")
    assert f"epoch {run.epoch + 1:4}/5000" in child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    out, _ = child.communicate(timeout=SECONDS)
    answer = json.loads(out)
    assert answer["state"] == "stopped" and answer["epochs"] > run.epoch

    epochs = answer["epochs"] + 1
    forked = json.loads(call("fork", run.id, "--epochs", str(epochs), "--lr", "0.0001", "--json")[1])
    assert forked["parent"] == run.id and forked["state"] == "done" and forked["epochs"] == epochs
    assert json.loads(call("remove", run.id, "--yes", "--json")[1]) == {"run": run.id, "removed": True}
    assert [left.id for left in store.list_runs(settings)] == [forked["run"]]


def test_detached_training_lives_on_its_own(settings, cli, call):
    answer = json.loads(cli(*LONG, "--detach", "--json").stdout)
    run = store.open_run(settings, answer["run"])
    eventually(lambda: run.status()["epoch"] >= 1, run)
    assert answer["pid"] == run.status()["pid"] and run.state() == "running"
    assert call("remove", run.id, "--yes")[0] == 1 and "already running" in call("resume", run.id)[2]
    code, out, _ = call("stop", run.id)
    assert code == 0 and run.id in out
    eventually(lambda: run.state() == "stopped" and not run.has_process(), run)
    assert "is stopped" in call("stop", run.id)[1] and "Traceback" not in run.log.read_text()
