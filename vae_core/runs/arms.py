"""An arm: trainings of one config that differ in their seed only, so that chance can be told from the config.

arm = arms.of(run)                          its finished runs, one a seed, and those on their way
arms.start_missing(settings, config, 3)     begins as many as are missing
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vae_core.design.config import Config
from vae_core.design.declared import SETTINGS
from vae_core.errors import LoupeError
from vae_core.place import HERE
from vae_core.runs import jobs, store
from vae_core.runs.store import Run, Summary
from vae_core.runs.summary import likeness
from vae_core.settings import Settings

LOOKS = (3, 5, 8, 12, 18, 27, 40)  # numbers of seeds after which one may look whether two configs differ
LEAST = LOOKS[0]  # seeds from which a sentence about a config, and not about a run, can be made
MOST = LOOKS[-1]  # that are started at once
WAITING = ("queued", "running")
STATES = ("done", *WAITING)  # the most useful first


@dataclass(frozen=True)
class Spread:
    """What several seeds of one config reach; the spread is the standard deviation, None for a single one."""

    mean: float
    spread: float | None
    count: int


@dataclass(frozen=True)
class Arm:
    done: tuple[Run, ...]  # by seed, one of each
    waiting: tuple[Run, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.config().seed for run in self.done)


def key(config: Config) -> str:
    """Equal for configs that differ in nothing but their seed."""
    return likeness(config.to_json())


def of(run: Run, lines: Sequence[Summary] | None = None) -> Arm:
    """`lines`: the list of runs, where it is known already. A fork went on from another run's state, so it has no
    companions: no seed leads there."""
    if run.parent is not None:
        return _arm([(run, run.state())])
    return find(run.settings, run.config(), run, lines)


def find(
    settings: Settings, config: Config, preferred: Run | None = None, lines: Sequence[Summary] | None = None
) -> Arm:
    """Of several runs with one seed the preferred one is taken, else the newest that is done."""
    alike = _alike(settings, config, beside(settings, preferred) if lines is None else lines)
    found: dict[int, tuple[Run, str]] = {}
    if preferred is not None:
        found[preferred.config().seed] = (preferred, preferred.state())
    for run, state, seed in sorted(alike, key=lambda each: STATES.index(each[1])):
        found.setdefault(seed, (run, state))
    return _arm([found[seed] for seed in sorted(found)])


def beside(settings: Settings, run: Run | None = None) -> list[Summary]:
    """The runs among which its companions are: one's own, and for one that comes along those that come with it."""
    along = store.list_shipped(settings) if run is not None and run.is_shipped else []
    return [*store.list_runs(settings), *along]


def pairs(a: Arm, b: Arm) -> list[tuple[Run, Run]]:
    """Trainings of one seed each, in the order of their seeds: they saw the same images in the same order."""
    of_seed = {run.config().seed: run for run in b.done}
    return [(run, of_seed[run.config().seed]) for run in a.done if run.config().seed in of_seed]


def _arm(runs: Sequence[tuple[Run, str]]) -> Arm:
    done = tuple(run for run, state in runs if state == "done")
    return Arm(done, tuple(run for run, state in runs if state in WAITING))


def start_missing(settings: Settings, config: Config, count: int, owner: str = "", place: str = HERE) -> list[Run]:
    """Begin what is missing for `count` seeds; the new runs."""
    new = [store.create(settings, each, {}, owner=owner) for each in missing(settings, config, count)]
    jobs.start_all(settings, new, place=place)
    return new


def missing(settings: Settings, config: Config, count: int) -> list[Config]:
    """What has to be trained for `count` seeds to be there, first the config itself where it is missing."""
    if not 1 <= count <= MOST:
        raise LoupeError(f"{count} seeds were asked for", f"1 to {MOST} are possible")
    arm = find(settings, config)
    known = {run.config().seed for run in arm.done + arm.waiting}
    return [replace(config, seed=seed) for seed in free_seeds(config.seed, known, count - len(known))]


def spread(values: Sequence[float]) -> Spread:
    several = len(values) > 1
    return Spread(statistics.fmean(values), statistics.stdev(values) if several else None, len(values))


def told(of: Spread, digits: int = 4) -> str:
    """The mean and the spread in words."""
    around = "" if of.spread is None or not math.isfinite(of.spread) else f" ± {of.spread:.2g}"
    return f"{of.mean:.{digits}g}{around} ({of.count} seeds)" if of.count > 1 else f"{of.mean:.{digits}g}"


def free_seeds(first: int, known: set[int], count: int) -> list[int]:
    """Counted up from the first, those that nobody has."""
    seeds: list[int] = []
    seed = first
    while len(seeds) < count:
        if seed not in known:
            seeds.append(seed)
        seed = (seed + 1) % int(SETTINGS["seed"].bounds[1])
    return seeds


def _alike(settings: Settings, config: Config, lines: Sequence[Summary]) -> list[tuple[Run, str, int]]:
    """Runs that are done or on their way, the newest first, with their states and seeds. None of them is opened. A fork
    has no companions, and trials of searches never read the test images."""
    wanted = key(config)
    return [
        (Run(line.id, settings), line.state, line.seed)
        for line in lines
        if line.alike == wanted and line.state in STATES and not line.parent and not line.study
    ]
