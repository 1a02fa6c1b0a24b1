"""Commands on what could be trained: recipes, describe, code. None of them trains anything."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_core.checked import Json
from vae_core.cli import choices, times
from vae_core.cli.answer import Answer, WrongUse, lead_to, table
from vae_core.design import naming, recipes
from vae_core.design.architecture import Row, counted
from vae_core.design.config import Config
from vae_core.design.duration import Parts
from vae_core.design.layers import show
from vae_core.errors import LoupeError
from vae_core.settings import Settings
from vae_core.share import outgoing

if TYPE_CHECKING:
    from vae_core.design.keras_code import Notebook
    from vae_core.runs.store import Run


def add_recipes(parser: argparse.ArgumentParser) -> None:
    lead_to(parser, list_recipes, "recipes")


def list_recipes(args: argparse.Namespace, settings: Settings) -> Answer:
    found = recipes.all_recipes()
    header = ("recipe", "variant", "data", "report", "epochs", "parameters", "reported", "in")
    return Answer([_recipe_as_json(recipe) for recipe in found], table(header, map(_recipe_row, found)))


def _recipe_as_json(recipe: recipes.Recipe) -> dict[str, object]:
    named = {name: getattr(recipe, name) for name in ("key", "dataset", "variant", "report")}
    counts = recipe.config.architecture().counts
    return {**named, "parameters": counts, "reported": dict(recipe.reported), "note": recipe.note}


def _recipe_row(recipe: recipes.Recipe) -> tuple[object, ...]:
    config, total = recipe.config, recipe.config.architecture().counts["total"]
    return recipe.key, recipe.variant, recipe.dataset, recipe.report, config.epochs, total, *_best(recipe)


def _best(recipe: recipes.Recipe) -> tuple[str, str]:
    """The best number that the report printed, and its unit; of the full recipe only."""
    best = recipe.reported.get("best")
    if recipe.variant == "lite" or best is None:
        return "", ""
    return str(best), naming.printed(str(recipe.reported["unit"]))


def add_describe(parser: argparse.ArgumentParser) -> None:
    _add_source(parser)
    lead_to(
        parser, describe, 'describe --dataset mnist --encoder "conv8/2 bn conv16/2 bn flatten dense20 bn" --latent 2'
    )


def describe(args: argparse.Namespace, settings: Settings) -> Answer:
    config = _config(args, settings)
    architecture, parts = config.architecture(), times.foretold(config, settings)
    document = {
        "encoder": [_as_json(row) for row in architecture.encoder_rows],
        "decoder": [_as_json(row) for row in architecture.decoder_rows],
        "parameters": architecture.counts,
        "multiply_adds": architecture.multiply_adds,
        **_time(parts),
        "config": config.to_json(),
    }
    return Answer(document, "\n\n".join(_told(config, document, parts)))


def _time(parts: Parts | None) -> dict[str, Json]:
    """`seconds_per_epoch` stands only where the machine was measured; `seconds`, of the whole training, is a range."""
    epoch = parts.epoch.middle if parts and parts.measured else None
    whole = {"least": parts.whole.least, "most": parts.whole.most, "measured": parts.measured} if parts else None
    return {"seconds_per_epoch": epoch, "seconds": whole}


def add_code(parser: argparse.ArgumentParser) -> None:
    _add_source(parser)
    parser.add_argument("--short", action="store_true", help="train by Keras' own compile and fit; says what differs")
    parser.add_argument("--notebook", action="store_true", help="an .ipynb instead of a script")
    parser.add_argument(
        "--executed",
        action="store_true",
        help="the notebook with its outputs in it: trains the model here and now, so for small settings",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")
    lead_to(parser, code, "code mnist-baseline --out baseline.py")


def code(args: argparse.Namespace, settings: Settings) -> Answer:
    if args.executed and not args.notebook:
        raise WrongUse("A script has no outputs that could be kept", fix="Add --notebook, or leave --executed out")
    run = _run(args, settings)
    document = _document(run, run.config() if run else _given(args, settings), args, settings)
    text = document.rstrip("\n") if isinstance(document, str) else json.dumps(document, indent=1, ensure_ascii=False)
    if args.out is None:
        return Answer({"notebook" if args.notebook else "script": document}, text)
    outgoing.write(args.out, f"{text}\n".encode())
    return Answer({"file": str(args.out)}, f"{args.out} needs only TensorFlow, NumPy and matplotlib to run.")


def _document(run: Run | None, config: Config, args: argparse.Namespace, settings: Settings) -> Notebook | str:
    from vae_core.design import keras_code

    if args.executed:
        return _executed(run, config, args.short, settings)
    return (keras_code.notebook if args.notebook else keras_code.script)(config, args.short)


def _executed(run: Run | None, config: Config, short: bool, settings: Settings) -> Notebook:
    """A run keeps its executed notebook."""
    from vae_core.cli import progress, worker
    from vae_core.share import executed

    if run:
        found: Notebook = worker.finished(executed.begin(run, short)).result()["notebook"]
        return found
    with progress.bar() as tell:
        return executed.execute(config, short, settings, worker.in_percent(tell))


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s RECIPE [--lite] | RUN | --dataset NAME, [settings]"
    parser.add_argument("source", nargs="?", metavar="RECIPE|RUN", help="a recipe or a run; else give --dataset")
    parser.add_argument("--lite", action="store_true", help="the recipe's small form")
    choices.add_options(parser)


def _config(args: argparse.Namespace, settings: Settings) -> Config:
    """Of a recipe, a run, or the options."""
    run = _run(args, settings)
    return run.config() if run else _given(args, settings)


def _given(args: argparse.Namespace, settings: Settings) -> Config:
    return choices.config_of(args.source, args.lite, choices.given(args), settings)


def _run(args: argparse.Namespace, settings: Settings) -> Run | None:
    """The run that was named, if none of the recipes was."""
    from vae_core.runs import store

    keys = {recipe.key for recipe in recipes.all_recipes()}
    if args.source is None or args.source in keys:
        return None
    try:
        run = store.open_run(settings, args.source)
    except LoupeError as error:
        known = ", ".join(sorted(keys))
        raise WrongUse(f"There is no recipe '{args.source}'", f"The recipes are {known}", error.happened) from None
    if choices.given(args) or args.lite:
        raise WrongUse(f"{run.id} is a run, and its settings are what they are", fix="Leave the other options out")
    return run


def _as_json(row: Row) -> dict[str, Any]:
    counts = {"parameters": row.parameters, "trainable": row.trainable, "multiply_adds": row.multiply_adds}
    return {"layer": row.layer.text, "output": list(row.output), **counts}


def _told(config: Config, document: Mapping[str, Any], parts: Parts | None) -> list[str]:
    architecture, count = config.architecture(), document["parameters"]
    head = f"{naming.kind(config)} for {config.dataset}, {show(config.image)}, with a code of {architecture.code.size}"
    totals = [
        f"encoder        {architecture.networks['encoder']}",
        f"decoder        {architecture.networks['decoder']}",
        f"both           {counted(count['total'], count['trainable'])}",
        f"multiply-adds  {document['multiply_adds']:,} an image",
        f"time           {times.sentence(parts)}",
    ]
    return [head, _layers("encoder", document["encoder"]), _layers("decoder", document["decoder"]), "\n".join(totals)]


def _layers(title: str, rows: list[dict[str, Any]]) -> str:
    return table(
        (title, "output", "parameters", "multiply-adds"),
        [(row["layer"], show(row["output"]), row["parameters"], row["multiply_adds"]) for row in rows],
    )
