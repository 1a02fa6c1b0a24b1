"""Commands that judge a run: doctor, separate, evaluate --all, and the process that measures all metrics."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from typing import Any

from vae_core import extras
from vae_core.checked import Json
from vae_core.cli import worker
from vae_core.cli.answer import Answer, WrongUse, add_run, lead_to, table
from vae_core.cli.worker import Teller
from vae_core.data.dataset import Dataset
from vae_core.design import naming
from vae_core.errors import LoupeError
from vae_core.look import best, doctor, metrics, separation, worth
from vae_core.look.doctor.finding import Finding
from vae_core.look.metrics.subject import Judge
from vae_core.look.worth import without
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

PERCENT = 100
USUAL_RATE = 0.05  # of false alarms
RANKED = ("method", "score", "held out", "AUROC", "from", "to", "average precision", "from", "to")
JUDGED = {  # by the column's name, what of the confusion stands in it
    "odd found": "found_share",
    "false alarms": "false_alarms",
    "accuracy": "accuracy",
    "balanced": "balanced_accuracy",
}


def measure(task: Task, tell: Teller) -> None:
    """The worker of an evaluation: the only part of it that may need TensorFlow is the data set's classifier."""

    def judge(dataset: Dataset) -> Judge | str:
        if told := extras.lacking("train", "The judge of samples"):
            return str(told)
        from vae_core.learn import classifier  # takes seconds

        return classifier.judge(dataset, task.settings)

    task.save(metrics.measure(task, tell, judge))


def measured(run: Run) -> Answer:
    """All metrics: those of an earlier call, or measured now."""
    found = worker.finished(metrics.begin(run)).result()
    header = ("", "value", "from", "to", "better", "unit")
    rows = [(each["label"], *_numbers(each), each["better"], each["unit"]) for each in found["metrics"]]
    missing = [f"{each['label']}: not available. {each['reason']}" for each in found["missing"]]
    head = f"{run.id} on {found['images']:,} test images; {found['observation']}. From, to: 95 % intervals."
    return Answer(found, "\n\n".join(filter(None, [head, table(header, rows), "\n".join(missing), *found["notes"]])))


def lost(run: Run) -> Answer:
    """What the encoder loses against the best codes: found earlier, or now."""
    found = worker.finished(best.begin(run)).result()
    rows = [(each["label"], *_numbers(each), each["unit"]) for each in found["metrics"]]
    head = f"{run.id} on {found['images']:,} of {found['of']:,} test images. From, to: 95 % intervals."
    text = [head, table(("", "value", "from", "to", "unit"), rows), best.told(found["metrics"])]
    return Answer({"run": run.id, **found}, "\n\n".join(text))


