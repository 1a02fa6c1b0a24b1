"""Maps of a run's images: the command, and the process that makes one. It alone may need TensorFlow, for a layer."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from vae_core.cli import native, progress, worker
from vae_core.cli.answer import Answer, WrongUse, add_run, lead_to, wrong_use
from vae_core.data.dataset import Array
from vae_core.look import projection
from vae_core.look.projection import Projection
from vae_core.look.projection.stages import Progress, Tell
from vae_core.runs import jobs, store
from vae_core.runs import tasks as kept
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task
from vae_core.settings import Settings

ASKED = [field.name for field in fields(Projection)]


def work(task: Task, tell: Tell) -> None:
    """What the process of a projection does."""
    from vae_core.look.projection import making as projections

    projections.work(task, tell, _activations)


def add(task: Task, tell: Tell) -> None:
    from vae_core.look.projection import adding

    adding.work(task, tell, _activations)


def stability(task: Task, tell: Tell) -> None:
    from vae_core.look.projection import stability

    stability.work(task, tell, _activations)


def _activations(run: Run, layer: int, images: Array, progress: Progress) -> Array:
    from vae_core.learn import features

    return features.activations(run, layer, images, progress)


def add_project(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add_run(parser)
    add("--method", choices=tuple(projection.METHODS), default="pca", help="(default: %(default)s)")
    add("--of", default="codes", metavar="WHAT", help="codes, pixels or layer:<place>; --list says which there are")
    add("--images", choices=tuple(projection.IMAGES), default="test", help="(default: %(default)s)")
    add("--count", type=int, metavar="N", help="at most so many images, evenly spaced (default: all)")
    add("--seed", type=int, metavar="N", help="of whatever is random")
    add("--components", type=int, metavar="N", help="PCA: how many are kept")
    add("--perplexity", type=float, metavar="X", help="t-SNE: about how many neighbours a point feels")
    add("--exaggeration", type=float, metavar="X", help="t-SNE: stronger attraction at the end; 1 is plain t-SNE")
    add("--neighbours", type=int, metavar="N", help="UMAP: how many a point is tied to")
    add("--min-dist", type=float, metavar="X", help="UMAP: how near to each other points may come")
    add("--metric", choices=projection.METRICS, help="UMAP: what is near")
    add("--list", action="store_true", help="only say what of the run can be projected")
    add("--detach", action="store_true", help="leave it running in the background")
    add("--csv", type=Path, metavar="FILE", help="write the map as a table")
    add("--tensorboard", type=Path, metavar="FOLDER", help="write a folder for TensorBoard's projector")
    lead_to(parser, project, "project mnist-baseline --method tsne --of codes --csv map.csv")


def project(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    if args.list:
        return _sources(run)
    with wrong_use():
        spec = _spec(args)
        projection.check(run, spec)
    if args.detach and (args.csv or args.tensorboard):
        raise WrongUse("A projection in the background writes no files", fix="Leave --detach out")
    task = projection.begin(run, spec)
    if args.detach:
        return _detached(settings, task)
    _finish(task)
    written = _export(args, task)
    return _answer(task, written)


def _spec(args: argparse.Namespace) -> Projection:
    asked = {name: getattr(args, name) for name in ASKED if getattr(args, name) is not None}
    method = args.method
    foreign = sorted(set(asked) - {*projection.COMMON, *projection.OWN[method]})
    if foreign:
        own = ", ".join(f"--{name.replace('_', '-')}" for name in projection.OWN[method])
        raise WrongUse(f"{projection.METHODS[method]} has no --{foreign[0].replace('_', '-')}", f"It has {own}")
    return Projection(**asked)


def _sources(run: Run) -> Answer:
    found = projection.sources(run)
    lines = "\n".join(f"{source.of:10}{source.title}" for source in found)
    return Answer({"run": run.id, "sources": [vars(source) for source in found]}, lines)


def _detached(settings: Settings, task: Task) -> Answer:
    if task.state() not in ("done", "running") and not task.has_process():
        jobs.start(settings, task, command=kept.COMMAND)
    return Answer({"task": task.id, "state": task.state()}, f"{task.id} is {task.state()}.")


def _finish(task: Task) -> None:
    """Do the task here, unless it was done before."""
    if task.state() == "done":
        return
    with native.chatter_to(task.log), progress.bar() as tell:
        worker.work(task, lambda phase, done, total: tell(phase, round(100 * done / total), 100))
    if task.state() != "done":
        raise jobs.Stopped(f"{task.id} was stopped")


def _export(args: argparse.Namespace, task: Task) -> list[str]:
    from vae_core.share import outgoing, projector

    written = []
    if args.csv:
        outgoing.write(args.csv, projector.csv(task))
        written.append(str(args.csv))
    if args.tensorboard:
        projector.write(task, args.tensorboard)
        written.append(str(args.tensorboard))
    return written


def _answer(task: Task, written: list[str]) -> Answer:
    result = task.result()
    document = {"run": task.run.id, "task": task.id, **result, "written": written}
    lines = [result["words"], *result["honesty"], *result["notes"], *[f"Written: {path}" for path in written]]
    return Answer(document, "\n".join(lines))
