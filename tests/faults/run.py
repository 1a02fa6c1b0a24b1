"""Do the tests notice what somebody breaks? README.md says what for; --help of each command says how.

python tests/faults/run.py known --check
python tests/faults/run.py random --count 100 --seed 1 --modules vae_core/data/splits.py --lots 5 --out found.jsonl
python tests/faults/run.py report before.jsonl after.jsonl
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

import mutants
from known import FAULTS, Fault
from related import Related
from scratch import NOTHING_CHOSEN, WRONG_USE, Ended, Scratch, asked
from source import Misfit, changed

PROJECT = Path(__file__).resolve().parents[2]
CHECK_SECONDS = 3600.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One fault: the whole file with it, and what pytest is asked, one after the other until a test fails."""

    name: str
    told: str
    path: str
    text: str
    stages: list[list[str]]
    problem: str = ""  # why it cannot be tried


# The known ones.


def known(args: argparse.Namespace) -> int:
    unknown = set(args.only) - {fault.name for fault in FAULTS}
    if unknown:
        sys.exit(f"There is no fault called {sorted(unknown)[0]}.")
    faults = [fault for fault in FAULTS if not args.only or fault.name in args.only]
    if args.check and not _passes(args.tree, faults):
        return 1
    related = Related(args.tree)
    return run([_known_job(args.tree, related, fault) for fault in faults], args)


def _known_job(tree: Path, related: Related, fault: Fault) -> Job:
    try:
        text = (tree / fault.path).read_text("utf-8")
        made, problem = changed(fault.path, text, fault.function, fault.old, fault.new), ""
    except (Misfit, OSError) as error:
        made, problem = "", str(error)
    chosen = _chosen(tree, fault.tests)
    problem = problem or ("" if len(chosen) > 2 else "none of its tests is there")
    return Job(fault.name, fault.told, fault.path, made, [chosen, *related.stages(fault.path)], problem)


def _chosen(tree: Path, tests: Sequence[str]) -> list[str]:
    """The files in which these tests stand, and their names."""
    wanted = re.compile(rf"\bdef ({'|'.join(tests)})\(")
    files = [path for path in sorted((tree / "tests").rglob("test_*.py")) if wanted.search(path.read_text("utf-8"))]
    return [*(path.relative_to(tree).as_posix() for path in files), "-k", " or ".join(tests)]


def _passes(tree: Path, faults: Sequence[Fault]) -> bool:
    """Whether the chosen tests pass, and are not skipped, where there is no fault."""
    began, scratch = time.monotonic(), Scratch(tree)
    try:
        tests = list(dict.fromkeys(test for fault in faults for test in fault.tests))
        ended = scratch.pytest([*_chosen(tree, tests), "--maxfail=1000", "-rfEs"], CHECK_SECONDS)
    finally:
        scratch.close()
    passed = ended.code == 0 and " skipped" not in ended.said
    seconds = round(time.monotonic() - began)
    print(json.dumps({"name": "without a fault", "passed": passed, "seconds": seconds}), flush=True)
    if not passed:
        print(ended.said, file=sys.stderr)
    return passed


# Random ones.


def at_random(args: argparse.Namespace) -> int:
    try:
        import cosmic_ray.plugins  # noqa: F401
    except ImportError:
        sys.exit("Random faults are made by cosmic-ray, which is not here: pip install cosmic-ray")
    found = mutants.drawn(args.tree, args.modules, args.lots, args.count, args.seed)
    related = Related(args.tree)
    stages = {path: related.stages(path) for path in {each.path for each in found}}
    return run([Job(each.name, each.told, each.path, each.text, stages[each.path]) for each in found], args)


# Both.


def run(jobs: Sequence[Job], args: argparse.Namespace) -> int:
    """A row for each job, printed and kept; what the file has already is not tried again."""
    done = set(_read(args.out)) if args.out and args.out.exists() else set()
    left = [job for job in jobs if job.name not in done]
    scratches: SimpleQueue[Scratch] = SimpleQueue()
    made = [Scratch(args.tree) for _ in range(min(args.jobs, len(left)))]
    lock, broken = Lock(), []
    for scratch in made:
        scratches.put(scratch)

    def one(job: Job) -> None:
        scratch = scratches.get()
        try:
            row = tried(job, scratch, args.limit)
        finally:
            scratches.put(scratch)
        with lock:
            broken.extend([row] if row["caught"] is None else [])
            _keep(row, args.out)

    try:
        with ThreadPoolExecutor(args.jobs) as pool:
            list(pool.map(one, left))
    finally:
        for scratch in made:
            scratch.close()
    return 1 if broken else 0


