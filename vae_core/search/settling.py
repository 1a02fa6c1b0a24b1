"""A question of two configs, settled: pairs of trainings are added in turn until it is answered, or the time is over.

    task = settling.begin(Question(b.id, minutes=10), a)      a and b: a finished run of each config
    settling.expected(a, b)                                   how many pairs and minutes it will probably take
    settling.looks(task)                                      what was seen so far, while it goes on and after

Of one seed both are trained, so each pair saw the same images in the same order. One looks only at the numbers of pairs
that `arms.LOOKS` names. What is trained are runs like any others; asked again, they are there already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from vae_core import extras
from vae_core.checked import listed, maybe, number, one_of, record, text, whole
from vae_core.errors import LoupeError
from vae_core.look import comparison, intervals
from vae_core.look.comparison import MATTERS, Comparison
from vae_core.place import HERE
from vae_core.runs import arms, tasks
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.search import sent, together
from vae_core.search.in_turn import MOST as MOST
from vae_core.search.in_turn import TIME as TIME
from vae_core.search.in_turn import Tell, Trainings

KIND = "settling"
BY = ("reconstruction", "negative_elbo")  # what may be asked of
Look = Mapping[str, float]
LOOK = ("pairs", "value", "low", "high", "matters")  # the last one: how large a difference begins to matter
SETTLED, LITTLE = intervals.DIFFERS, intervals.LITTLE
SPREAD = 0.02  # of the difference within a pair, as a share of the loss, before anything is known of it
ASKED = record(other=text, by=one_of(*BY), minutes=number(), before=whole(), place=maybe(text))
RESULT = record(looks=listed(listed(number())), ended=one_of(SETTLED, LITTLE, TIME, MOST), pairs=whole())


@dataclass(frozen=True)
class Question:
    other: str  # the run whose config is compared with that of the task's own run
    by: str = comparison.ASKED
    minutes: float = 10.0
    before: int = 0  # pairs that were there when it was asked, so that one may ask again for more time
    place: str = HERE


@dataclass(frozen=True)
class Expected:
    pairs: int  # until a difference that matters would be seen
    minutes: float


def question_of(task: Task) -> Question:
    asked = ASKED(task.spec)
    return Question(**{**asked, "place": asked["place"] or HERE})


def begin(a: Run, b: Run, by: str, minutes: float, owner: str = "", place: str = HERE) -> Task:
    if by not in BY:
        raise LoupeError(f"'{by}' cannot be asked of", f"One of {', '.join(BY)} was expected")
    if not minutes > 0:
        raise LoupeError(f"{minutes:g} minutes were given", "More than 0 were expected")
    if arms.key(a.config()) == arms.key(b.config()):
        raise LoupeError(f"{a.id} and {b.id} have the same settings", "Two different ones were expected")
    if a.parent is not None or b.parent is not None:
        fork = (a if a.parent is not None else b).id
        raise LoupeError(
            f"{fork} goes on from another run, so no other seed leads there", "Choose the run it came from"
        )
    found = comparison.compare(a, b, only_runs=True)
    if not found.ranked:
        raise LoupeError("These two cannot be compared", " ".join(found.sentences()))
    extras.need("train")
    question = asdict(Question(b.id, by, float(minutes), len(arms.pairs(arms.of(a), arms.of(b)))))
    del question["place"]
    return tasks.begin(a, KIND, question | sent.asked(a.settings, place), owner)


def expected(a: Run, b: Run, by: str = comparison.ASKED) -> Expected:
    """From what is there already, or from a usual spread."""
    pairs = arms.pairs(arms.of(a), arms.of(b))
    spread = SPREAD
    if len(pairs) >= arms.LEAST and (main := comparison.compare_pairs(pairs, by).main) and main.difference and main.a:
        known = intervals.half_width(1.0, len(pairs))
        spread = (main.difference.high - main.difference.low) / 2 / known / abs(main.a.mean)
    wanted = next((look for look in arms.LOOKS if intervals.half_width(spread, look) <= MATTERS), arms.MOST)
    seconds = sum(float(run.status()["seconds"] or 0) for run in (a, b))
    return Expected(wanted, max(0, wanted - len(pairs)) * seconds / 60)


def work(task: Task, tell: Tell, measure: Callable[[Run], None]) -> None:
    """The worker of a task. `measure` looks at every test image of a run, where what is asked of needs that."""
    question = question_of(task)
    trainings = sent.trainings(task, question.minutes, tell)
    settling = _Settling(task, question, measure)
    try:
        ended = settling.go(trainings)
    finally:
        trainings.close()
    task.save({"looks": settling.looks, "ended": ended, "pairs": settling.pairs})


class _Settling:
    def __init__(self, task: Task, question: Question, measure: Callable[[Run], None]) -> None:
        self.looks: list[list[float]] = []
        self.pairs = 0
        self._runs = task.run, Run(question.other, task.settings)
        self._task, self._question, self._measure = task, question, measure

    def go(self, trainings: Trainings) -> str:
        for look in arms.LOOKS:
            seeds = self._missing(look)
            is_there = trainings.have([replace(run.config(), seed=seed) for seed in seeds for run in self._runs])
            self._missing(look)
            if not is_there:
                return TIME
            if ended := self._look(look):
                return ended
        return MOST

    def _missing(self, look: int) -> list[int]:
        """Seeds for so many pairs; the pairs are counted by the way."""
        both = [arms.of(run) for run in self._runs]
        self.pairs = len(together.common(both))
        return together.missing(both, self._runs[0].config().seed, look)

    def _look(self, look: int) -> str:
        found = self._compared(look)
        if found.main is None or found.main.difference is None:
            raise LoupeError("These two cannot be compared", " ".join(found.sentences()))
        between = found.main.difference
        self.looks.append([look, between.value, between.low, between.high, found.matters])
        self._task.save_live({"looks": np.asarray(self.looks)})
        return between.settles(found.matters)

    def _compared(self, look: int) -> Comparison:
        pairs = arms.pairs(*(arms.of(run) for run in self._runs))[:look]
        if self._question.by != comparison.ASKED:
            for run in (run for pair in pairs for run in pair):
                self._measure(run)
        return comparison.compare_pairs(pairs, self._question.by)


def looks(task: Task) -> list[Look]:
    """What was seen so far, a row a look."""
    if task.state() == "done":
        return [dict(zip(LOOK, row)) for row in task.result(RESULT)["looks"]]
    live = task.live()
    return [] if live is None else [dict(zip(LOOK, row.tolist())) for row in live["looks"]]
