"""Commands that train: train, resume, fork. In the foreground by default, else as a process of its own."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace

from vae_core import extras, place
from vae_core.cli import choices, ending, native, progress, times
from vae_core.cli.answer import Answer, WrongUse, add_run, complain, lead_to, wrong_use
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.runs import arms, forks, jobs, store
from vae_core.runs.arms import Arm
from vae_core.runs.forms import RunStatus
from vae_core.runs.store import Run
from vae_core.runs.work import FINAL
from vae_core.settings import Settings
from vae_core.words import duration, plural


def add_train(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "%(prog)s RECIPE [--lite] | --dataset NAME, [settings] [--seeds N] [--detach] [--place NAME] [--reuse] [--json]"
    )
    parser.add_argument("system", nargs="?", metavar="RECIPE", help="one of the list that `recipes` prints")
    parser.add_argument("--lite", action="store_true", help="the recipe's small form")
    parser.add_argument(
        "--reuse", action="store_true", help="do not train again what is done already: answer with that run"
    )
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="train until N seeds of these settings are done"
    )
    parser.add_argument(
        "--seconds",
        type=times.seconds,
        metavar="N",
        help="about so long, which becomes epochs and steps first",
    )
    _add_detach(parser)
    parser.add_argument("--run", help=argparse.SUPPRESS)  # a run's own process is started with this
    choices.add_options(parser)
    lead_to(
        parser,
        train,
        'train --dataset mnist --encoder "conv8/2 bn conv16/2 bn flatten dense20 bn" --latent 2 --epochs 10',
    )


def add_resume(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    _add_detach(parser)
    lead_to(parser, resume, "resume mnist-baseline")


def add_fork(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.usage = "%(prog)s RUN [settings] [--detach] [--json]"
    _add_detach(parser)
    choices.add_options(parser, only=forks.CHANGEABLE)
    lead_to(parser, fork, "fork mnist-baseline --epochs 100 --lr 0.0003")


def _add_detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="train in a process of its own, and return at once")
    choices.add_place(parser, "where it was, or here")


def _config(args: argparse.Namespace, settings: Settings) -> Config:
    given = choices.given(args)
    if args.seconds and {"epochs", "steps"} & set(given):
        raise WrongUse("--seconds chooses the epochs and their steps", fix="Leave --epochs and --steps out")
    return choices.config_of(args.system, args.lite, given, settings)


def train(args: argparse.Namespace, settings: Settings) -> Answer:
    if args.run:
        return _own_process(store.open_run(settings, args.run), settings)
    _check_place(args, settings)
    config = times.of_seconds(_config(args, settings), args.seconds, settings)
    if args.seeds != 1:
        return _several(config, args, settings)
    before = _done_before(config, settings)
    if before and args.reuse:
        return _answer(before)
    if before:
        complain(f"{before.id} has the same settings and is done; training them again.")
    _check_data(config, settings)
    return _start(store.create(settings, config, {}), args, settings)


def _several(config: Config, args: argparse.Namespace, settings: Settings) -> Answer:
    """What is done of these settings already is not trained again, so --reuse says nothing new."""
    with wrong_use():
        missing = arms.missing(settings, config, args.seeds)
    _check_data(config, settings)
    new = [store.create(settings, each, {}) for each in missing]
    if args.place not in (None, place.HERE):
        jobs.start_all(settings, new, place=args.place)
    else:
        for run in new:
            _start(run, args, settings)
    return _answer_for_all(arms.find(settings, config), new)


def _answer_for_all(arm: Arm, new: list[Run]) -> Answer:
    told = {run.id: run.status()["best"] for run in arm.done}
    found = {run_id: float(best["validation"]["nats_per_image"]) for run_id, best in told.items() if best}
    best = arms.spread(list(found.values())) if found else None
    document = {
        "runs": list(found),
        "new": [run.id for run in new],
        "waiting": [run.id for run in arm.waiting],
        "seeds": list(arm.seeds),
        "best_nats_per_image": best and asdict(best),
    }
    unit = naming.unit(arm.done[0].config(), naming.IMAGE) if arm.done else ""
    lines = [f"{run_id}  {value:.2f} {unit}" for run_id, value in found.items()]
    if best:
        lines.append(f"Best on validation images: {arms.told(best)} {unit}.")
    lines += [f"{run.id} is {run.state()}." for run in arm.waiting]
    return Answer(document, "\n".join(lines))


def resume(args: argparse.Namespace, settings: Settings) -> Answer:
    _check_place(args, settings)
    run = store.open_run(settings, args.run)
    state = run.state()
    if state == "done":
        raise LoupeError(
            f"{run.id} is done, and a finished run does not change",
            fix=f"To train longer: python -m vae_core fork {run.id} --epochs ...",
        )
    if state not in FINAL:
        raise LoupeError(f"{run.id} is already {state}")
    return _start(run, args, settings)


def fork(args: argparse.Namespace, settings: Settings) -> Answer:
    _check_place(args, settings)
    parent, changes = store.open_run(settings, args.run), choices.given(args)
    if not changes:
        raise WrongUse("A fork needs a changed setting", fix="For example --epochs 100, or --lr 0.0003")
    with wrong_use():
        replace(parent.config(), **changes)
    return _start(forks.fork(settings, parent, changes), args, settings)


def _done_before(config: Config, settings: Settings) -> Run | None:
    """The newest finished run of these very settings: its name is the config's, or that with a number."""
    same = (
        run.id
        for run in store.list_runs(settings)
        if run.state == "done" and not run.study and _is_again(run.id, config.id)
    )
    found = next(same, None)
    return store.open_run(settings, found) if found else None