def tried(job: Job, scratch: Scratch, limit: float) -> Row:
    """`caught` is true, false, "time" where nothing was noticed in time, or null where nothing could be tried."""
    began = time.monotonic()
    row: Row = {"name": job.name, "caught": None, "by": "", "seconds": 0.0, "told": job.told}
    if job.problem:
        return {**row, "error": job.problem}
    with scratch.with_file(job.path, job.text):
        row |= _outcome(asked(scratch, job.stages, limit), limit)
    return {**row, "seconds": round(time.monotonic() - began, 1)}


def _outcome(calls: Iterator[Ended], limit: float) -> Row:
    for place, ended in enumerate(calls):
        if ended.noticed:
            return {"caught": True, "by": ended.failed or "pytest itself"}
        if ended.code is None:
            return {"caught": "time"}
        if ended.code == WRONG_USE or (ended.code == NOTHING_CHOSEN and place == 0):
            return {"error": "no test was chosen" if ended.code == NOTHING_CHOSEN else ended.said[-500:]}
    return {"caught": False}


def _keep(row: Row, out: Path | None) -> None:
    line = json.dumps(row, ensure_ascii=False)
    print(line, flush=True)
    if out:
        with out.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _read(path: Path) -> dict[str, Row]:
    """By name; what could not be tried is left out, so that it is tried again."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return {row["name"]: row for row in rows if row["caught"] is not None}


# What came of it.


def report(args: argparse.Namespace) -> int:
    before, after = _read(args.before), _read(args.after)
    print("| fault | what was changed | before | after | by |\n|---|---|---|---|---|")
    for name in [*before, *(name for name in after if name not in before)]:
        both = before.get(name, {}), after.get(name, {})
        told, by = (next((row[key] for row in reversed(both) if row.get(key)), "") for key in ("told", "by"))
        print("|", " | ".join(map(_cell, (name, told, *map(_word, both), by))), "|")
    for title, rows in (("Before", before), ("After", after)):
        caught = sum(row["caught"] is True for row in rows.values())
        late = sum(row["caught"] == "time" for row in rows.values())
        print(f"\n{title}: {caught} of {len(rows)} were caught, and {late} ran out of time.")
    caught_after = {name for name, row in after.items() if row["caught"] is True}
    lost = [name for name, row in before.items() if row["caught"] is True and name not in caught_after]
    print("\nCaught before and not after:", ", ".join(lost) or "none", end=".\n")
    return 1 if lost else 0


def _word(row: Row) -> str:
    caught = row.get("caught", "not tried")
    return {True: "yes", False: "no"}.get(caught, str(caught))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--tree", type=Path, default=PROJECT, help="a checkout of the project (this one)")
    both.add_argument("--jobs", type=int, default=1, help="faults that are tried at once, in copies of the tree (1)")
    both.add_argument("--out", type=Path, help="a file to add the rows to; what it has already is left out")
    fixed = commands.add_parser("known", parents=[both], help="the faults of known.py")
    fixed.add_argument("--only", nargs="+", default=[], metavar="NAME")
    fixed.add_argument("--check", action="store_true", help="first see that the tests pass without any fault")
    fixed.add_argument("--limit", type=float, default=900, help="seconds that a fault may take (900)")
    fixed.set_defaults(command=known)
    drawn = commands.add_parser("random", parents=[both], help="faults made by cosmic-ray")
    drawn.add_argument("--count", type=int, default=100)
    drawn.add_argument("--seed", type=int, default=1)
    drawn.add_argument("--modules", nargs="+", default=[], metavar="FILE")
    drawn.add_argument("--lots", type=int, default=5, help="modules that are drawn besides (5)")
    drawn.add_argument("--limit", type=float, default=240, help="seconds that a fault may take (240)")
    drawn.set_defaults(command=at_random)
    told = commands.add_parser("report", help="the table of two files of rows")
    told.add_argument("before", type=Path)
    told.add_argument("after", type=Path)
    told.set_defaults(command=report)
    return parser


if __name__ == "__main__":
    arguments = _parser().parse_args()
    sys.exit(arguments.command(arguments))
