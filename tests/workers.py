"""Work for tests of jobs that takes no TensorFlow: processes that do nothing until they are stopped, or end at once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from support import eventually

from vae_core.design.config import Config
from vae_core.runs import jobs, store
from vae_core.settings import PROJECT, Settings

CONFIG = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32:gelu", epochs=3)
OPENING = (
    "import os, sys, time; from pathlib import Path\n"
    "from vae_core import settings; from vae_core.errors import LoupeError; from vae_core.runs import jobs, store\n"
    "here = settings.load(); run = store.open_run(here, sys.argv[-1])\n"
)
UNTIL_STOPPED = OPENING + (
    "with jobs.hold(run):\n"
    "    print('begun', os.getpid(), flush=True); run.set_status(epoch=1)\n"
    "    while not run.stop_requested(): time.sleep(0.01)\n"
    "    run.set_status(state='stopped')\n"
)
AT_ONCE = OPENING + (
    "with jobs.hold(run):\n"
    "    (here.checkpoints / 'order.txt').open('a').write(run.id + '\\n'); run.set_status(state='done')\n"
)
CROWD = (  # a process for each line that it reads, `TIME OWNER RUN`, which takes a slot and nothing else
    "import sys; from multiprocessing import get_context\n"
    "from vae_core import settings; from vae_core.runs import slots\n"
    "here = settings.load()\n"
    "def take(ticket):\n"
    "    with slots.slot(here, 'train', ticket): (here.checkpoints / 'order.txt').open('a').write(ticket.run + '\\n')\n"
    "tickets = [slots.Ticket(float(line.split()[0]), *line.split()[1:]) for line in sys.stdin]\n"
    "crowd = [get_context('fork').Process(target=take, args=[ticket]) for ticket in tickets]\n"
    "for one in crowd: one.start()\n"
    "for one in crowd: one.join()\n"
    "sys.exit(sum(one.exitcode for one in crowd))\n"
)
DEAF = OPENING + "with jobs.hold(run):\n    while True: time.sleep(60)\n"


def new(settings: Settings, owner: str = "Ada", seed: int = 0) -> store.Run:
    return store.create(settings, replace(CONFIG, seed=seed), {}, owner=owner)


def start(settings: Settings, run: store.Run, script: str = UNTIL_STOPPED) -> int:
    return int(jobs.start(settings, run, command=(sys.executable, "-c", script)))


def running(settings: Settings, run: store.Run, script: str = UNTIL_STOPPED) -> int:
    pid = start(settings, run, script)
    eventually(lambda: run.state() == "running", run)
    return pid


def waiting(settings: Settings, run: store.Run, script: str = UNTIL_STOPPED) -> int:
    pid = start(settings, run, script)
    eventually(lambda: jobs.place(settings, run) is not None, run)
    return pid


def child(script: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    places, pipe = {**os.environ, **environment}, subprocess.PIPE
    return subprocess.Popen(
        command, cwd=PROJECT, env=places, text=True, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT
    )
