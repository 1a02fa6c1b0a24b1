"""From the words of a command line to an answer and an exit code."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from vae_core.cli.answer import PROGRAM, Answer, WrongUse, show, show_error
from vae_core.errors import LoupeError

DONE, FAILED, WRONG_USE = 0, 1, 2
COMMANDS = {
    "recipes": ("specs", "the reports' systems, with the numbers that they printed"),
    "describe": ("specs", "layers, parameters and cost of an architecture"),
    "paste": ("pasting", "Keras or PyTorch code, or a printed summary, as one line of text"),
    "code": ("specs", "a stand-alone Keras script or notebook"),
    "data": ("data", "list, add or remove data sets"),
    "train": ("training", "train a recipe, or an architecture of your own"),
    "resume": ("training", "go on with a run that was stopped or broke off"),
    "fork": ("training", "go on from a run with a changed setting, as a new run"),
    "tune": ("tuning", "search for good settings: many trainings, the best of them kept"),
    "searches": ("tuning", "all searches; one of them with its trials, stopped, resumed or with more trials"),
    "stop": ("runs", "stop a run; it keeps its state"),
    "calibrate": ("machine", "measure how fast this machine trains, once; takes some minutes"),
    "list": ("runs", "all runs, the newest first"),
    "show": ("runs", "one run: settings, state and losses"),
    "remove": ("runs", "delete a run"),
    "push": ("moving", "copy runs into another folder, or to another machine over ssh"),
    "pull": ("moving", "fetch runs from there"),
    "evaluate": ("looking", "losses on the test images, beside simple baselines"),
    "compare": ("comparing", "two runs: what differs, how sure that is, what may be claimed"),
    "settle": ("comparing", "train seeds of two runs' settings in turn until it is clear whether they differ"),
    "factorial": ("comparing", "what each of several changes between two runs does, all trained in turns"),
    "ladder": ("comparing", "how deep should it be: a run's network with one to four pairs of layers more"),
    "worth": ("judging", "what each layer is worth: the loss with the best straight map in its place"),
    "doctor": ("judging", "look for what may be wrong with a run, and what would put it right"),
    "separate": ("judging", "how well a run tells odd images from usual ones, beside PCA and raw pixels"),
    "report": ("reporting", "write up one run, or several compared: HTML, Markdown or PDF"),
    "hand-in": ("reporting", "one zip to hand in: report, executed notebook, script and a film of the map"),
    "portable": ("portable", "encoder.tflite and decoder.tflite made anew, as for a run that was imported"),
    "grid": ("looking", "a picture of the latent plane, decoded"),
    "decode": ("looking", "a picture of the codes that you give"),
    "project": ("projecting", "a map of the images by PCA, t-SNE or UMAP, and how far it can be trusted"),
}
OWN = {
    "task": ("worker", "what the program starts by itself"),
    "search-worker": ("tuning", "what the program starts by itself"),
    "trainer": ("tuning", "what the program starts by itself"),
    "apart": ("apart", "what the program starts by itself"),
}  # for no person: the help leaves them out
Commands = Mapping[str, tuple[str, str]]  # by name: the module that has it, here or named in full, and what it does
log = logging.getLogger(__name__)


def main(argv: Sequence[str], commands: Commands = COMMANDS, program: str = PROGRAM) -> int:
    from vae_core.runs import own

    own.refuse_others()
    as_json = "--json" in argv
    try:
        args = _parser(argv, commands, program).parse_args(argv)
        show(_run(args), as_json)
        return DONE
    except LoupeError as error:
        show_error(error, as_json)
        return WRONG_USE if isinstance(error, WrongUse) else FAILED
    except KeyboardInterrupt:
        show_error(LoupeError("Interrupted"), as_json)
        return FAILED
    except BrokenPipeError:
        _close_quietly()
        return DONE
    except Exception:
        show_error(_bug(argv), as_json)
        return FAILED


def _run(args: argparse.Namespace) -> Answer:
    from vae_core import settings

    here = settings.load()
    if any(settings.SHIPPED in str(word) for word in vars(args).values()):  # one word, or a list of them
        from vae_core.runs import shipped

        shipped.ready(here)
    answer: Answer = args.command(args, here)
    return answer


class _Parser(argparse.ArgumentParser):
    """Mistakes are raised, so that they can be answered in JSON as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        raise WrongUse(message[:1].upper() + message[1:], f"Usage: {usage}", f"See {self.prog} --help")


def _parser(argv: Sequence[str], known: Commands = COMMANDS, program: str = PROGRAM) -> argparse.ArgumentParser:
    """All commands by name; only the one that is called gets its options, so that starting stays quick."""
    parser = _Parser(
        prog=program,
        description="Train small autoencoders and look at their latent space.",
        epilog=f"for example: {program} train --dataset digits --epochs 20",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    called = next((word for word in argv if not word.startswith("-")), None)
    if called and called not in {**known, **OWN}:
        raise _no_such_command(called, known)
    for name, (module, description) in {**known, **OWN}.items():
        if name in OWN and name != called:
            continue
        command = commands.add_parser(name, help=description, description=f"{description[0].upper()}{description[1:]}.")
        if name == called:
            path = module if "." in module else f"vae_core.cli.{module}"
            getattr(import_module(path), f"add_{name.replace('-', '_')}")(command)
    return parser


def _no_such_command(word: str, known: Commands) -> WrongUse:
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    fix = f"Did you mean {near[0]}?" if near else "See python -m vae_core --help"
    return WrongUse(f"There is no command '{word}'", f"The commands are {', '.join(known)}", fix)


def _bug(argv: Sequence[str]) -> LoupeError:
    """Keep the traceback of what is being handled; tell its number."""
    import uuid

    number = uuid.uuid4().hex[:8]
    path = _cache() / "errors.log"
    handler: logging.Handler = logging.StreamHandler()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    log.exception("error %s: python -m vae_core %s", number, " ".join(argv))
    log.removeHandler(handler)
    handler.close()
    fix = f"The details are in {path}" if isinstance(handler, logging.FileHandler) else ""
    return LoupeError(f"Something went wrong inside the program (error {number})", fix=fix)


def _cache() -> Path:
    from vae_core import settings

    with suppress(Exception):  # they may be what the trouble is about, and this is the last who can tell of it
        return settings.load().cache
    return settings.Settings().cache


def _close_quietly() -> None:
    """Whoever read the output has gone; Python would complain once more when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
