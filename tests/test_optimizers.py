"""The optimisers that train take the steps of Keras' own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from trainings import PLAIN

from vae_core.learn import optimizers

RATE = 0.01
KERAS = {
    "adam": lambda **average: keras.optimizers.Adam(RATE, **average),
    "adamw": lambda **average: keras.optimizers.AdamW(RATE, weight_decay=0.004, **average),
    "sgd": lambda **average: keras.optimizers.SGD(RATE, momentum=0.9, **average),
}


def after_steps(optimizer: Any) -> list[np.ndarray]:
    """Weights, moments and averages after ten steps with the same gradients."""
    random = np.random.default_rng(0)
    weights = [keras.Variable(random.standard_normal(shape).astype("float32")) for shape in ((7, 5), (5,))]
    optimizer.build(weights)
    for number in range(10):
        optimizer.learning_rate = RATE / (1 + number)
        gradients = [random.standard_normal(weight.shape).astype("float32") for weight in weights]
        optimizer.apply([keras.ops.convert_to_tensor(each) for each in gradients], weights)
    return [np.asarray(variable) for variable in (*weights, *optimizer.variables)]


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize("name", KERAS)
def test_a_step_is_that_of_keras(name: str, ema: float) -> None:
    average = {"use_ema": True, "ema_momentum": ema} if ema else {}
    found = after_steps(optimizers.of(replace(PLAIN, optimizer=name, learning_rate=RATE, ema=ema)))
    known = after_steps(KERAS[name](**average))
    assert [each.shape for each in found] == [each.shape for each in known]
    assert all(np.allclose(one, other, rtol=1e-5, atol=1e-6) for one, other in zip(found, known, strict=True))
