"""Models that were made to do harm: each is refused by its form, before Keras or HDF5 does what it says.

CVE-2025-1550, CVE-2025-8747, CVE-2026-1462, CVE-2026-1669, CVE-2026-12479 and what is like them.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from vae_core.errors import LoupeError
from vae_core.runs import keras_file, transfer
from vae_core.runs.store import Run

Document = dict[str, Any]
PLACE = "layers/functional/layers/dense/vars/0"


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, held: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in held.items():
            archive.writestr(name, data)


def description(path: Path) -> Document:
    return dict(json.loads(members(path)["config.json"]))


def describe(path: Path, document: Any) -> None:
    written(path, {**members(path), "config.json": json.dumps(document).encode()})


def layer(document: Document, kind: str = "Dense") -> Document:
    """One of its encoder."""
    encoder = document["config"]["layers"][1]
    return next(each for each in encoder["config"]["layers"] if each["class_name"] == kind)


def refused(run: Run, told: str) -> None:
    """At home, in the layers of a map, and in a zip."""
    from vae_core.learn import features

    for use in (
        lambda: keras_file.read(run.model),
        lambda: features.activations(run, 0, np.zeros((1, 8, 8, 1), np.uint8), lambda *_: None),
        lambda: taken_in(run),
    ):
        with pytest.raises(LoupeError, match=told):
            use()


def taken_in(run: Run) -> Run:
    parcel = io.BytesIO()
    transfer.pack(run.settings, [run.id], parcel)
    return transfer.unpack(run.settings, parcel)[0]


def test_what_the_trainer_saves_is_read(own: Run) -> None:
    assert set(keras_file.read(own.model)) == {"encoder", "decoder"}
    assert taken_in(own).model.read_bytes() == own.model.read_bytes()


EVIL = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "registered_name": None,
    "name": "dense_1",
    "config": {"name": "dense_1", "function": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}},
    "inbound_nodes": [],
}
SAVED = {
    "module": "keras.layers",
    "class_name": "TFSMLayer",
    "registered_name": None,
    "config": {"name": "inner", "filepath": "/tmp/evil", "call_endpoint": "serve"},
}
OBJECTS: dict[str, tuple[Document, str]] = {  # in the place of a layer's own words
    "module null": ({"module": None}, "an object None.Dense"),
    "module of another package": ({"module": "os"}, "an object os.Dense"),
    "module below keras": ({"module": "keras.src.legacy.saving"}, "an object keras.src.legacy"),
    "a class of Keras' own": ({"module": "keras.src.models.cloning", "class_name": "Dense"}, "an object keras.src"),
    "a function of Keras' own": ({"module": "keras.utils", "class_name": "get_file"}, "the class 'get_file'"),
    "the loader itself": ({"module": "keras.saving", "class_name": "load_model"}, "the class 'load_model'"),
    "Lambda": (LAMBDA, "the class 'Lambda'"),
    "TFSMLayer": (SAVED, "the class 'TFSMLayer'"),
    "TorchModuleWrapper": ({"class_name": "TorchModuleWrapper"}, "the class 'TorchModuleWrapper'"),
    "wrapper": ({"class_name": "TimeDistributed", "config": {"name": "dense_1", "layer": SAVED}}, "'TimeDistributed'"),
    "model in a layer": ({"class_name": "Sequential", "config": {"layers": [LAMBDA]}}, "'Sequential'"),
    "no class": ({"class_name": None}, "a layer without a class"),
    "registered name": ({"registered_name": "evil>Dense"}, "registered_name"),
    "shared object": ({"shared_object_id": 1}, "shared_object_id"),
    "compiled": ({"compile_config": {"optimizer": EVIL}}, "compile_config"),
    "built": ({"build_config": {"input_shape": [None, 64], "x": EVIL}}, "build_config"),
    "called with more": ({"inbound_nodes": [{"args": [EVIL], "kwargs": {}}]}, "inbound_nodes"),
    "called with options": ({"inbound_nodes": [{"args": [[]], "kwargs": {"mask": EVIL}}]}, "inbound_nodes"),
    "called twice": ({"inbound_nodes": [{}, {}]}, "inbound_nodes"),
}


@pytest.mark.parametrize("form", OBJECTS)
def test_a_layer_that_is_none_of_the_notations_is_refused(form: str, own: Run) -> None:
    document, (words, told) = description(own.model), OBJECTS[form]
    layer(document).update(words)
    describe(own.model, document)
    refused(own, told)


def test_a_layer_without_a_module_is_refused(own: Run) -> None:
    document = description(own.model)
    del layer(document)["module"]
    describe(own.model, document)
    refused(own, "an object None.Dense")


OPTIONS: dict[str, tuple[str, Document]] = {
    "function": ("Dense", {"activation": EVIL}),
    "function by name": ("Dense", {"activation": "softmax"}),
    "lambda": ("Dense", {"activation": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}}),
    "initializer": ("Dense", {"kernel_initializer": {**EVIL, "class_name": "Orthogonal"}}),
    "initializer elsewhere": ("Dense", {"bias_initializer": {"module": "os", "class_name": "Zeros", "config": {}}}),
    "regularizer": ("Dense", {"kernel_regularizer": EVIL}),
    "dtype": ("Dense", {"dtype": {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {}}}),
    "another dtype": ("Dense", {"dtype": "string"}),
    "a size that is true": ("Dense", {"units": True}),
    "a huge size": ("Dense", {"units": 10**12}),
    "a negative size": ("Dense", {"units": -1}),
    "lora": ("Dense", {"lora_rank": 4}),
    "quantised": ("Dense", {"quantization_config": EVIL}),
    "input": ("InputLayer", {"batch_shape": [None, "8", 8, 1]}),
    "sparse": ("InputLayer", {"sparse": True}),
    "a path": ("Dense", {"name": ".."}),
    "a longer path": ("Dense", {"name": "a/../../b"}),
    "no name": ("Dense", {"name": ""}),
}


@pytest.mark.parametrize("form", OPTIONS)
def test_an_option_that_the_notation_has_not_is_refused(form: str, own: Run) -> None:
    document, (kind, options) = description(own.model), OPTIONS[form]
    found = layer(document, kind)
    found["config"].update(options)
    found["name"] = found["config"]["name"]
    describe(own.model, document)
    refused(own, "cannot be read")


def test_two_layers_of_one_name_are_refused(own: Run) -> None:
    document = description(own.model)
    inner = document["config"]["layers"][1]["config"]["layers"]
    inner[-1]["name"] = inner[-1]["config"]["name"] = inner[-2]["name"]
    describe(own.model, document)
    refused(own, "two layers of the name")


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.update({"config.txt": held["config.json"]}),
        lambda held: held.update({"CONFIG.JSON": held["config.json"]}),
        lambda held: held.update({"assets/vocabulary.txt": b"x"}),
        lambda held: held.pop("metadata.json"),
        lambda held: held.update({"model.weights.npz": held.pop("model.weights.h5")}),
    ],
)
def test_an_archive_of_other_files_is_refused(change: Callable[[dict[str, bytes]], Any], own: Run) -> None:
    """What is checked is what anybody reads: nothing stands beside it."""
    held = members(own.model)
    change(held)
    written(own.model, held)
    refused(own, "model.weights.h5, each once")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(own: Run) -> None:
    with zipfile.ZipFile(own.model, "a") as archive:
        archive.writestr("config.json", json.dumps(LAMBDA))
    refused(own, "each once")


def test_an_archive_packed_in_another_way_is_refused(own: Run) -> None:
    written(own.model, members(own.model), zipfile.ZIP_LZMA)
    refused(own, "cannot be read")


def reweighted(run: Run, change: Callable[[h5py.File], None]) -> None:
    held = members(run.model)
    weights = io.BytesIO(held["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        change(file)
    written(run.model, {**held, "model.weights.h5": weights.getvalue()})


def external_link(file: h5py.File) -> None:
    del file[PLACE]
    file[PLACE] = h5py.ExternalLink("/etc/other.h5", "secret")


def external_group(file: h5py.File) -> None:
    del file["layers/functional"]
    file["layers/functional"] = h5py.ExternalLink("/etc/other.h5", "/")


def soft_link(file: h5py.File) -> None:
    del file[PLACE]
    file[PLACE] = h5py.SoftLink("/layers/functional_1/layers/dense/vars/0")


def soft_group(file: h5py.File) -> None:
    file.move("layers", "moved")
    file["layers"] = h5py.SoftLink("/moved")


def outside(file: h5py.File) -> None:
    shape = file[PLACE].shape
    del file[PLACE]
    file.create_dataset(PLACE, shape, np.float32, external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def virtual(file: h5py.File) -> None:
    shape = file[PLACE].shape
    del file[PLACE]
    layout = h5py.VirtualLayout(shape, np.float32)
    layout[:] = h5py.VirtualSource("/etc/other.h5", "secret", shape)
    file.create_virtual_dataset(PLACE, layout)


def mountain(file: h5py.File) -> None:
    """A few bytes that declare four terabytes, to be filled with zeros by whoever reads them."""
    del file[PLACE]
    file.create_dataset(PLACE, (2**20, 2**20), np.float32)


def packed_mountain(file: h5py.File) -> None:
    del file[PLACE]
    file.create_dataset(PLACE, (2**20, 2**20), np.float32, chunks=(2**10, 2**10), compression="gzip")


def other_numbers(file: h5py.File) -> None:
    shape = file[PLACE].shape
    del file[PLACE]
    file[PLACE] = np.ones(shape, np.float64)


def words(file: h5py.File) -> None:
    del file[PLACE]
    file[PLACE] = "words"


def one_for_many(file: h5py.File) -> None:
    """Small in the file, and large for whoever reads every name of it."""
    group = file["layers/functional/layers/dense/vars"]
    for number in range(2, 90):
        group[str(number)] = group["0"]


def a_group(file: h5py.File) -> None:
    del file[PLACE]
    file.create_group(PLACE)


HDF5 = [
    external_link,
    external_group,
    soft_link,
    soft_group,
    outside,
    virtual,
    mountain,
    packed_mountain,
    other_numbers,
    words,
    one_for_many,
    a_group,
]


@pytest.mark.parametrize("change", HDF5)
def test_weights_that_do_not_lie_in_the_file_are_refused(change: Callable[[h5py.File], None], own: Run) -> None:
    reweighted(own, change)
    refused(own, "points to other files|that it does not hold|is damaged")


def test_a_model_that_is_not_its_settings_is_not_taken_in(own: Run) -> None:
    reweighted(own, lambda file: file.__delitem__(PLACE))
    with pytest.raises(LoupeError, match="parameters. The run's settings describe a model with"):
        taken_in(own)


FOREIGN = (None, True, -1, 10**400, 0.5, "", "..", "a" * 10**4, [], {}, [[]], EVIL, LAMBDA, SAVED, {"class_name": []})


def test_a_description_that_was_changed_anywhere_is_read_or_refused(own: Run) -> None:
    whole, chance = description(own.model), random.Random(0)
    for _ in range(150):
        document = json.loads(json.dumps(whole))
        holder, key = chance.choice(list(places(document)))
        holder[key] = chance.choice(FOREIGN)
        describe(own.model, document)
        try:
            keras_file.read(own.model)
        except LoupeError as error:
            assert str(error).startswith(f"{own.id}/model.keras")


def places(value: Any) -> Any:
    """Whatever can be changed in it."""
    for key, part in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(part, dict | list):
            yield from places(part)
