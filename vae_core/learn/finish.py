"""The end of a training: the best epoch's model, its portable forms, the codes of the test set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vae_core.data import splits
from vae_core.data.dataset import Dataset
from vae_core.design.config import Config
from vae_core.learn import export, models, objective, steps
from vae_core.learn.feeding import Pixels
from vae_core.learn.position import Position
from vae_core.look import evaluation, pictures
from vae_core.look.rows import spread
from vae_core.runs.store import Run
from vae_core.settings import Settings

CHUNK = 1024
SHOWN = 8  # validation images of a trial


def finish(run: Run, settings: Settings, data: Dataset, position: Position) -> None:
    """Write what a finished run holds. The float32 rebuild from stock layers is what is saved and exported."""
    run.set_status(phase="saving")
    config = run.config()
    networks = models.build(config.architecture())
    networks.set_weights(position.best)
    run.save_file("model", lambda path: networks.whole().save(path))
    forms = export.export(run, networks, data.test.pixels[:32])
    run.set_status(portable=forms)
    task = steps.Task(config, networks, objective.Observation.of(config, from_logits=False))
    best = steps.Steps(task)
    run.save_codes(test_codes(best, config, data))
    run.save_thumbs(_thumbs(best, data, config.classes))
    if all(form == "ok" for form in forms.values()):
        run.set_status(phase="evaluating")
        evaluation.evaluate(run, settings)


def show_some(run: Run, last: steps.Steps, position: Position, pixels: Pixels) -> None:
    """Images that a trial did not train on, and below each what its best epoch makes of it.

    Not through the graphs of the steps: those would first have to be made."""
    task, shown = last.task, pixels[spread(len(pixels), SHOWN)]
    now = last.weights()
    task.networks.set_weights(position.best)
    code = task.networks.encoder(np.float32(shown) / 255, training=False)
    mean = code[0] if run.config().kind == "vae" else code
    drawn = pictures.as_bytes(np.asarray(task.probabilities(task.networks.decoder(mean, training=False)), np.float32))
    task.networks.set_weights(now)
    run.save_thumbs(pictures.webp(pictures.sheet(np.stack([shown, drawn]), paper=pictures.GREY)))


def test_codes(best: steps.Steps, config: Config, data: Dataset) -> dict[str, np.ndarray]:
    """Means, log-variances, labels and losses of every test image, in file order."""
    mean, log_variance = best.encode(data.test.pixels)
    arrays = {"mean": mean.astype(np.float32), "reconstruction": _losses(best, config, data.test.pixels, mean)}
    if log_variance is not None:
        arrays["log_variance"] = log_variance.astype(np.float32)
        arrays["kl"] = np.asarray(objective.gaussian_kl(mean, log_variance), np.float32)
    if data.test.labels is not None:
        arrays["labels"] = data.test.labels
    return arrays


def _losses(best: steps.Steps, config: Config, pixels: np.ndarray, codes: np.ndarray) -> np.ndarray:
    seen = objective.Observation.of(config, from_logits=False)
    parts = []
    for start in range(0, len(pixels), CHUNK):
        part = np.float32(pixels[start : start + CHUNK]) / 255
        output = best.decode(codes[start : start + CHUNK])
        parts.append(np.asarray(seen.nats(np.asarray(seen.target(part)), output), np.float32))
    return np.concatenate(parts)


def _thumbs(best: steps.Steps, data: Dataset, classes: Sequence[str]) -> bytes:
    tested = splits.to_show(data, classes)
    shown = data.test.pixels[tested[spread(len(tested), 8)]]
    code, _ = best.encode(shown)
    return pictures.thumbs(best.decode(code))
