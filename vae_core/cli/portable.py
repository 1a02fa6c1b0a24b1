"""The command that makes a run's .tflite files anew. They travel with no zip: native code would read them here."""

from __future__ import annotations

import argparse

from vae_core.cli import native, worker
from vae_core.cli.answer import Answer, add_run, lead_to
from vae_core.runs import keras_file, store
from vae_core.runs import tasks as kept_tasks
from vae_core.runs.store import Run
from vae_core.settings import Settings

KIND = "portable"


def add_portable(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    lead_to(parser, portable, "portable mnist-baseline")


def portable(args: argparse.Namespace, settings: Settings) -> Answer:
    run = store.open_run(settings, args.run)
    keras_file.read(run.model)  # one that cannot be read is told before TensorFlow is loaded
    spec = {"model": keras_file.fingerprint(run.model)}
    task = kept_tasks.begin(run, KIND, spec)
    if task.state() == "done":  # the files may have been removed since
        kept_tasks.remove(task)
        task = kept_tasks.begin(run, KIND, spec)
    with native.silence():
        worker.work(task)
    return Answer({"run": run.id, **task.result()}, "\n".join(_told(run, task.result())))


def _told(run: Run, made: dict[str, str]) -> list[str]:
    paths = {"encoder": run.encoder_tflite, "decoder": run.decoder_tflite}
    return [str(paths[name]) if said == "ok" else f"No {name}: {said}" for name, said in made.items()]
