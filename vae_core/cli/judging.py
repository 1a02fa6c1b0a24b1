"""Commands that judge a run: doctor, separate, evaluate --all, and the process that measures all metrics."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from vae_core.cli import native, progress, tasks
from vae_core.cli.answer import Answer, WrongUse, add_json, table
from vae_core.cli.tasks import Teller
from vae_core.data.dataset import Dataset
from vae_core.errors import LoupeError
from vae_core.look import doctor, metrics, separation
from vae_core.look.doctor.finding import Finding
from vae_core.look.metrics.subject import Judge
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

PERCENT = 100


def measure(task: Task, tell: Teller) -> None:
    """The worker of an evaluation: the only part of it that may need TensorFlow is the data set's classifier."""

    def judge(dataset: Dataset) -> Judge | str:
        from vae_core.learn import classifier  # takes seconds

        return classifier.judge(dataset, task.settings)

    task.save(metrics.measure(task, tell, judge))


def measured(run: Run) -> Answer:
    """All metrics: those of an earlier call, or measured now."""
    found = _done(metrics.begin(run)).result()
    header = ("", "value", "from", "to", "better", "unit")
    rows = [(each["label"], *_numbers(each), each["better"], each["unit"]) for each in found["metrics"]]
    missing = [f"{each['label']}: not available. {each['reason']}" for each in found["missing"]]
    head = f"{run.id} on {found['images']:,} test images; {found['observation']}. From, to: 95 % intervals."
    return Answer(found, "\n\n".join(filter(None, [head, table(header, rows), "\n".join(missing), *found["notes"]])))


def _numbers(metric: dict[str, Any]) -> tuple[str, str, str]:
    values = (metric["value"], *metric.get("interval", (None, None)))
    value, low, high = ("" if each is None else f"{each:.4g}" for each in values)
    return value, low, high


def _done(task: Task) -> Task:
    """The task with its result, worked out here and now where it has none yet."""
    if task.state() != "done":
        with native.silence(), progress.bar() as tell:
            tasks.work(task, lambda phase, done, of: tell(phase, round(PERCENT * done / of), PERCENT))
    return task


def add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its name, or the beginning of it")
    parser.add_argument("--against", metavar="RUN", help="another run that this one is compared with")
    add_json(parser, "doctor mnist-baseline")
    parser.set_defaults(command=examine)


def examine(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    other = store.open_run(settings, args.against) if args.against else None
    found = doctor.examine(run, other)
    document = {"run": run.id, "rules": list(doctor.RULES), "findings": [each.to_json() for each in found]}
    told = "\n\n".join(_told(run, each) for each in found)
    return Answer(document, told or f"{run.id}: {len(doctor.RULES)} rules looked at it and found nothing.")


def _told(run: Run, finding: Finding) -> str:
    repair = finding.repair
    how = f"\n  {_command(run, finding)}" if repair.way == "fork" else ""
    return f"{finding.title} ({finding.severity})\n  {finding.words}\n  What to do: {repair.words}{how}"


def _command(run: Run, finding: Finding) -> str:
    names = {"learning_rate": "lr"}
    words = (f"--{names.get(name, name).replace('_', '-')} {value}" for name, value in finding.repair.changes.items())
    return f"python -m vae_core fork {run.id} {' '.join(words)}"


def add_separate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its name, or the beginning of it")
    parser.add_argument("--odd", nargs="+", metavar="CLASS", help="default: the classes that it was not trained on")
    parser.add_argument("--share", type=float, metavar="SHARE", help="of the images that are called odd (default: as "
                        "many as there are)")  # fmt: skip
    add_json(parser, "separate mnist-vae --odd 4")
    parser.set_defaults(command=separate)


def separate(args: argparse.Namespace, settings: Settings) -> Answer:
    if args.share is not None and not 0 < args.share < 1:
        raise WrongUse(f"The share is {args.share}", "A number between 0 and 1 was expected")
    run = store.open_run(settings, args.run)
    task = _done(separation.begin(run, args.odd or _left_out(run)))
    found, arrays = task.result(), task.arrays()
    share = args.share or found["odd_images"] / found["images"]
    called = [separation.confusion(scores, arrays["odd"], share) for scores in arrays["scores"]]
    for row, each in zip(found["rows"], called, strict=True):
        row["confusion"] = {**vars(each), "accuracy": each.accuracy, "balanced_accuracy": each.balanced_accuracy}
    return Answer({"run": run.id, "share": share, **found}, "\n\n".join(_separated(run, found, share)))


def _left_out(run: Run) -> tuple[str, ...]:
    from vae_core.data import catalog

    config = run.config()
    found = separation.left_out(config, catalog.describe(config.dataset, run.settings).classes)
    if not found:
        raise LoupeError(f"{run.id} was trained on all classes", "Which are the odd ones has to be said",
                         "Name them, for example: --odd 4")  # fmt: skip
    return found


def _separated(run: Run, found: dict[str, Any], share: float) -> Iterator[str]:
    yield (f"{run.id}: {found['odd_images']:,} odd images ({', '.join(found['odd'])}) among {found['images']:,}, held "
           f"against {found['known']:,} training images.")  # fmt: skip
    header = ("method", "score", "AUROC", "from", "to", "average precision", "from", "to", "accuracy", "balanced")
    yield table(header, [
        (row["method"], row["score"], row["auroc"], *row["auroc_interval"], row["precision"],
         *row["precision_interval"], row["confusion"]["accuracy"], row["confusion"]["balanced_accuracy"])
        for row in found["rows"]
    ])  # fmt: skip
    yield (f"Higher is better; 0.5 is chance for AUROC, {found['odd_images'] / found['images']:.3f} for average "
           f"precision. Accuracies where the oddest {share:.1%} of the images are called odd.")  # fmt: skip
