"""The trained float32 networks in portable form (LiteRT), written only where they compute what Keras computes."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from vae_core.errors import LoupeError
from vae_core.learn import saved
from vae_core.learn.layers import Tensor
from vae_core.learn.models import Networks
from vae_core.look.forms import INPUTS
from vae_core.look.litert import BATCHES
from vae_core.look.portable import Network
from vae_core.runs.store import Run
from vae_core.runs.tasks import Task

if TYPE_CHECKING:
    import tensorflow as tf

log = logging.getLogger(__name__)
TOLERANCE = 1e-5  # of the largest output, or of 1 where that is smaller
IMAGES = 32  # real images that the encoder is compared on
CODES = 16  # codes of such images that the decoder is compared on, beside as many draws from the prior
OUTPUTS = {"encoder": ("mean", "log_variance"), "decoder": ("image",)}
TASKS = {"encoder": "encode", "decoder": "decode"}


@dataclass(frozen=True)
class Form:
    """One network's portable form: its bytes, or the reason why there is none."""

    data: bytes = b""
    difference: float | None = None  # from the original, relative to the largest output or to 1
    reason: str = ""


def export(run: Run, networks: Networks, images: np.ndarray) -> dict[str, str]:
    """Write the run's portable forms, compared on real `images` (uint8). For each: 'ok', or why there is none."""
    forms = make_forms(networks.encoder, networks.decoder, images, run.config().seed)
    for name, form in forms.items():
        if form.reason:
            log.warning("%s has no portable %s: %s", run.id, name, form.reason)
        else:
            run.save_file(f"{name}_tflite", _writer(form.data))
    return {name: form.reason or "ok" for name, form in forms.items()}


def again(task: Task, tell: Callable[[str, float, float], None]) -> None:
    """The worker of a task: the portable forms of a run that came without them, made from its saved model."""
    tell("Converting", 0, 1)
    networks = saved.load(task.run)
    task.save(export(task.run, networks, _known_images(task.run)))


def _known_images(run: Run) -> np.ndarray:
    """Those that its snapshots show, so that no data set has to be on this machine; else none that mean anything."""
    epochs = run.snapshot_epochs()
    known = run.snapshot(epochs[-1]).get("original") if epochs else None
    if known is not None:
        return np.asarray(known, np.uint8)
    return np.random.default_rng(0).integers(0, 256, (IMAGES, *run.config().image), np.uint8)


def make_forms(encoder: keras.Model, decoder: keras.Model, images: np.ndarray, seed: int = 0) -> dict[str, Form]:
    """Convert both networks; a form that fails to convert or computes something else has a reason and no bytes."""
    pictures = images[:IMAGES].astype(np.float32) / 255
    codes = _outputs(encoder, pictures)[0][:CODES]
    draws = np.random.default_rng(seed).standard_normal((CODES, codes.shape[1]), dtype=np.float32)
    models = {"encoder": encoder, "decoder": decoder}
    inputs = {"encoder": pictures, "decoder": np.concatenate([codes, draws])}
    return {name: _form(name, model, inputs[name]) for name, model in models.items()}


def convert(model: keras.Model, name: str) -> bytes:
    """The network as a LiteRT file, a signature for each batch size; they share the weights."""
    import tensorflow as tf

    # Weights that enter the trace as constants need no freezing, and the converter keeps equal ones once.
    weights = [tf.constant(variable.numpy()) for variable in model.trainable_variables]
    fixed = [tf.constant(variable.numpy()) for variable in model.non_trainable_variables]

    def signature(batch: int) -> tf.types.experimental.PolymorphicFunction:
        def call(rows: Tensor) -> dict[str, Tensor]:
            found, _ = model.stateless_call(weights, fixed, rows, training=False)
            return dict(zip(OUTPUTS[name], _as_list(found), strict=False))

        shape = (batch, *model.input_shape[1:])
        return tf.function(call, input_signature=[tf.TensorSpec(shape, tf.float32, name=INPUTS[TASKS[name]])])

    return _converted({f"{TASKS[name]}_{batch}": signature(batch) for batch in BATCHES})


def _converted(signatures: dict[str, tf.types.experimental.PolymorphicFunction]) -> bytes:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
        try:
            return bytes(converter.convert())
        except Exception as error:  # the converter's own class is private; its message names the operation
            raise LoupeError(f"it cannot be converted: {_in_short(error)}") from error


def custom_operations(data: bytes) -> list[str]:
    """Names of the operations that plain LiteRT does not have: TensorFlow's own (Flex), or unknown ones."""
    from ai_edge_litert.schema_py_generated import Model

    model = Model.GetRootAs(data, 0)
    codes = (model.OperatorCodes(index).CustomCode() for index in range(model.OperatorCodesLength()))
    return sorted(code.decode() for code in codes if code)


def _form(name: str, model: keras.Model, rows: np.ndarray) -> Form:
    try:
        return _checked(name, model, convert(model, name), rows)
    except LoupeError as error:
        return Form(reason=str(error))


def _checked(name: str, model: keras.Model, converted: bytes, rows: np.ndarray) -> Form:
    foreign = custom_operations(converted)
    if foreign:
        return Form(reason=f"it needs operations that run only inside TensorFlow: {', '.join(foreign)}")
    difference = _difference(_outputs(model, rows), Network.of(converted, TASKS[name]), rows)
    if not difference <= TOLERANCE:  # not a number fails as well
        return Form(difference=difference, reason=f"it differs from the trained network by {difference:.2g}")
    return Form(converted, difference)


def _difference(reference: list[np.ndarray], portable: Network, rows: np.ndarray) -> float:
    """The worst of every output, through the signature for one row and through the one for many."""
    worst = []
    for times in (1, BATCHES[-1]):  # few rows run one by one, a full batch runs at once
        found = portable(np.concatenate([rows] * times)[: max(len(rows), times)])
        for values, expected in zip(_in_order(found), reference, strict=True):
            expected = np.resize(expected, values.shape)
            worst.append(np.abs(values - expected).max() / max(1.0, np.abs(expected).max()))
    return float(np.max(worst))


def _in_order(found: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [found[name] for names in OUTPUTS.values() for name in names if name in found]


def _outputs(model: keras.Model, rows: np.ndarray) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(value) for value in _as_list(model(rows, training=False))]


def _as_list(found: Tensor | Sequence[Tensor]) -> list[Tensor]:
    return list(found) if isinstance(found, list | tuple) else [found]


def _writer(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def _in_short(error: Exception) -> str:
    """The operations that the converter does not know, out of a message of many lines; else its first line."""
    known = re.search(r"^\w+ ops: (.+)$", str(error), re.MULTILINE)
    return f"no portable operation does {known[1]}" if known else str(error).strip().partition("\n")[0][:200]
