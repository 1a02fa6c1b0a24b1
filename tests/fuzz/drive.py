"""Fuzz all targets in turn, in slices of time. What was tried is added to .measured/fuzz.jsonl, so it goes on later.

    python tests/fuzz/drive.py --seconds 7200              all targets
    python tests/fuzz/drive.py --seconds 600 npz zip       some of them

`make fuzz` calls it with a Python that has atheris. It fails where a fault was found: .measured/fuzz/faults has the
case, and beside it what it did.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.targets import TARGETS  # noqa: E402

from bench.rows import Rows  # noqa: E402

KEPT = ROOT / ".measured"
SLICE = 60  # seconds
GRACE = 300  # seconds that a process may take longer, to begin and to end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=7200, help="for all of them together")
    args = parser.parse_args()
    names = args.targets or [*TARGETS]
    rows = Rows(KEPT / "fuzz.jsonl")
    each = min(SLICE, args.seconds / len(names))
    ends = time.monotonic() + args.seconds
    faults = set()
    while time.monotonic() < ends:
        for name in names:
            faults.update(_slice(rows, name, each)["faults"])
    sys.exit("\n".join(["Faults:", *sorted(faults)]) if faults else 0)


def _slice(rows: Rows, name: str, seconds: float) -> dict[str, Any]:
    before = [row for row in rows.kept if row["target"] == name]
    asked = {"target": name, "round": next(place for place in count() if all(row["round"] != place for row in before))}
    found = rows.take(asked, _tried, name, seconds, sum(row["cases"] for row in before))
    rows.kept.append(found)
    return found


def _tried(name: str, seconds: float, begin: int) -> dict[str, Any]:
    """By a process of its own. Where it crashes or hangs, that is a fault as well."""
    words = [
        sys.executable,
        "tests/fuzz/cover.py",
        name,
        str(KEPT / "fuzz"),
        f"--seconds={seconds}",
        f"--begin={begin}",
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=seconds + GRACE)
    if done.returncode == 0:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    print(done.stderr[-3000:], file=sys.stderr)
    return {"cases": 0, "seconds": seconds, "faults": [f"{name} ended with {done.returncode}"]}


if __name__ == "__main__":
    main()
