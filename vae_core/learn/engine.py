"""Which backend's steps train a network."""

from __future__ import annotations

import keras
import numpy as np

from vae_core.learn.steps import Steps, Task


def make(task: Task, pixels: np.ndarray, noisy: np.ndarray | None = None) -> Steps:
    """The steps of the backend that Keras runs on; `noisy` is a corrupted copy that is used in every epoch."""
    if keras.backend.backend() == "jax":
        from vae_core.learn.jax_steps import JaxSteps

        return JaxSteps(task, pixels, noisy)
    from vae_core.learn.tensorflow_steps import TensorFlowSteps

    return TensorFlowSteps(task, pixels, noisy)
