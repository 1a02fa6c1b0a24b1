"""Kill processes of the program in each of their phases, let them go on, and look whether anything was lost or is left.

python -m bench.kill [--victims training task ...] [--kills 50] [--out FILE] [--json]
python -m bench.kill --table FILE    counts the kills in such a file, by victim and phase

A chain is one life after the other of the same run, task or import: each is killed in another phase, at a random moment
of it, and the last one is let go to its end. The phase that counts is the one in which it really was when it died.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil

from bench import rows, victims
from bench.phases import EXPORT, FINISH, Kill
from bench.rows import Row, Rows
from bench.victims import Life, Victim
from vae_core.runs import jobs, store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT, Settings

LATE = (EXPORT, FINISH)  # whoever was killed there has no epochs left
EARLY = 2  # most moments of a phase are early ones, where it has just begun to write
MOST_COUNT = 3  # a phase that comes often is met at its first, second or third time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--victims", nargs="+", choices=victims.VICTIMS, default=list(victims.VICTIMS))
    parser.add_argument("--kills", type=int, default=10, help="so many in each phase of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, metavar="FILE", help="count what such a file holds, and kill nobody")
    rows.add_option(parser)
    arguments = parser.parse_args()
    if arguments.table:
        return print(table(map(json.loads, arguments.table.read_text("utf-8").splitlines())))
    with tempfile.TemporaryDirectory() as folder, training_stage(settings_in(Path(folder))) as stage:
        found = list(measure(stage, arguments.victims, arguments.kills, arguments.seed, Rows(arguments.out)))
    print(json.dumps({"rows": found}) if arguments.json else table(found))


def settings_in(folder: Path) -> Settings:
    return Settings(cache=folder / "cache", checkpoints=folder / "checkpoints", shipped=folder / "shipped")


@contextmanager
def training_stage(settings: Settings) -> Iterator[Stage]:
    """One whose finished run is trained there, without a break."""
    whole = store.create(settings, victims.CONFIG, {})
    with Stage(settings, whole, heavy=True) as stage:
        stage.know(victims.Trainer(settings, whole, whole))
        yield stage


def measure(stage: Stage, names: Iterable[str], kills: int, seed: int, kept: Rows) -> Iterator[Row]:
    """Chains, until each phase has had so many."""
    for name in names:
        dead: Counter[str] = Counter()
        for number in range(4 * kills):
            wanted = [phase for phase in victims.VICTIMS[name].phases if dead[phase] < kills]
            if not wanted:
                break
            chance = random.Random(f"{name} {seed} {number}")
            row = kept.take({"victim": name, "seed": seed, "chain": number}, chain, stage, name, wanted, chance)
            dead.update(kill["phase"] for kill in row["kills"] if kill["phase"])
            yield row


def chain(stage: Stage, name: str, wanted: list[str], chance: random.Random) -> Row:
    """One victim's lives; what was wrong after each of them, in words."""
    victim = victims.VICTIMS[name](stage.settings, stage.whole)
    usual = stage.usual(victim)
    found: list[str] = []
    kills: list[Row] = []
    for phase in sorted(chance.sample(wanted, len(wanted)), key=lambda phase: phase in LATE):
        count = chance.randint(1, min(MOST_COUNT, max(1, usual.counts.get(phase, 1) // 3)))
        life = stage.live(victim, Kill(phase, count, usual.seconds.get(phase, 1.0) * chance.random() ** EARLY))
        if life.code == 0:  # it was quicker than usual, and has ended
            return {"kills": kills, "trouble": found + _end(stage, victim)}
        kills.append({"wanted": phase, "phase": life.phase if life.code < 0 else "", "code": life.code})
        told = [*victim.broken(), *victims.trouble(stage.settings, stage.whole), *stage.still_there()]
        found += [f"killed in {life.phase}: {each}" for each in told]
    victims.age(stage.settings)
    life = stage.live(victim, None)
    found += [f"it ended with {life.code}"] if life.code else []
    return {"kills": kills, "trouble": found + _end(stage, victim)}


def _end(stage: Stage, victim: Victim) -> list[str]:
    """What is wrong once it went through, and what it has left."""
    found = [*victim.ended(), *victims.trouble(stage.settings, stage.whole), *stage.still_there()]
    victim.remove()
    store.remove(store.create(stage.settings, victims.CONFIG, {}))  # who makes a folder sweeps those that are left
    return found + [f"left behind: {each}" for each in victims.left(stage.settings)]


class Stage:
    """Where it happens: a folder with one finished run, and a process that has TensorFlow ready for the others."""

    def __init__(self, settings: Settings, whole: Run, *, heavy: bool = False) -> None:
        """`heavy`: with TensorFlow."""
        self.settings, self.whole, self.mark = settings, whole, uuid4().hex
        self.log = settings.checkpoints.parent / "log.txt"
        self._usual: dict[str, Life] = {}
        self._ready: subprocess.Popen[str] | None = None
        self._places = {"LOUPE_KILLS": self.mark} | ({"LOUPE_HEAVY": "yes"} if heavy else {})

    def __enter__(self) -> Stage:
        self._ready = self._started()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._ready and self._ready.stdin
        self._ready.stdin.close()
        self._ready.wait()

    def know(self, victim: Victim) -> None:
        """How long each phase of such a one takes that nobody kills."""
        self._usual[victim.name] = self.live(victim, None)

    def usual(self, victim: Victim) -> Life:
        """How long each phase takes, of one that nobody kills."""
        if victim.name not in self._usual:
            other = type(victim)(self.settings, self.whole)
            self.know(other)
            other.remove()
            victim.__init__(self.settings, self.whole)  # type: ignore[misc]  # one of two may be the same task
        return self._usual[victim.name]

    def live(self, victim: Victim, kill: Kill | None) -> Life:
        """From its start to its death."""
        assert self._ready and self._ready.stdin and self._ready.stdout
        self._ready.stdin.write(json.dumps(victim.life(kill)) + "\n")
        self._ready.stdin.flush()
        return _read(self._ready)

    def _started(self) -> subprocess.Popen[str]:
        places = {**jobs.environment(self.settings), **self._places}
        command, pipe = [sys.executable, "-m", "bench.phases"], subprocess.PIPE
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, cwd=PROJECT, env=places, text=True, stdin=pipe, stdout=pipe, stderr=log, bufsize=1
            )

    def still_there(self) -> list[str]:
        """Processes of what was killed that have not ended by themselves after a while."""
        others = [each for each in victims.processes(self.mark) if self._ready and each.pid != self._ready.pid]
        still = psutil.wait_procs(others, timeout=victims.GONE_SECONDS)[1]
        found = [f"still there: {' '.join(each.cmdline())}" for each in still]
        for each in still:
            each.kill()
        return found


def _read(process: subprocess.Popen[str]) -> Life:
    """What it tells until its end."""
    life, began = Life(1), time.monotonic()
    assert process.stdout
    for line in process.stdout:
        word, *rest = line.split() or [""]
        if word == "ended":
            life.code = int(rest[0])
            return life
        if word and word != "pid":
            now = time.monotonic()
            if life.phase:
                life.seconds[life.phase] = max(life.seconds.get(life.phase, 0), now - began)
            life.counts[word] = life.counts.get(word, 0) + 1
            life.phase, began = word, now
    raise RuntimeError("what starts the processes has ended")


def table(found: Iterable[Row]) -> str:
    """Kills by victim and phase, and the chains after which something was wrong."""
    kills: Counter[tuple[str, str]] = Counter()
    chains: Counter[str] = Counter()
    wrong: list[str] = []
    for row in found:
        chains[row["victim"]] += 1
        kills.update((row["victim"], kill["phase"]) for kill in row["kills"] if kill["phase"])
        wrong += [f"{row['victim']}, chain {row['chain']}: {each}" for each in row["trouble"]]
    lines = [f"| {victim} | {phase} | {count} |" for (victim, phase), count in sorted(kills.items())]
    head = ["| killed | in its phase | kills |", "|---|---|---:|", *lines]
    return "\n".join([*head, "", f"{kills.total()} kills in {chains.total()} chains; {len(wrong)} findings.", *wrong])


if __name__ == "__main__":
    main()
