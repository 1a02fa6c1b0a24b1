"""Two runs beside each other: what differs, how sure that is, and what may be claimed of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from vae_core.cli import choices, native, worker
from vae_core.cli.answer import Answer, WrongUse, add_run, lead_to, table
from vae_core.design import recipes
from vae_core.design.difference import Separation
from vae_core.errors import LoupeError
from vae_core.look import comparison, scores
from vae_core.look.comparison import Comparison, Row
from vae_core.look.intervals import Interval
from vae_core.place import HERE
from vae_core.runs import arms, store
from vae_core.runs.arms import Spread
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.search import factorial, ladder, settling
from vae_core.search.ladder import Rung
from vae_core.settings import Settings
from vae_core.words import plural

PAIR = 2
PARTS = 3  # of an interval
ENDED = {
    settling.SETTLED: "They differ, so no more pairs were trained.",
    settling.LITTLE: "They differ by too little to matter, so no more pairs were trained.",
    settling.TIME: "The time is over. More of it brings more pairs.",
    settling.MOST: "It stays open after as many pairs as are ever trained.",
}


def add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs=PAIR, metavar="RUN", help="two runs, by the beginning of their names")
    parser.add_argument("--only-runs", action="store_true", help="compare these two even where there are more seeds")
    lead_to(parser, compare, "compare mnist-baseline mnist-deeper")


def add_settle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs=PAIR, metavar="RUN", help="two runs, by the beginning of their names")
    parser.add_argument("--by", choices=settling.BY, default=comparison.ASKED, help="the number that is asked of")
    parser.add_argument("--minutes", type=float, default=10.0, help="that it may take (default: %(default)g)")
    choices.add_place(parser)
    lead_to(parser, settle, "settle mnist-baseline mnist-deeper --minutes 30")


def settle(args: argparse.Namespace, settings: Settings) -> Answer:
    a, b = _both(args, settings)
    task = settling.begin(a, b, args.by, args.minutes, place=args.place or HERE)
    found = worker.finished(task).result(settling.RESULT)
    compared = comparison.compare(a, b, by=args.by)
    told = "\n\n".join([ENDED[found["ended"]], *compared.sentences()])
    return Answer({**found, "comparison": compared.to_json()}, told)


def add_pairs(task: Task, tell: worker.Tell) -> None:
    """The worker of a question that is settled."""
    settling.work(task, tell, _measure)


def add_ladder(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--pairs", type=int, default=ladder.PAIRS, help="of layers on top (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=10.0, help="that it may take (default: %(default)g)")
    places = "at the end of the encoder, of its picture, or as blocks that add to what passes them"
    parser.add_argument("--where", choices=tuple(recipes.ENDS), default=recipes.LAST, help=places)
    choices.add_place(parser)
    lead_to(parser, climb, "ladder mnist-baseline --minutes 60")


def climb(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    task = worker.finished(ladder.begin(run, args.minutes, args.pairs, args.where, place=args.place or HERE))
    found = ladder.read(run, task.spec["pairs"], args.where)
    columns = ("more pairs", "encoder", "loss", "difference", "from", "to", "seconds", "in the seconds of the first")
    rows = [(place, rung.config.encoder, *_numbers(rung)) for place, rung in enumerate(found.rungs)]
    told = "\n\n".join([table(columns, rows), ENDED[task.result(ladder.RESULT)["ended"]], *found.sentences()])
    return Answer(found.to_json(), told)


def add_factorial(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs=PAIR, metavar="RUN", help="two runs, by the beginning of their names")
    parser.add_argument("--minutes", type=float, default=30.0, help="that it may take (default: %(default)g)")
    choices.add_place(parser)
    lead_to(parser, turns, "factorial BASELINE DEEPER --minutes 120")


def turns(args: argparse.Namespace, settings: Settings) -> Answer:
    a, b = _both(args, settings)
    task = worker.finished(factorial.begin(a, b, args.minutes, place=args.place or HERE))
    found = factorial.read(a, b)
    rows = [(each.label, *_parts(each.apart)) for each in found.effects]
    told = [table(("only", "effect", "from", "to"), rows), ENDED[task.result(factorial.RESULT)["ended"]]]
    return Answer(found.to_json(), "\n\n".join([*told, *found.sentences()]))


def _parts(apart: Interval | None) -> tuple[float | None, ...]:
    return (None,) * PARTS if apart is None else (apart.value, apart.low, apart.high)


def _numbers(rung: Rung) -> tuple[object, ...]:
    return rung.loss, *_parts(rung.apart), rung.seconds, rung.in_time


def compare(args: argparse.Namespace, settings: Settings) -> Answer:
    a, b = _both(args, settings)
    for run in dict.fromkeys((a, b, *arms.of(a).done, *arms.of(b).done)):
        _measure(run)
    found = comparison.compare(a, b, only_runs=args.only_runs)
    return Answer(found.to_json(), "\n\n".join(_told(found)))


def _both(args: argparse.Namespace, settings: Settings) -> tuple[Run, Run]:
    a, b = (store.open_run(settings, name) for name in args.run)
    if a.id == b.id:
        raise WrongUse(f"{a.id} was named twice", "Two different runs were expected")
    for run in (a, b):
        _refuse_unfinished(run)
    return a, b


def _refuse_unfinished(run: Run) -> None:
    if run.state() != "done":
        raise LoupeError(
            f"{run.id} is {run.state()}",
            "Only finished runs can be compared",
            f"Wait for its end, or go on with it: python -m vae_core resume {run.id}",
        )


def _measure(run: Run) -> None:
    """Measure each run once; what is found is kept with it."""
    if scores.finished(run) is None:
        with native.silence():
            worker.work(scores.begin(run))


def _told(found: Comparison) -> Iterator[str]:
    yield "\n".join(found.difference.sentences())
    columns = ("", *found.names, "difference", "from", "to", "", "unit")
    yield table(columns, [_cells(row) for row in found.rows])
    yield found.rests_on
    yield "\n".join(found.sentences())
    alone = [each for each in found.difference.separating() if each.config]
    if alone:
        yield "\n".join(["Trainings that would separate what was changed together:", *map(_line, alone)])


def _line(each: Separation) -> str:
    assert each.config
    return f"  only {each.label}: {each.config.architecture().encoder_line}, {plural(each.config.epochs, 'epoch')}"


def _cells(row: Row) -> tuple[object, ...]:
    values = (_value(row.a), _value(row.b))
    if row.difference is None:
        return row.metric.label, *values, None, None, None, row.reason, row.metric.unit
    sure = "differs" if row.differs else "no difference"
    interval = row.difference
    return row.metric.label, *values, interval.value, interval.low, interval.high, sure, row.metric.unit


def _value(spread: Spread | None) -> str:
    return arms.told(spread) if spread else "-"