def _is_again(run_id: str, config_id: str) -> bool:
    return run_id.startswith(config_id) and (run_id == config_id or run_id[len(config_id) + 1 :].isdigit())


def _check_data(config: Config, settings: Settings) -> None:
    """Download and divide the images now, where somebody is looking and no run has to fail for it."""
    from vae_core.data import catalog, splits

    with progress.bar() as tell:
        data = catalog.load(config.dataset, settings, tell)
    with wrong_use():
        splits.of(data, config)
    for warning in data.warnings:
        complain(f"Warning: {warning}")


def _check_place(args: argparse.Namespace, settings: Settings) -> None:
    extras.need("train")
    with wrong_use():
        place.named(settings.places, args.place or place.HERE)


def _start(run: Run, args: argparse.Namespace, settings: Settings) -> Answer:
    if jobs.is_elsewhere(settings, run, args.place):
        number = jobs.start(settings, run, place=args.place)
        return _answer(run, {"job": number, "place": args.place})
    if args.detach:
        return _answer(run, {"pid": jobs.start(settings, run, place=args.place)})
    if not run.history():
        complain(f"{run.id}: {times.sentence(times.foretold(run.config(), settings))}.")
    return _foreground(run, args, settings)


def _foreground(run: Run, args: argparse.Namespace, settings: Settings) -> Answer:
    _say_if_it_waits(settings)
    with native.chatter_to(run.log), _logged(logging.FileHandler(run.log, encoding="utf-8")):
        try:
            _watch(run, args, settings)
        except KeyboardInterrupt:
            jobs.request_stop(run)  # where it had not begun
            raise LoupeError(f"{run.id} broke off", fix=_how_to_go_on(run)) from None
    return _answer(run)


def _watch(run: Run, args: argparse.Namespace, settings: Settings) -> None:
    from vae_core.learn import training  # takes seconds

    view = progress.TrainingView(run.config(), args.json)
    try:
        with ending.stopped_by_signals(run), suppress(jobs.Stopped):
            training.train(run, settings, view)
    finally:
        view.close()


def _own_process(run: Run, settings: Settings) -> Answer:
    """The process that another one started for a run: all that it writes goes to the run's log already."""
    with _logged(logging.StreamHandler()), ending.stopped_by_signals(run):
        from vae_core.learn import training

        with suppress(jobs.Stopped):
            training.train(run, settings)
    return _answer(run)


@contextmanager
def _logged(handler: logging.Handler) -> Iterator[None]:
    """Keep what the core has to say, and warnings of others."""
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("vae_core").setLevel(logging.INFO)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _say_if_it_waits(settings: Settings) -> None:
    busy = [run.id for run in store.list_runs(settings) if run.state == "running"]
    if len(busy) >= settings.train_slots:
        complain(f"Waiting for {busy[-1]}: {settings.train_slots} may train at once (train_slots).")


def _answer(run: Run, more: dict[str, object] | None = None) -> Answer:
    status, state = run.status(), run.state()
    document = {
        "run": run.id,
        "state": state,
        "epochs": status["epoch"],
        "seconds": status["seconds"],
        "best": status["best"],
        "parent": run.parent,
        **(more or {}),
    }
    return Answer(document, "\n".join(_told(run, state, status)))


def _told(run: Run, state: str, status: RunStatus) -> Iterator[str]:
    if state in ("queued", "running"):
        told = f" {run.told()}".rstrip()
        yield f"{run.id} is {state}.{told} To look: python -m vae_core show {run.id}"
        return
    epochs = status["epoch"]
    yield f"{run.id} is {state}: {plural(epochs, 'epoch')} in {duration(status['seconds'])}."
    if best := status["best"]:
        value, config = best["validation"], run.config()
        yield (
            f"Best on validation images: {value['nats_per_image']:.2f} {naming.unit(config, naming.IMAGE)}, "
            f"{value['nats_per_pixel']:.4f} {naming.PIXEL}, in epoch {best['epoch']}."
        )
    yield from _reported(run.config().recipe)
    yield f"Next: python -m vae_core evaluate {run.id}" if state == "done" else _how_to_go_on(run)


def _reported(recipe: str) -> Iterator[str]:
    from vae_core.design import recipes

    for known in recipes.all_recipes():
        if known.config.recipe == recipe and known.reported.get("best") is not None:
            small = ", for the full recipe" if known.variant == "lite" else ""
            unit = naming.printed(str(known.reported["unit"]))
            yield f"Report {known.report} printed {known.reported['best']} ({unit}){small}."


def _how_to_go_on(run: Run) -> str:
    return f"To go on: python -m vae_core resume {run.id}"
