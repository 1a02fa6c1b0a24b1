"""How much sooner a search reaches the same value if it ends hopeless trials early.

python -m bench.search --json [--seeds 5] [--trials 24] [--budget trials] [--vary batch=32,64] [--out FILE]

Report 004's network on a part of Fashion-MNIST, and its three folds; learning rate, batch and optimiser vary. Or the
network and the data of another recipe, and what `--vary` names. Each seed's search runs twice, once with the pruner and
once without, in turn and with the same budget: so many trials, or as many epochs as that many whole trials have.
`target` is the best value that both reach; `seconds` go from the start of the search to the end of the trial that
reached it, `ratio` is without over with. `epochs` are those that were trained until then: they do not depend on what
else the machine does. `whole_...` are those of the whole searches.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from bench import rows
from bench.rows import Row, Rows
from vae_core import settings as settings_module
from vae_core.cli import choices
from vae_core.design.config import Config
from vae_core.runs.store import Run
from vae_core.search import space, study, trials
from vae_core.search.study import Study
from vae_core.search.wanted import PRUNERS, Search
from vae_core.settings import Settings

VARIED = ("learning_rate=0.0001..0.1", "batch=32,64,128,256", "optimizer=adam,sgd")
NONE = "none"
ONCE = ("json", "out", "seeds", "first")  # what says nothing of a pair of searches
MORE = 10  # times the trials, at most, that end early within one budget


@dataclass(frozen=True)
class Ended:
    """A trial: its value, None where it was pruned, and what had been spent when it ended."""

    value: float | None
    seconds: float
    epochs: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seeds", type=int, default=5, help="pairs of searches (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first pair's seed (default: %(default)s)")
    parser.add_argument("--trials", type=int, default=24, help="of the search without a pruner (default: %(default)s)")
    parser.add_argument(
        "--budget",
        choices=("trials", "epochs"),
        default="trials",
        help="what both searches have as much of (default: %(default)s)",
    )
    parser.add_argument("--epochs", type=int, default=20, help="of a whole trial (default: %(default)s)")
    parser.add_argument("--folds", type=int, default=3, help="0: a single split (default: %(default)s)")
    parser.add_argument("--images", type=int, default=1000, help="that train and validate (default: %(default)s)")
    parser.add_argument("--recipe", default="fashion-dropout-ae", help="(default: %(default)s)")
    parser.add_argument("--vary", nargs="+", metavar="NAME=VALUES", default=VARIED, help="(default: %(default)s)")
    parser.add_argument("--sampler", choices=("tpe", "random"), default="tpe", help="(default: %(default)s)")
    parser.add_argument(
        "--pruner", choices=[name for name in PRUNERS if name != NONE], default="halving", help="(default: %(default)s)"
    )
    rows.add_option(parser)
    arguments = parser.parse_args()
    kept = Rows(arguments.out, asked={name: value for name, value in vars(arguments).items() if name not in ONCE})
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings_module.load(), checkpoints=Path(folder, "runs"))
        search = wanted(arguments, settings)
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        pairs = [
            kept.take({"seed": seed}, pair, settings, replace(search, seed=seed), arguments.budget == "epochs")
            for seed in seeds
        ]
    told = {name: value for name, value in vars(arguments).items() if name != "out"}
    document = {
        **told,
        "pairs": pairs,
        **{
            f"{unit}_ratio": round(median(each[f"{unit}_ratio"] for each in pairs), 2) for unit in ("seconds", "epochs")
        },
    }
    print(json.dumps(document) if arguments.json else table(document))


def wanted(arguments: argparse.Namespace, settings: Settings) -> Search:
    given = {"epochs": arguments.epochs, "train_size": arguments.images, "patience": 0}
    base: Config = choices.config_of(arguments.recipe, True, given, settings)
    return Search(
        base,
        tuple(map(space.read, arguments.vary)),
        sampler=arguments.sampler,
        pruner=arguments.pruner,
        trials=arguments.trials,
        folds=arguments.folds,
    )


def pair(settings: Settings, search: Search, same_epochs: bool) -> Row:
    """Which of the two comes first changes with the seed, so that neither always finds the machine warm."""
    both = [search, replace(search, pruner=NONE)]
    budget = search.trials * search.epochs_a_trial if same_epochs else 0
    found = {each.pruner: searched(settings, each, budget) for each in (both if search.seed % 2 else both[::-1])}
    best = {name: min(each.value for each in ended if each.value is not None) for name, ended in found.items()}
    target = max(best.values())
    spent = {name: reached(ended, target) for name, ended in found.items()}
    row: Row = {"best": best, "target": target, "trials": {name: len(ended) for name, ended in found.items()}}
    for unit in ("seconds", "epochs"):
        used = {name: getattr(each, unit) for name, each in spent.items()}
        all_of_it = {name: getattr(ended[-1], unit) for name, ended in found.items()}
        row |= {unit: used, f"{unit}_ratio": round(used[NONE] / used[search.pruner], 3), f"whole_{unit}": all_of_it}
    return row


def searched(settings: Settings, search: Search, epochs: int) -> list[Ended]:
    """Its trials in their order; `epochs`: those that ended within so many, however many trials that makes."""
    more = MORE if epochs and search.pruner != NONE else 1
    found = study.create(settings, replace(search, trials=more * search.trials))
    began = time.time()
    found.start()
    while found.state() in ("queued", "running"):
        if (
            epochs
            and sum(len(Run(run, settings).history()) for each in trials.every(found) for run in each.runs) > epochs
        ):
            found.stop()
        time.sleep(1)
    if found.state() == "failed":
        raise SystemExit(found.error())
    return [each for each in history(found, began) if not epochs or each.epochs <= epochs]


def history(found: Study, began: float) -> list[Ended]:
    kept = trials.opened(found)
    ended, epochs = [], 0
    for each in sorted(trials.every(found), key=lambda trial: trial.number) if kept else ():
        epochs += sum(len(Run(run, found.settings).history()) for run in each.runs)
        moment = kept.trials[each.number].datetime_complete if kept else None
        value = each.values[0] if each.values else None
        ended.append(Ended(value, moment.timestamp() - began if moment else 0.0, epochs))
    return ended


def reached(ended: list[Ended], target: float) -> Ended:
    return next(each for each in ended if each.value is not None and each.value <= target)


def table(document: dict[str, Any]) -> str:
    name = document["pruner"]
    lines = ["seed  target   s without  s with  ratio   epochs without  with  ratio   best without  with"]
    for each in document["pairs"]:
        s, e, best = each["seconds"], each["epochs"], each["best"]
        lines.append(
            f"{each['seed']:4}  {each['target']:.2f}   {s[NONE]:9.1f}  {s[name]:6.1f}  "
            f"{each['seconds_ratio']:5.2f}   {e[NONE]:14}  {e[name]:4}  {each['epochs_ratio']:5.2f}   "
            f"{best[NONE]:12.2f}  {best[name]:.2f}"
        )
    return "\n".join(
        [*lines, f"median ratio: {document['seconds_ratio']} of seconds, {document['epochs_ratio']} of epochs"]
    )


if __name__ == "__main__":
    main()
