"""One target for some seconds, in a process of its own: what native code does to it, it does to nobody else.

Where atheris is installed, cases that run new lines of the program are kept, and changed further; without it, each case
is made afresh. The answer is a line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import hashlib
import json
import logging
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
try:
    import atheris
except ImportError:
    atheris = None

if TYPE_CHECKING:
    from fuzz.judge import Judge

WATCHED = ["vae_core", "ui", "PIL", "zipfile", "tarfile", "tomllib", "numpy.lib", "h5py"]
LONGEST, SEEDS = 200_000, 40
HANGS = 60  # seconds of the clock that one case may take at all, however busy the machine is
AFRESH = 0.4  # of the cases are made; the others are earlier ones, changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("folder", type=Path, help="where its corpus and its faults are kept")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--begin", type=int, default=0, help="how many cases were tried before")
    args = parser.parse_args()
    faulthandler.enable()
    logging.disable()
    with atheris.instrument_imports(include=WATCHED) if atheris else contextlib.nullcontext():
        _work(args)  # what is imported meanwhile is watched, too


def _work(args: argparse.Namespace) -> None:
    from fuzz import judge, place

    with place.opened() as here:
        watch = Watch(judge.Judge(args.target, here), args)
        if atheris:
            _covered(watch, args, judge.made(args.target, args.begin))
        for case in judge.made(args.target, args.begin):
            watch.take(case)


class Watch:
    """Hands cases on until the time is over, then answers and ends the process: nothing else ends a fuzzer."""

    def __init__(self, judge: Judge, args: argparse.Namespace) -> None:
        self.judge, self.folder = judge, args.folder / "faults"
        self.began, self.ends = time.monotonic(), time.monotonic() + args.seconds

    def take(self, case: bytes) -> None:
        fault = self.judge.take(case)
        if fault:
            self.folder.mkdir(parents=True, exist_ok=True)
            name = f"{self.judge.name}-{hashlib.sha256(case).hexdigest()[:8]}"
            (self.folder / name).write_bytes(case)
            (self.folder / f"{name}.txt").write_text(fault)
        if time.monotonic() > self.ends:
            self._end()

    def _end(self) -> None:
        judge = self.judge
        told = {name: getattr(judge, name) for name in ("cases", "told", "slowest", "more_mb")}
        seconds = time.monotonic() - self.began
        row: dict[str, Any] = {**told, "seconds": seconds, "faults": sorted(judge.faults), "covered": bool(atheris)}
        print(json.dumps(row), flush=True)
        with contextlib.suppress(OSError):
            import shutil

            shutil.rmtree(judge.place.folder)
        os._exit(0)


def _covered(watch: Watch, args: argparse.Namespace, made: Any) -> None:
    corpus = args.folder / "corpus" / args.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS if not any(corpus.iterdir()) else 0):
        (corpus / f"made-{number}").write_bytes(next(made))
    words = [f"-seed={args.begin + 1}", f"-timeout={HANGS}", f"-max_len={LONGEST}", "-rss_limit_mb=0", "-len_control=0"]
    given = [sys.argv[0], *words, f"-artifact_prefix={args.folder}/crash-{args.target}-", str(corpus)]
    atheris.Setup(given, watch.take, custom_mutator=_mutator(made))
    atheris.Fuzz()


def _mutator(made: Any) -> Callable[[bytes, int, int], bytes]:
    def mutated(data: bytes, most: int, seed: int) -> bytes:
        fresh = next(made) if random.Random(seed).random() < AFRESH else b""
        return fresh if 0 < len(fresh) <= most else atheris.Mutate(data, most)

    return mutated


if __name__ == "__main__":
    main()
