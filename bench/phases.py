"""A process of the program that tells which phase it is in, and may be killed there. For bench/kill.py.

python -m bench.phases LIFE    does what the words of LIFE ask for: {"words": ["list"], "kill": ["epoch", 2, 0.01]}
python -m bench.phases         loads programs once; then each line of its input is a LIFE, in a process of its own.
                               TensorFlow is among them where LOUPE_HEAVY is set

A kill is an alarm that nobody handles: the system ends the process in the middle of whatever it does, as by kill -9, so
many seconds after that phase has begun so many times.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

STARTING, TRACING, EPOCH, SNAPSHOT, EXPORT, FINISH = "starting", "tracing", "epoch", "snapshot", "export", "finish"
READING, WORKING, KEEPING = "reading", "working", "keeping"
# Functions by the module that calls them. Between them it is the phase around.
PARTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "train": {
        EPOCH: ("vae_core.learn.training:Training._go",),
        SNAPSHOT: ("vae_core.learn.training:Training._end_epoch", "vae_core.learn.training:save_position"),
        FINISH: ("vae_core.learn.training:Training._finish",),
        EXPORT: ("vae_core.learn.export:export", "vae_core.runs.run:Run.save_file"),
    },
    "task": {WORKING: ("vae_core.look.metrics:measure",), KEEPING: ("vae_core.runs.tasks:Task.save",)},
    "search-worker": {
        EPOCH: ("vae_core.search.coordinator:Coordinator._work_on",),
        FINISH: ("vae_core.search.coordinator:Coordinator._crown",),
    },
    "apart": {READING: ("vae_core.runs.transfer:_unpack_run",), KEEPING: ("vae_core.runs.transfer:keep",)},
    "report": {WORKING: ("vae_core.share.report:write",), KEEPING: ("vae_core.share.outgoing:write",)},
    "publish": {WORKING: ("latent_loupe.publishing:_pages",), KEEPING: ("vae_core.share.outgoing:write",)},
}


class Kill(NamedTuple):
    phase: str
    times: int  # that the phase has begun
    seconds: float  # after that


class Telling:
    """Says on what was its standard output which phase begins, and which one it is back in when that is over."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        self._inside: list[str] = []
        self._begun: Counter[str] = Counter()
        self.kill = Kill("", 0, 0)

    def within(self, phase: str, action: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self._inside.append(phase)
        self._begun[phase] += 1
        self.tell(phase)
        if self.kill[:2] == (phase, self._begun[phase]):
            signal.setitimer(signal.ITIMER_REAL, max(self.kill.seconds, 1e-6))
        try:
            return action(*given, **named)
        finally:
            self._inside.pop()
            self.tell(*self._inside[-1:])

    def tell(self, *words: object) -> None:
        os.write(self._out, f"{' '.join(map(str, words))}\n".encode())

    def around(self, place: str, phase: str) -> None:
        """Let a function tell of its phase wherever it is called by this name."""
        owner, name = _found(place)
        old = getattr(owner, name)
        setattr(owner, name, lambda *given, **named: self.within(phase, old, *given, **named))

    def first_step(self) -> None:
        """The first call into the graph makes it."""
        from vae_core.learn.steps import Steps

        old, traced = Steps.train, set[int]()

        def told(steps: Steps, *given: Any) -> Any:
            if id(steps) in traced:
                return old(steps, *given)
            traced.add(id(steps))
            return self.within(TRACING, old, steps, *given)

        Steps.train = told  # type: ignore[method-assign,assignment]


def _found(place: str) -> tuple[Any, str]:
    """What holds a function, and its name there."""
    module, _, name = place.partition(":")
    owner, _, last = name.rpartition(".")
    found: Any = import_module(module)
    return (getattr(found, owner) if owner else found), last


def main() -> int:
    telling = Telling()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if len(sys.argv) > 1:
        return live(telling, json.loads(sys.argv[1]))
    import_module("vae_core.learn.training" if "LOUPE_HEAVY" in os.environ else "vae_core.runs.store")
    while line := sys.stdin.readline():  # iterating would read ahead, and a fork would share what was read
        _apart(telling, json.loads(line))
    return 0


def live(telling: Telling, life: dict[str, Any]) -> int:
    if life.get("kill"):
        telling.kill = Kill(*life["kill"])
    if life.get("stdin"):
        os.dup2(os.open(life["stdin"], os.O_RDONLY), 0)
        sys.stdin = os.fdopen(0)  # the one before knows of its file that nobody can seek in it
    return int(telling.within(STARTING, _work, telling, life["words"]))


def _work(telling: Telling, words: Sequence[str]) -> int:
    from latent_loupe.__main__ import MORE
    from vae_core.cli.main import COMMANDS, main

    for phase, places in PARTS.get(words[0], {}).items():
        for place in places:
            telling.around(place, phase)
    if words[0] == "train":
        telling.first_step()
    return main(words, {**COMMANDS, **MORE})


def _apart(telling: Telling, life: dict[str, Any]) -> None:
    """In a process of its own, whose number is told before and whose end is told after it."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.setsid()
            telling.tell("pid", os.getpid())
            code = live(telling, life)
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    telling.tell("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    sys.exit(main())
