"""How much sooner a search and a ladder end where a cluster has more workers.

python -m bench.fanned PLACE --workers 2 --json

PLACE is a cluster of the settings, and study_storage a PostgreSQL (docs/cluster.md). The search has 32 short trials and
as many processes as workers; the ladder five rungs of three seeds, each training a job, of which the cluster runs as
many at once as it can. `seconds` go from the start to the end of all of it, `trainings` is how many there were, and
`states` what became of them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from vae_core import settings as settings_module
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import arms, jobs, store, tasks
from vae_core.runs.work import FINAL
from vae_core.search import ladder, study, trials
from vae_core.search.space import Vary
from vae_core.search.wanted import Search
from vae_core.settings import Settings

TRIALS, PAIRS = 32, 4
RATES = (Vary("learning_rate", 1e-3, 3e-2, log=True),)
BASE = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense16", epochs=3, batch=64, train_size=300)
MINUTES = 0.01  # of a ladder: one look, and what has begun goes to its end
POLL_SECONDS = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder))
        found = {
            "workers": asked.workers,
            "search": _search(settings, asked.place, asked.workers),
            "ladder": _ladder(settings, asked.place),
        }
    print(json.dumps(found) if asked.json else found)


def _search(settings: Settings, place: str, workers: int) -> dict[str, Any]:
    found = study.create(settings, Search(BASE, RATES, pruner="none", trials=TRIALS))
    began = time.monotonic()
    found.start(workers, place)
    _wait(lambda: found.state() in FINAL)
    listed = trials.every(found)
    states = Counter(trial.state for trial in listed)
    seconds = time.monotonic() - began
    if found.state() != "done":
        raise LoupeError(f"The search is {found.state()}: {found.error() or found.told()}")
    study.remove(found)
    return {"seconds": seconds, "trainings": len(listed), "states": states}


def _ladder(settings: Settings, place: str) -> dict[str, Any]:
    (first,) = arms.start_missing(settings, BASE, 1, place=place)
    _wait(lambda: first.state() in FINAL)
    task = ladder.begin(first, MINUTES, PAIRS, place=place)
    began = time.monotonic()
    jobs.start(settings, task, command=tasks.COMMAND)
    _wait(lambda: task.state() in FINAL)
    lines = [line for line in store.list_runs(settings) if not line.study]
    seconds = time.monotonic() - began
    return {"seconds": seconds, "trainings": len(lines), "states": Counter(line.state for line in lines)}


def _wait(is_over: Callable[[], bool]) -> None:
    while not is_over():
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
