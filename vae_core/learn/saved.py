"""A run's saved model as Keras networks, without Keras' loader: the settings say the layers, the file only the weights.

A model may have come with a run from anybody. Keras makes whatever a file describes; here a file describes nothing.
"""

from __future__ import annotations

import keras
import numpy as np

from vae_core.errors import LoupeError
from vae_core.learn import models
from vae_core.learn.models import Networks
from vae_core.runs import keras_file
from vae_core.runs.keras_file import Graph
from vae_core.runs.store import Run


def load(run: Run) -> Networks:
    """The networks of a run, with the weights of its best epoch."""
    networks = models.build(run.config().architecture())
    graphs = keras_file.read(run.model)
    fill(networks.encoder, graphs["encoder"])
    fill(networks.decoder, graphs["decoder"])
    return networks


def fill(network: keras.Model, graph: Graph) -> None:
    """Give a network the saved weights: both list their layers in the same order."""
    held = [arrays for layer in graph.layers if (arrays := graph.weights.get(layer.name))]
    wanted = [layer for layer in network.layers if layer.weights]
    if [_shapes(layer.weights) for layer in wanted] != [_shapes(arrays) for arrays in held]:
        raise LoupeError("The saved model is not the one that the run's settings describe", fix="Train the run again")
    for layer, arrays in zip(wanted, held, strict=True):
        layer.set_weights([np.asarray(array[()]) for array in arrays])


def _shapes(arrays: object) -> list[tuple[int, ...]]:
    return [tuple(array.shape) for array in arrays]  # type: ignore[attr-defined]  # Keras' and HDF5's
