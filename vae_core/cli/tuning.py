"""Commands for searches: tune, searches. And the two processes that a search consists of."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import nullcontext, suppress

from vae_core import extras
from vae_core.cli import choices, ending, found_so_far, native
from vae_core.cli.answer import Answer, WrongUse, complain, lead_to, table, wrong_use
from vae_core.design.config import Config
from vae_core.design.duration import told
from vae_core.errors import LoupeError
from vae_core.place import HERE, named
from vae_core.runs import jobs, places, store
from vae_core.search import coordinator, space, storage, study, trials
from vae_core.search.study import Study, Worker
from vae_core.search.wanted import GOALS, PRUNERS, SAMPLERS, Search
from vae_core.settings import Settings

VARIED = f"learning_rate={space.VARIED['learning_rate'].search}"
VARY_HELP = (
    "NAME=LOW..HIGH or NAME=ONE,OTHER, and @OTHER=VALUE where it depends on another; "
    f"one of {', '.join(space.VARIED)} (default: {VARIED})"
)
SETTINGS = ("sampler", "pruner", "folds", "trials", "minutes")


def add_tune(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s RECIPE [--lite] | --run RUN | --dataset NAME, --vary WHAT ... [settings] [--json]"
    parser.add_argument("system", nargs="?", metavar="RECIPE", help="what to begin from, see: recipes")
    parser.add_argument("--lite", action="store_true", help="the recipe's small form")
    parser.add_argument("--run", help="begin from this run's settings")
    parser.add_argument("--name", default="", help="of the search; without it, one is made")
    group = parser.add_argument_group("the search")
    group.add_argument("--vary", action="append", metavar="WHAT", help=VARY_HELP)
    group.add_argument("--minimise", action="append", choices=list(GOALS), help="one goal or two (default: loss)")
    group.add_argument("--folds", type=int, default=0, help="cross-validation; 0 = the settings' own split")
    group.add_argument("--sampler", choices=SAMPLERS, default="tpe", help="how settings are chosen")
    group.add_argument("--pruner", choices=PRUNERS, default="halving", help="how hopeless trials are ended early")
    group.add_argument("--trials", type=int, default=20, help="at most so many (default: %(default)s)")
    group.add_argument("--minutes", type=float, default=0.0, help="at most so long; 0 = no limit")
    group.add_argument("--workers", type=int, default=1, help="processes that work on it (default: %(default)s)")
    group.add_argument("--detach", action="store_true", help="return at once; `searches NAME` tells how it goes")
    choices.add_place(parser)
    choices.add_options(parser)
    lead_to(parser, tune, "tune fashion-dropout-ae --lite --vary learning_rate=0.01..0.03 --folds 3 --trials 10")


def add_searches(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="one of them, with its trials")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--stop", action="store_true", help="after the batch under way; nothing is lost")
    group.add_argument("--resume", action="store_true", help="go on where it stopped")
    group.add_argument("--more", type=int, metavar="TRIALS", help="go on with so many trials more")
    group.add_argument("--remove", action="store_true", help="the search and its trials; its winner stays")
    parser.add_argument("--workers", type=int, default=1, help="processes that go on with it (default: %(default)s)")
    choices.add_place(parser, "where they were, or here")
    lead_to(parser, searches, "searches fashion-dropout-ae-search")


def add_search_worker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("worker", metavar="NAME/NUMBER")
    parser.set_defaults(command=work)


def add_trainer(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=train_one_after_the_other)


def tune(args: argparse.Namespace, settings: Settings) -> Answer:
    extras.need("train")
    with wrong_use():
        base = _base(args, settings)
        space_of = tuple(space.read(text) for text in args.vary or [VARIED])
        wanted = {name: getattr(args, name) for name in SETTINGS}
        search = Search(base, space_of, tuple(args.minimise or ["loss"]), seed=base.seed, **wanted)
    place = named(settings.places, args.place or HERE)
    storage.refuse(settings, args.place or HERE)
    found = study.create(settings, search, args.name)
    _foretell(found, args.workers)
    found.start(args.workers, args.place)
    if not args.detach and place is None:
        _wait(found)
    return found_so_far.answer(found)


def searches(args: argparse.Namespace, settings: Settings) -> Answer:
    if args.name is None:
        return _all(settings)
    extras.need("train", "A search")
    found = study.find(settings, args.name)
    if args.stop:
        found.stop()
    if args.more is not None:
        budget = found.budget()
        found.set_budget(budget["trials"] + max(1, args.more), budget["minutes"])
    if args.resume or args.more is not None:
        found.start(args.workers, args.place)
    if args.remove:
        study.remove(found)
        return Answer({"search": found.name, "removed": True}, f"{found.name} is removed.")
    return found_so_far.answer(found)


def work(args: argparse.Namespace, settings: Settings) -> Answer:
    name, _, number = args.worker.partition("/")
    study.find(settings, name)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("vae_core").setLevel(logging.INFO)
    worker = Worker(f"{name}/{number}", settings)
    is_sent = places.is_inside(worker.job())
    with ending.stopped_by_signals(worker) if is_sent else nullcontext():
        coordinator.work(worker)
    return Answer({"worker": worker.id, "state": worker.state()}, f"{worker.id} is {worker.state()}.")


def train_one_after_the_other(args: argparse.Namespace, settings: Settings) -> Answer:
    """Runs by name on standard input, until it is closed."""
    from vae_core.learn import kept, training  # takes seconds; once for all of them

    steps, count = kept.KeptSteps(), 0
    for line in sys.stdin:
        with suppress(LoupeError, jobs.Stopped):  # the run's state says it
            run = store.open_run(settings, line.strip())
            with native.chatter_to(run.log):
                training.train(run, settings, kept=steps)
        count += 1
    return Answer({"trained": count}, f"{count} trained.")


def _base(args: argparse.Namespace, settings: Settings) -> Config:
    if args.run and args.system:
        raise WrongUse("A recipe and a run were named", "One of them was expected")
    if args.run:
        from dataclasses import replace

        return replace(store.open_run(settings, args.run).config(), **choices.given(args))
    return choices.config_of(args.system, args.lite, choices.given(args), settings)


def _foretell(found: Study, workers: int) -> None:
    """How long it will take, for who waits for it."""
    from vae_core.data import catalog
    from vae_core.search import expected

    search = found.search()
    data = catalog.describe(search.base.dataset, found.settings)
    times = expected.expected(found.settings, search, data, workers)
    guess = "" if times.measured else " A guess: `calibrate` measures this machine."
    complain(
        f"{found.name}: one trial takes {told(times.trial)}, all of it {told(times.whole)}, "
        f"less where weak trials end early.{guess}"
    )


def _wait(found: Study) -> None:
    """The line under the cursor grows as trials end; Ctrl-C stops the search in order."""
    import time

    from vae_core.cli import progress

    with progress.bar() as tell:
        try:
            while found.state() in ("queued", "running"):
                ended = sum(trial.ended for trial in trials.every(found))
                tell("Searching", ended, found.budget()["trials"])
                time.sleep(0.5)
        except KeyboardInterrupt:
            found.stop()
            raise LoupeError(
                f"The search {found.name} was stopped",
                fix=f"To go on: python -m vae_core searches {found.name} --resume",
            ) from None
    if found.state() == "failed":
        raise LoupeError(found.error())


def _all(settings: Settings) -> Answer:
    rows = [
        (each.name, each.state(), each.budget()["trials"], each.document()["created"][:16])
        for each in study.every(settings)
    ]
    text = table(("search", "state", "trials", "begun"), rows) if rows else "There are no searches."
    names = ("search", "state", "trials", "created")
    return Answer([dict(zip(names, row)) for row in rows], text)
