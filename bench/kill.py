"""Kill -9 a training at random moments, resume it, and compare its losses with those of an unbroken run.

python -m bench.kill --json [--times 10] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import rows
from bench.rows import Row, Rows
from vae_core.design.config import Config
from vae_core.runs import jobs, store
from vae_core.settings import PROJECT, Settings

CONFIG = Config(
    dataset="digits",
    image=(8, 8, 1),
    encoder="conv8/2 bn drop.1 conv16/2 bn flatten dense16",
    noise=0.1,
    epochs=60,
    batch=32,
)
COLUMNS = [
    f"{part}_{kind}_nats_per_image" for part in ("train", "validation") for kind in ("total", "reconstruction", "kl")
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--times", type=int, default=10, help="how many runs are killed")
    parser.add_argument("--seed", type=int, default=0)
    rows.add_option(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache=Path(folder, "cache"), checkpoints=Path(folder, "checkpoints"))
        document = measure(settings, arguments.times, arguments.seed, Rows(arguments.out))
    print(json.dumps(document) if arguments.json else _table(document))


def measure(settings: Settings, times: int, seed: int, kept: Rows) -> Row:
    whole = store.create(settings, CONFIG, {})
    began = time.monotonic()
    start(settings, whole).wait()
    seconds = time.monotonic() - began
    found = [
        kept.take({"seed": seed, "kill": number}, one_kill, settings, whole, random.Random(f"{seed} {number}"))
        for number in range(times)
    ]
    good = sum(row["finished"] and row["largest_difference"] < 1e-4 for row in found)
    return {"rows": found, "unbroken_seconds": round(seconds, 1), "good": good, "of": times}


def one_kill(settings: Settings, whole: store.Run, chance: random.Random) -> Row:
    """Kill a run once, a moment after a random epoch has ended, resume it, and compare every loss of every epoch."""
    run = store.create(settings, CONFIG, {})
    child = start(settings, run)
    wanted = chance.randrange(CONFIG.epochs - 5)
    while len(run.history()) < wanted and child.poll() is None:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.05 if wanted else 8))  # before the first epoch it also loads and traces
    child.send_signal(signal.SIGKILL)
    child.wait()
    epochs, state = len(run.history()), run.state()
    code = start(settings, run).wait()
    return {
        "state": state,
        "epochs_before": epochs,
        "finished": code == 0 and run.state() == "done",
        "largest_difference": difference(run, whole),
    }


def difference(run: store.Run, whole: store.Run) -> float:
    """The largest difference between two runs' losses, as a share of the loss."""
    pairs = zip(run.history(), whole.history(), strict=True)
    return max(abs(a[name] - b[name]) / max(abs(b[name]), 1e-6) for a, b in pairs for name in COLUMNS)


def start(settings: Settings, run: store.Run) -> subprocess.Popen[bytes]:
    command, quiet = [sys.executable, "-m", "vae_core", "train", "--run", run.id], subprocess.DEVNULL
    return subprocess.Popen(command, cwd=PROJECT, env=jobs.environment(settings), stdout=quiet, stderr=quiet)


def _table(document: Row) -> str:
    lines = [
        f"killed after {row['epochs_before']:2d} epochs ({row['state']}): "
        f"{'finished' if row['finished'] else 'NOT finished'}, largest difference {row['largest_difference']:.1e}"
        for row in document["rows"]
    ]
    return "\n".join([*lines, f"{document['good']} of {document['of']}"])


if __name__ == "__main__":
    main()
