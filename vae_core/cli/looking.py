"""Commands on what a run has learned: evaluate, grid, decode. No TensorFlow in any of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_core.cli import choices, native, progress
from vae_core.cli.answer import Answer, WrongUse, add_run, lead_to, table, wrong_use
from vae_core.design import naming
from vae_core.look import codes
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import Settings
from vae_core.share import outgoing
from vae_core.words import number

if TYPE_CHECKING:
    import numpy as np

    from vae_core.design.config import Config
    from vae_core.runs.forms import Metrics

WIDTH = 512  # pixels that a picture is wide, about
MOST_CELLS = 128  # on a side of a grid
FARTHEST = 1e15  # that a number of a code may be from 0: beyond any code, and a network can still reckon with it
FACTS = {  # by their names in metrics.json
    "kl": "kl",
    "knn_accuracy": "neighbours",
    "balanced_accuracy": "neighbours_balanced",
    "gap_closed": "gap_closed",
    "active_dimensions": "active",
}


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--all", action="store_true", help="everything that can be measured, once for each run")
    parser.add_argument(
        "--best-codes", action="store_true", help="what the encoder loses: beside its codes, the best that can be found"
    )
    lead_to(parser, evaluate, "evaluate mnist-baseline --all")


def evaluate(args: argparse.Namespace, settings: Settings) -> Answer:
    from vae_core.look import evaluation

    run = store.open_run(settings, args.run)
    if args.all:
        from vae_core.cli import judging

        return judging.measured(run)
    if args.best_codes:
        from vae_core.cli import judging

        return judging.lost(run)
    with native.silence(), progress.bar() as tell:
        metrics = evaluation.evaluate(run, settings, lambda done, total: tell("Evaluating", done, total))
    return Answer({"run": run.id, **metrics}, _told(run, metrics))


def _told(run: Run, metrics: Metrics) -> str:
    config = run.config()
    parts = [
        f"{run.id} on {metrics['images']:,} test images; {metrics['observation']['name']}",
        _losses(config, metrics),
        "\n".join(_facts(run, config, metrics)),
        *metrics["notes"],
    ]
    return "\n\n".join(parts)


def _losses(config: Config, metrics: Metrics) -> str:
    """What the model was trained on comes first."""
    names = {"at the mean code": "mean_code", "at a sampled code": "sampled"}
    lines = {name: {kind: metrics[kind][code] for kind in ("bce", "mse")} for name, code in names.items()}
    lines |= {name.replace("_", " "): losses for name, losses in metrics["baselines"].items() if losses}
    columns = naming.columns(config)
    rows = [(name, *(column.of(losses, config.image) for column in columns)) for name, losses in lines.items()]
    return table(("", *(column.words for column in columns)), rows)


def _facts(run: Run, config: Config, metrics: Mapping[str, Any]) -> Iterator[str]:
    best = (run.status()["best"] or {}).get("validation", {}).get("nats_per_image")
    values = {name: metrics[key] for key, name in FACTS.items()}
    if metrics["negative_elbo"]:
        values["negative_elbo"] = metrics["negative_elbo"]["sampled"]
    for name, value in values.items():
        quantity = naming.QUANTITIES[name]
        if value is not None:
            yield f"{quantity.label:30}{number(value)} {quantity.unit}".rstrip()
    if best is not None:
        told = naming.shown(best, config, naming.PIXEL)
        yield f"{'Loss':30}{told}, {naming.validated(config)}, as list shows it"


def add_grid(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--size", type=int, default=16, metavar="N", help="cells on each side (default: %(default)s)")
    parser.add_argument(
        "--spacing",
        choices=codes.SPACINGS,
        default="linear",
        help="even steps, steps of the prior's probability, or quantiles of the codes",
    )
    _add_out(parser)
    lead_to(parser, grid, "grid mnist-baseline --size 20 --out plane.png")


def grid(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    if not 1 <= args.size <= MOST_CELLS:
        raise WrongUse(f"A grid of {args.size} cells was asked for", f"1 to {MOST_CELLS} on a side are possible")
    out, has_prior = _out(args, run, "grid"), run.config().has_prior
    known = run.codes()["mean"]
    with wrong_use():
        cells = codes.grid(known, has_prior, args.size, args.spacing)
    _draw(run, cells.codes.reshape(args.size**2, -1), args.size, out)
    document = {
        "run": run.id,
        "file": str(out),
        "size": args.size,
        "spacing": args.spacing,
        "note": cells.note,
        "across": cells.across.tolist(),
        "up": cells.up.tolist(),
    }
    return Answer(document, f"{out}: {cells.note}.")


def add_decode(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "numbers", nargs="*", type=float, metavar="NUMBER", help="a code, or several one after the other"
    )
    parser.add_argument(
        "--random", type=int, metavar="COUNT", help="random codes instead: from the prior if there is one"
    )
    parser.add_argument("--seed", type=choices.seed, default=0, help="of the random codes")
    _add_out(parser)
    lead_to(parser, decode, "decode mnist-baseline 0.5 -1.2")


def decode(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    out, chosen = _out(args, run, "decode"), _chosen(args, run)
    _draw(run, chosen, None, out)
    document = {"run": run.id, "file": str(out), "codes": chosen.tolist()}
    return Answer(document, f"{out}: {len(chosen)} decoded.")


def _chosen(args: argparse.Namespace, run: Run) -> np.ndarray:
    import numpy as np

    config = run.config()
    size = config.architecture().code.size
    if args.random is not None:
        if args.numbers or not 1 <= args.random <= MOST_CELLS**2:
            raise WrongUse(
                "Either numbers or a count of random codes can be given", f"1 to {MOST_CELLS**2} are possible"
            )
        return codes.samples(run.codes()["mean"], config.has_prior, args.random, args.seed)
    if not args.numbers or len(args.numbers) % size:
        raise WrongUse(
            f"{len(args.numbers)} numbers were given",
            f"A code of {run.id} has {size}",
            f"Give {size} numbers for each picture, or --random COUNT",
        )
    if far := [number for number in args.numbers if not abs(number) < FARTHEST]:
        raise WrongUse(f"A code cannot hold {far[0]:g}", "Numbers of at most 15 digits were expected")
    return np.float32(args.numbers).reshape(-1, size)


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="the .png to write (default: named after the run)")


def _out(args: argparse.Namespace, run: Run, what: str) -> Path:
    out: Path = args.out or Path(f"{run.id}-{what}.png")
    if out.suffix.lower() != ".png":
        raise WrongUse(f"{out} is no name of a .png file")
    return out


def _draw(run: Run, chosen: np.ndarray, columns: int | None, out: Path) -> None:
    """Decode into one sheet of pictures, large enough to be seen."""
    from vae_core.look import pictures
    from vae_core.look.portable import Portable

    with native.silence(), progress.bar() as tell:
        images = Portable.of(run).decode(chosen, lambda done, total: tell("Decoding", done, total))
    sheet = pictures.sheet(images, columns)
    outgoing.write(out, pictures.png(sheet, max(1, round(WIDTH / sheet.shape[1]))))
