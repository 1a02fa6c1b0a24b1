"""Commands on runs that exist: list, show, stop, remove."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from vae_core.cli.answer import Answer, WrongUse, add_json, duration, one_line, table
from vae_core.runs import store
from vae_core.runs.work import FINAL
from vae_core.settings import Settings

if TYPE_CHECKING:
    from vae_core.spec.config import Config

SHOWN_EPOCHS = 10


def add_list(parser: argparse.ArgumentParser) -> None:
    add_json(parser, "list --json")
    parser.set_defaults(command=list_runs)


def list_runs(args: argparse.Namespace, settings: Settings) -> Answer:
    runs = store.list_runs(settings)
    header = ("run", "state", "epoch", "data", "parameters", "nats/pixel", "time", "note")
    rows = [
        (run.id, run.state, f"{run.epoch}/{run.epochs}", run.dataset, run.parameters, run.best_nats_per_pixel,
         duration(run.seconds), run.error or run.note)
        for run in runs
    ]  # fmt: skip
    empty = f"No runs in {settings.checkpoints} yet. Begin with: python -m vae_core train --dataset digits --epochs 20"
    return Answer([asdict(run) for run in runs], table(header, rows) if rows else empty)


def add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its name, or the beginning of it")
    add_json(parser, "show mnist-baseline")
    parser.set_defaults(command=show)


def show(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    document = {
        "run": run.id, "state": run.state(), "path": str(run.path), "config": run.config().to_json(),
        "resolved": run.resolved(), "parent": run.parent, "card": run.card(), "status": run.status(),
        "history": run.history(), "metrics": run.metrics(),
    }  # fmt: skip
    return Answer(document, "\n\n".join(part for part in _told(document, run.config()) if part))


def _told(document: dict[str, Any], config: Config) -> list[str]:
    status = document["status"]
    facts = [
        ("run", document["run"]), ("state", document["state"]), ("folder", document["path"]),
        ("parent", document["parent"]), ("error", status["error"]), ("note", document["card"]["note"]),
        ("epochs", f"{status['epoch']} of {status['epochs']}"), ("time", duration(status["seconds"])),
        *_settings(config),
    ]  # fmt: skip
    lines = [f"{name:15}{one_line(str(value))}" for name, value in facts if value not in (None, "")]
    return ["\n".join(lines), _history(document["history"])]


def _settings(config: Config) -> Iterator[tuple[str, str]]:
    """All that take part in the training, those that are 0 among them."""
    from vae_core.spec import difference, naming

    for field in fields(config):
        if field.name == "kind":
            yield "kind", naming.kind(config)
        elif field.name != "epochs" and difference.applies(config, field.name) and getattr(config, field.name) != "":
            yield field.name.replace("_", " "), difference.words_of(config, field.name)


def _history(rows: list[dict[str, Any]]) -> str:
    """The last epochs."""
    names = {
        "epoch": "epoch", "train_total_nats_per_image": "train nats/image",
        "validation_total_nats_per_image": "validation", "validation_reconstruction_nats_per_image": "reconstruction",
        "validation_kl_nats_per_image": "KL", "seconds": "seconds",
    }  # fmt: skip
    shown = [[row.get(name) for name in names] for row in rows[-SHOWN_EPOCHS:]]
    return table(list(names.values()), shown) if shown else ""


def add_stop(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its name, or the beginning of it")
    add_json(parser, "stop mnist-baseline")
    parser.set_defaults(command=stop)


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
    add_json(parser, "remove mnist-baseline-3f9a12 --yes")
    parser.set_defaults(command=remove)


def remove(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    if args.run != run.id:  # a beginning may match another run than the one that was meant
        raise WrongUse(f"'{args.run}' is only the beginning of a name", fix=f"Did you mean {run.id}?")
    if not args.yes:
        raise WrongUse(f"{run.id} would be deleted, with its model", "That cannot be undone", "Add --yes to do it")
    store.remove(run)
    return Answer({"run": run.id, "removed": True}, f"{run.id} is removed.")