def add_worth(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    told = "leave each layer out that keeps the shape of what passes it, and train the rest on for half a minute"
    parser.add_argument("--left-out", action="store_true", help=told)
    lead_to(parser, weigh, "worth mnist-deeper")


def weigh(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    asked = without if args.left_out else worth
    task = worker.finished(asked.begin(run))
    found, counts, unit = asked.read(task), task.result(), naming.unit(run.config(), naming.IMAGE)
    columns = ("layer", "", "loss rises by", "from", "to", "")
    parts = (
        f"{run.id} on {counts['images']:,} of {counts['of']:,} test images: {found.whole:.4g} {unit}.",
        table(columns, map(_weighed, found.layers)),
        *found.sentences(unit),
    )
    return Answer({"run": run.id, **counts, **found.to_json(unit)}, "\n\n".join(parts))


def _weighed(layer: worth.Layer) -> tuple[object, ...]:
    ends = (layer.apart.value, layer.apart.low, layer.apart.high) if layer.apart else (None,) * 3
    return layer.name, layer.text, *ends, layer.reason


def _numbers(metric: dict[str, Any]) -> tuple[str, str, str]:
    values = (metric["value"], *metric.get("interval", (None, None)))
    value, low, high = ("" if each is None else f"{each:.4g}" for each in values)
    return value, low, high


def add_doctor(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--against", metavar="RUN", help="another run that this one is compared with")
    lead_to(parser, examine, "doctor mnist-baseline")


def examine(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    other = store.open_run(settings, args.against) if args.against else None
    found = doctor.examine(run, other)
    document = {"run": run.id, "rules": list(doctor.RULES), "findings": [each.to_json() for each in found]}
    told = "\n\n".join(_told(run, each) for each in found)
    return Answer(document, told or doctor.nothing(run.id, len(run.history())))


def _told(run: Run, finding: Finding) -> str:
    repair = finding.repair
    how = f"\n  {_command(run, finding)}" if repair.way == "fork" else ""
    return f"{finding.title} ({finding.severity})\n  {finding.words}\n  What to do: {repair.words}{how}"


def _command(run: Run, finding: Finding) -> str:
    names = {"learning_rate": "lr"}
    words = (f"--{names.get(name, name).replace('_', '-')} {value}" for name, value in finding.repair.changes.items())
    return f"python -m vae_core fork {run.id} {' '.join(words)}"


def add_separate(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--odd", nargs="+", metavar="CLASS", help="default: the classes that it was not trained on")
    parser.add_argument(
        "--false-alarms",
        type=float,
        metavar="RATE",
        help="share of usual images that may be called "
        f"odd by mistake (default: {USUAL_RATE}, or the lowest that is possible)",
    )
    lead_to(parser, separate, "separate mnist-vae --odd 4 --false-alarms 0.05")


def separate(args: argparse.Namespace, settings: Settings) -> Answer:
    rate = args.false_alarms
    if rate is not None and not 0 < rate < 1:
        raise WrongUse(f"The rate of false alarms is {rate}", "A number between 0 and 1 was expected")
    run = store.open_run(settings, args.run)
    task = worker.finished(separation.begin(run, args.odd or _left_out(run)))
    found, arrays = task.result(), task.arrays()
    rate = rate or max(USUAL_RATE, separation.least(found["held"]))
    for row, scores, held in zip(found["rows"], arrays["scores"], arrays["held"], strict=True):
        each = separation.confusion(scores, arrays["odd"], separation.line(held, rate))
        row["confusion"] = {
            **_finite(each),
            "accuracy": each.accuracy,
            "balanced_accuracy": each.balanced_accuracy,
            "found_share": each.recall,
            "false_alarms": each.false_alarms,
        }
    return Answer({"run": run.id, "allowed": rate, **found}, "\n\n".join(_separated(run, found, rate)))


def _finite(each: separation.Confusion) -> dict[str, Json]:
    """JSON knows no infinity: where so few held-out images cannot vouch for so low a rate, there is no threshold."""
    return {**vars(each), "threshold": each.threshold if math.isfinite(each.threshold) else None}


def _left_out(run: Run) -> tuple[str, ...]:
    from vae_core.data import catalog

    config = run.config()
    found = separation.left_out(config, catalog.describe(config.dataset, run.settings).classes)
    if not found:
        raise LoupeError(
            f"{run.id} was trained on all classes",
            "Which are the odd ones has to be said",
            "Name them, for example: --odd 4",
        )
    return found


def _separated(run: Run, found: dict[str, Any], rate: float) -> Iterator[str]:
    odd, images, held = found["odd_images"], found["images"], found["held"]
    yield (
        f"{run.id}: {odd:,} odd images ({', '.join(found['odd'])}) among {images:,} test images, held against "
        f"{found['known']:,} training images.\n{found['told']}"
    )
    yield table((*RANKED, *JUDGED), map(_ranked, found["rows"]))
    yield (
        f"The first line is the chosen one. Held out: the AUROC that chose it, on images beside the test images. "
        f"Higher is better; 0.5 is chance for AUROC, {odd / images:.3f} for average precision. "
        f"The line is drawn where {rate:.1%} of usual images may be called odd by mistake."
    )
    least = separation.least(held)
    if rate < least:
        few = f"{held:,} held-out images cannot vouch for so few false alarms"
        yield f"{few}, so nothing is called odd: {least:.2%} is the least."


def _ranked(row: dict[str, Any]) -> tuple[object, ...]:
    auroc, precision = (row["auroc"], *row["auroc_interval"]), (row["precision"], *row["precision_interval"])
    judged = (row["confusion"][name] for name in JUDGED.values())
    return row["method"], row["score"], row["held_auroc"], *auroc, *precision, *judged
