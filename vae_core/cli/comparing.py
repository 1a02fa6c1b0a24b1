"""Two runs beside each other: what differs, how sure that is, and what may be claimed of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from vae_core.cli import native, worker
from vae_core.cli.answer import Answer, WrongUse, lead_to, table
from vae_core.design.difference import Separation
from vae_core.errors import LoupeError
from vae_core.look import comparison, scores
from vae_core.look.comparison import CONFIGS, RUNS, Comparison, Row
from vae_core.runs import arms, store
from vae_core.runs.arms import Spread
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.words import plural

PAIR = 2


def add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs=PAIR, metavar="RUN", help="two runs, by the beginning of their names")
    parser.add_argument("--only-runs", action="store_true", help="compare these two even where there are more seeds")
    lead_to(parser, compare, "compare mnist-baseline mnist-deeper")


def compare(args: argparse.Namespace, settings: Settings) -> Answer:
    a, b = (store.open_run(settings, name) for name in args.run)
    if a.id == b.id:
        raise WrongUse(f"{a.id} was named twice", "Two different runs were expected")
    for run in (a, b):
        _refuse_unfinished(run)
    for run in dict.fromkeys((a, b, *arms.of(a).done, *arms.of(b).done)):
        _measure(run)
    found = comparison.compare(a, b, scope=RUNS if args.only_runs else None)
    return Answer(found.to_json(), "\n\n".join(_told(found)))


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
    over = "seeds and test images" if found.scope == CONFIGS else "test images"
    yield f"Intervals over {over}, {found.sure} sure each, so that all of them hold together with 95 %."
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
