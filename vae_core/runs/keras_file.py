"""A saved Keras model as plain data: its networks' layers, and their weights. Nothing of Keras is loaded or run.

The file may come from anybody. It is an archive of exactly what Keras writes, its description is compared with the list
in `stock.py`, and an array counts only where all of its numbers lie in the file.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_core.data.archives import DAMAGED, METHODS
from vae_core.errors import LoupeError
from vae_core.runs import own, stock

if TYPE_CHECKING:
    import h5py
    import numpy as np

# numpy and h5py are imported where they are used: the first page, which can take runs in, comes sooner.
MEMBERS = (("metadata", "json"), ("config", "json"), ("model.weights", "h5"))
FLOAT = 4  # bytes
MOST_TEXT = 2**24  # bytes of a description
MOST_BYTES = 2**29  # of the weights; the largest model that can be trained has 200 MB
Described = Mapping[str, Any]  # a part of the description, which `stock.check` has read
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
    weights: Mapping[str, tuple[h5py.Dataset, ...]]  # by layer, in the open file: read only when needed

    @property
    def size(self) -> int:
        """Bytes of all weights in float32."""
        return sum(FLOAT * math.prod(array.shape) for arrays in self.weights.values() for array in arrays)

    def arrays(self, name: str, *shapes: tuple[int, ...]) -> list[np.ndarray]:
        """The layer's weights, which must have these shapes, as float64: what is folded together is rounded once."""
        import numpy as np

        held = self.weights.get(name, ())
        if [tuple(array.shape) for array in held] != list(shapes):
            raise LoupeError(f"The weights of the layer {name} do not have the shapes that its description asks for")
        return [np.asarray(array[()], np.float64) for array in held]


def read(path: Path, most_bytes: int = MOST_BYTES) -> dict[str, Graph]:
    """The encoder and the decoder, by name; a LoupeError that names the file where it cannot be read."""
    name = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise LoupeError(
            f"{path.parent.name} has no {path.name}",
            "A model that was trained to its first best epoch",
            "Let its training come that far",
        )
    try:
        with own.opened(path, "rb") as file, zipfile.ZipFile(file) as archive:
            _, text, weights = _members(archive, most_bytes)
            document = json.loads(archive.read(text))
            stock.check(document)
            return dict(_networks(document["config"], _Weights(archive.read(weights))))
    except LoupeError as error:
        expected = f". {error.expected}" if error.expected else ""
        raise LoupeError(f"{name} cannot be read", f"{error.happened}{expected}", "Train the run again") from None
    except (*DAMAGED, *SPOILED):
        raise LoupeError(f"{name} is damaged, or no model of this program", fix="Train the run again") from None


def check(path: Path, parameters: int) -> None:
    """A LoupeError where it cannot be read, or is not the model of so many parameters."""
    held = sum(graph.size for graph in read(path, FLOAT * parameters + MOST_TEXT).values()) // FLOAT
    if held != parameters:
        raise LoupeError(
            f"{path.parent.name}/{path.name} has {held:,} parameters",
            f"The run's settings describe a model with {parameters:,}",
        )


def fingerprint(path: Path) -> tuple[int, ...]:
    """Checksums of what the model is made of, as its archive's directory has them: quick, whatever the size."""
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(info.CRC for info in archive.infolist())
    except (*DAMAGED, *SPOILED):
        return ()


def _members(archive: zipfile.ZipFile, most_bytes: int) -> list[zipfile.ZipInfo]:
    """Exactly those that Keras writes, once each: what is checked is then what anybody reads."""
    wanted = sorted(".".join(member) for member in MEMBERS)
    found = {info.filename: info for info in archive.infolist()}
    if sorted(info.filename for info in archive.infolist()) != wanted:
        raise LoupeError(
            f"It holds the files {', '.join(map(repr, found))[:200]}", f"A model holds {', '.join(wanted)}, each once"
        )
    members = [found[".".join(member)] for member in MEMBERS]
    for info, most in zip(members, (MOST_TEXT, MOST_TEXT, most_bytes), strict=True):
        if info.file_size > most or info.compress_type not in METHODS:
            raise LoupeError(f"{info.filename} in it has {info.file_size:,} bytes", f"At most {most:,} were expected")
    return members


class _Weights:
    """The HDF5 file inside: groups of arrays, followed by plain links alone."""

    def __init__(self, data: bytes) -> None:
        import h5py

        self._file = h5py.File(BytesIO(data), "r")
        self._left = len(data)  # bytes that arrays can still claim: none lies where another does

    def groups(self, parent: h5py.Group | None = None) -> dict[str, h5py.Group]:
        """What a group holds by the layers' names; the groups themselves have running numbers."""
        layers = self._group(self._file if parent is None else parent, "layers")
        return {self._name(group): group for group in (self._group(layers, key) for key in layers)}

    def arrays(self, group: h5py.Group) -> tuple[h5py.Dataset, ...]:
        held = self._group(group, "vars")
        return tuple(self._array(held, key) for key in sorted(held, key=int))

    def _name(self, group: h5py.Group) -> str:
        attributes = self._group(group, "vars").attrs
        if attributes.get_id("name").shape != ():
            raise ValueError("no name")
        return str(attributes["name"])

    def _group(self, parent: h5py.Group, key: str) -> h5py.Group:
        import h5py

        found = _own(parent, key)
        if not isinstance(found, h5py.Group):
            raise ValueError("no group")
        return found

    def _array(self, parent: h5py.Group, key: str) -> h5py.Dataset:
        """Of which every number lies in the file itself: one that only declares them would ask for their memory."""
        import h5py

        found = _own(parent, key)
        if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
            raise LoupeError("It points to other files")
        size = FLOAT * math.prod(found.shape)
        whole = found.dtype == "<f4" and found.chunks is None and found.id.get_storage_size() == size
        self._left -= size
        if not whole or self._left < 0:
            raise LoupeError(f"It declares weights of {size:,} bytes that it does not hold as plain numbers")
        return found


def _own(group: h5py.Group, key: str) -> h5py.Group | h5py.Dataset:
    """A part that lies in the file itself: a link or an array elsewhere would read somebody else's file."""
    import h5py

    link = group.get(key, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        raise LoupeError("It points to other files")
    return group[key]


def _networks(model: Described, weights: _Weights) -> Iterator[tuple[str, Graph]]:
    groups = weights.groups()
    for each in model["layers"]:
        if each["name"] in stock.NETWORKS:
            yield each["name"], _graph(each["config"], weights, groups[each["name"]])


def _graph(network: Described, weights: _Weights, group: h5py.Group) -> Graph:
    layers = tuple(_layer(each) for each in network["layers"])
    held = {name: weights.arrays(each) for name, each in weights.groups(group).items()}
    inputs, outputs = (_ends(network[key]) for key in ("input_layers", "output_layers"))
    return Graph(layers, inputs[0], outputs, held)


def _layer(each: Described) -> Layer:
    nodes = each["inbound_nodes"]
    return Layer(each["name"], each["class_name"], each["config"], _sources(nodes), len(nodes))


def _sources(nodes: list[Described]) -> tuple[str, ...]:
    found = nodes[0]["args"] if nodes else []
    tensors = found[0] if found and isinstance(found[0], list) else found
    return tuple(tensor["config"]["keras_history"][0] for tensor in tensors)


def _ends(named: list[Any]) -> tuple[str, ...]:
    """Keras writes one end as [name, 0, 0], several as a list of those."""
    return tuple(end[0] for end in (named if isinstance(named[0], list) else [named]))
