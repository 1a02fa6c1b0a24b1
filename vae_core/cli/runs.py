"""Commands on runs that exist: list, show, stop, remove."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from vae_core.cli.answer import Answer, WrongUse, add_run, lead_to, one_line, table
from vae_core.design import naming
from vae_core.runs import store
from vae_core.runs.history import Row
from vae_core.runs.store import Summary
from vae_core.runs.work import FINAL
from vae_core.settings import Settings
from vae_core.words import duration

if TYPE_CHECKING:
    from vae_core.design.config import Config

SHOWN_EPOCHS = 10
PER = {"pixel": naming.PIXEL, "image": naming.IMAGE, "channels": naming.CHANNELS}


def add_list(parser: argparse.ArgumentParser) -> None:
    _add_per(parser)
    lead_to(parser, list_runs, "list --json")


def list_runs(args: argparse.Namespace, settings: Settings) -> Answer:
    runs = store.list_runs(settings)
    header = ("run", "state", "epoch", "data", "parameters", "loss", "in", "time", "note")
    rows = [
        (
            run.id,
            run.state,
            f"{run.epoch}/{run.epochs}",
            run.dataset,
            run.parameters,
            *_loss(run, PER[args.per]),
            duration(run.seconds),
            run.error or run.told or run.note,
        )
        for run in runs
    ]
    empty = f"No runs in {settings.checkpoints} yet. Begin with: python -m vae_core train --dataset digits --epochs 20"
    return Answer([dict(vars(run)) for run in runs], table(header, rows) if rows else empty)


def _add_per(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--per",
        choices=PER,
        default="pixel",
        help="what losses are shown per; 'channels': per image, "
        "mean over channels, as report 003 counts (default: %(default)s)",
    )


def _loss(run: Summary, per: str) -> tuple[float | None, str]:
    """The best one on the validation images, and its unit."""
    if run.best_nats_per_image is None:
        return None, ""
    per = naming.fitting(per, run.image)
    return run.best_nats_per_image * naming.scale(run.image, per), naming.unit(run, per)


def add_show(parser: argparse.ArgumentParser) -> None:
    _add_per(parser)
    parser.set_defaults(per="image")
    add_run(parser)
    lead_to(parser, show, "show mnist-baseline")


def show(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    document = {
        "run": run.id,
        "state": run.state(),
        "job": (job := run.job()) and asdict(job),
        "told": run.told(),
        "path": str(run.path),
        "config": run.config().to_json(),
        "resolved": run.resolved(),
        "parent": run.parent,
        "card": run.card(),
        "status": run.status(),
        "history": run.history(),
        "metrics": run.metrics(),
    }
    return Answer(document, "\n\n".join(part for part in _told(document, run.config(), PER[args.per]) if part))


def _told(document: dict[str, Any], config: Config, per: str) -> list[str]:
    status = document["status"]
    facts = [
        ("run", document["run"]),
        ("state", document["state"]),
        ("place", document["job"] and "{place}, job {number}".format(**document["job"])),
        ("", document["told"]),
        ("folder", document["path"]),
        ("parent", document["parent"]),
        ("error", status["error"]),
        ("note", document["card"]["note"]),
        ("epochs", f"{status['epoch']} of {status['epochs']}"),
        ("time", duration(status["seconds"])),
        *_settings(config),
    ]
    lines = [f"{name:15}{one_line(str(value))}" for name, value in facts if value not in (None, "")]
    return ["\n".join(lines), *_history(document["history"], config, naming.fitting(per, config.image))]


def _settings(config: Config) -> Iterator[tuple[str, str]]:
    """All that take part in the training, those that are 0 among them."""
    from vae_core.design import difference

    for field in fields(config):
        if field.name == "kind":
            yield "kind", naming.kind(config)
        elif field.name != "epochs" and difference.applies(config, field.name) and getattr(config, field.name) != "":
            yield field.name.replace("_", " "), difference.words_of(config, field.name)


def _history(rows: list[Row], config: Config, per: str) -> Iterator[str]:
    """The last epochs."""
    own, kl = naming.scale(config.image, per), naming.scale(config.image, naming.kl_per(per))
    parts = {"train": ("train_total", own), "validation": ("validation_total", own)}
    if config.kind == "vae":
        parts["reconstruction"] = ("validation_reconstruction", own)
        parts[f"KL, {naming.kl_unit(per)}"] = ("validation_kl", kl)
    shown = [
        (
            row["epoch"],
            *(_scaled(row.get(f"{part}_nats_per_image"), scale) for part, scale in parts.values()),
            row.get("seconds"),
        )
        for row in rows[-SHOWN_EPOCHS:]
    ]
    if shown:
        yield f"Losses in {naming.unit(config, per)}."
        yield table(("epoch", *parts, "seconds"), shown)


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


def add_stop(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    lead_to(parser, stop, "stop mnist-baseline")


def stop(args: argparse.Namespace, settings: Settings) -> Answer:
    from vae_core.runs import jobs

    run = store.open_run(settings, args.run)
    before, state = run.state(), jobs.request_stop(run)
    if before in FINAL:
        text = f"{run.id} was not at work; it is {state}."
    elif state in FINAL:
        text = f"{run.id} is {state}."
    else:
        text = f"{run.id} stops after the batch that it is at. To go on: python -m vae_core resume {run.id}"
    return Answer({"run": run.id, "state": state}, text)


def add_remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its full name")
    parser.add_argument("--yes", action="store_true", help="really delete it; without this nothing happens")
    lead_to(parser, remove, "remove mnist-baseline-3f9a12 --yes")


def remove(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    if args.run != run.id:  # a beginning may match another run than the one that was meant
        raise WrongUse(f"'{args.run}' is only the beginning of a name", fix=f"Did you mean {run.id}?")
    if not args.yes and not run.is_shipped:
        raise WrongUse(f"{run.id} would be deleted, with its model", "That cannot be undone", "Add --yes to do it")
    store.remove(run)
    told = "is shown no more; its name still leads to it" if run.is_shipped else "is removed"
    return Answer({"run": run.id, "removed": True}, f"{run.id} {told}.")
