"""A saved Keras model as plain data: its networks' layers, and their weights. Nothing of Keras is loaded or run."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.errors import LoupeError

MOST_BYTES = 2**29  # of one member; the largest model that can be trained has 200 MB of weights
SPOILED = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RuntimeError, RecursionError, EOFError)


@dataclass(frozen=True)
class Layer:
    name: str
    kind: str  # Keras' name of the class
    options: Mapping[str, Any]
    inputs: tuple[str, ...]  # names of the layers whose outputs it takes
    calls: int


@dataclass(frozen=True)
class Graph:
    """One network: layers in an order in which they can be computed, and what they hold."""

    layers: tuple[Layer, ...]
    input: str
    outputs: tuple[str, ...]
    weights: Mapping[str, tuple[Any, ...]]  # by layer: arrays of the open HDF5 file, read only when they are needed

    @property
    def size(self) -> int:
        """Bytes of all weights in float32."""
        return sum(4 * math.prod(array.shape) for arrays in self.weights.values() for array in arrays)

    def arrays(self, name: str, *shapes: tuple[int, ...]) -> list[np.ndarray]:
        """The layer's weights, which must have these shapes, as float64: what is folded together is rounded once."""
        held = self.weights.get(name, ())
        if [tuple(array.shape) for array in held] != list(shapes):
            raise LoupeError(f"The weights of the layer {name} do not have the shapes that its description asks for")
        return [np.asarray(array[()], np.float64) for array in held]


def read(path: Path) -> dict[str, Graph]:
    """The networks inside the model, by name; a LoupeError that names the file where it cannot be read."""
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise LoupeError(f"{path.parent.name} has no {path.name}", "A model that was trained to its first best epoch",
                         "Let its training come that far")  # fmt: skip
    try:
        with zipfile.ZipFile(path) as archive:
            document = json.loads(_member(archive, "config"))
            weights = _member(archive, "model.weights")
        return dict(_networks(document["config"], _open(weights)))
    except LoupeError as error:
        raise LoupeError(f"{name} cannot be read", error.happened, "Train the run again") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, *SPOILED):
        raise LoupeError(f"{name} is damaged, or no model of this program", fix="Train the run again") from None


def fingerprint(path: Path) -> tuple[int, ...]:
    """Checksums of what the model is made of, as its archive's directory has them: quick, whatever the size."""
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(info.CRC for info in archive.infolist())
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, *SPOILED):
        return ()


def _member(archive: zipfile.ZipFile, stem: str) -> bytes:
    """A member by its name without the suffix."""
    info = {each.filename.rpartition(".")[0]: each for each in archive.infolist()}[stem]
    if info.file_size > MOST_BYTES:
        raise LoupeError(f"{info.filename} in it has {info.file_size:,} bytes")
    return archive.read(info)


def _open(weights: bytes) -> Any:
    import h5py

    return h5py.File(BytesIO(weights), "r")


def _networks(model: Mapping[str, Any], file: Any) -> Iterator[tuple[str, Graph]]:
    groups = _groups(file["layers"])
    for each in model["layers"]:
        if each["class_name"] == "Functional":
            yield each["name"], _graph(each["config"], groups[each["name"]])


def _graph(network: Mapping[str, Any], group: Any) -> Graph:
    layers = tuple(_layer(each) for each in network["layers"])
    weights = {name: _arrays(held["vars"]) for name, held in _groups(group["layers"]).items()}
    inputs, outputs = (_ends(network[key]) for key in ("input_layers", "output_layers"))
    return Graph(layers, inputs[0], outputs, weights)


def _layer(each: Mapping[str, Any]) -> Layer:
    nodes = each["inbound_nodes"]
    return Layer(each["name"], each["class_name"], each["config"], _sources(nodes), len(nodes))


def _sources(nodes: list[Mapping[str, Any]]) -> tuple[str, ...]:
    found = nodes[0]["args"] if nodes else []
    tensors = found[0] if found and isinstance(found[0], list) else found
    return tuple(tensor["config"]["keras_history"][0] for tensor in tensors)


def _ends(named: list[Any]) -> tuple[str, ...]:
    """Keras writes one end as [name, 0, 0], several as a list of those."""
    return tuple(end[0] for end in (named if isinstance(named[0], list) else [named]))


def _groups(parent: Any) -> dict[str, Any]:
    """What a group holds by the layers' names; the groups themselves have running numbers."""
    return {str(_own(parent, key)["vars"].attrs["name"]): _own(parent, key) for key in parent}


def _arrays(group: Any) -> tuple[Any, ...]:
    return tuple(_own(group, key) for key in sorted(group, key=int))


def _own(group: Any, key: str) -> Any:
    """A part that lies in the file itself: a link or an array elsewhere would read somebody else's file."""
    import h5py

    found = group[key] if isinstance(group.get(key, getlink=True), h5py.HardLink) else None
    if found is None or (isinstance(found, h5py.Dataset) and (found.external or found.is_virtual)):
        raise LoupeError("It points to other files")
    return found
