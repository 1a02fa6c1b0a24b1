"""Which backend's steps train a network."""

from __future__ import annotations

import keras

from vae_core.learn.steps import Steps, Task


def make(task: Task) -> Steps:
    """The steps of the backend that Keras runs on."""
    if keras.backend.backend() == "jax":
        from vae_core.learn.jax_steps import JaxSteps

        return JaxSteps(task)
    from vae_core.learn.tensorflow_steps import TensorFlowSteps

    return TensorFlowSteps(task)
