"""Models that were made to do harm: each is refused by its form, before Keras or HDF5 does what it says.

A form of attack has a number, and a test that bears it: docs/reliability.md counts them.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
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
Replaced = Mapping[str, Any]  # in the place of a layer's own words
CODE: Mapping[str, tuple[Replaced, str]] = {
    "a module of another package": ({"module": "os"}, "an object os.Dense"),
    "os.system": ({"module": "os", "class_name": "system"}, "the class 'system'"),
    "builtins.exec": ({"module": "builtins", "class_name": "exec"}, "the class 'exec'"),
    "subprocess.Popen": ({"module": "subprocess", "class_name": "Popen"}, "the class 'Popen'"),
    "importlib as a Dense": ({"module": "importlib"}, "an object importlib.Dense"),
    "in compile_config": ({"compile_config": {"optimizer": EVIL}}, "compile_config"),
    "in build_config": ({"build_config": {"input_shape": [None, 64], "x": EVIL}}, "build_config"),
    "as an argument": ({"inbound_nodes": [{"args": [EVIL], "kwargs": {}}]}, "inbound_nodes"),
    "as an option of a call": ({"inbound_nodes": [{"args": [[]], "kwargs": {"mask": EVIL}}]}, "inbound_nodes"),
    "no class": ({"class_name": None}, "a layer without a class"),
    "called twice": ({"inbound_nodes": [{}, {}]}, "inbound_nodes"),
}


@pytest.mark.parametrize("variant", CODE)
def test_form_03_code_named_in_a_description(variant: str, own: Run) -> None:
    """CVE-2025-1550: a description of a model that names what is to be called."""
    replaced(own, *CODE[variant])


GADGETS: Mapping[str, tuple[Replaced, str]] = {
    "module null": ({"module": None}, "an object None.Dense"),
    "get_file, module null": ({"module": None, "class_name": "get_file"}, "the class 'get_file'"),
    "module below keras": ({"module": "keras.src.legacy.saving"}, "an object keras.src.legacy"),
    "a class of Keras' own": ({"module": "keras.src.models.cloning", "class_name": "Dense"}, "an object keras.src"),
    "a function of Keras' own": ({"module": "keras.utils", "class_name": "get_file"}, "the class 'get_file'"),
    "the loader itself": ({"module": "keras.saving", "class_name": "load_model"}, "the class 'load_model'"),
    "Lambda": (LAMBDA, "the class 'Lambda'"),
    "TorchModuleWrapper": ({"class_name": "TorchModuleWrapper"}, "the class 'TorchModuleWrapper'"),
}


@pytest.mark.parametrize("variant", GADGETS)
def test_form_04_a_gadget_out_of_keras(variant: str, own: Run) -> None:
    """CVE-2025-8747: a function of Keras' own that does harm, its module null or missing."""
    replaced(own, *GADGETS[variant])


def test_form_04_a_gadget_without_a_module(own: Run) -> None:
    """CVE-2025-8747."""
    document = description(own.model)
    del layer(document)["module"]
    describe(own.model, document)
    refused(own, "an object None.Dense")


WRAPPED: Mapping[str, tuple[Replaced, str]] = {
    "TFSMLayer": (SAVED, "the class 'TFSMLayer'"),
    "in TimeDistributed": (
        {"class_name": "TimeDistributed", "config": {"name": "dense_1", "layer": SAVED}},
        "'TimeDistributed'",
    ),
    "in Bidirectional": ({"class_name": "Bidirectional", "config": {"name": "b", "layer": SAVED}}, "'Bidirectional'"),
    "in a Sequential": ({"class_name": "Sequential", "config": {"layers": [LAMBDA]}}, "'Sequential'"),
    "by its registered name alone": ({"registered_name": "evil>Dense"}, "registered_name"),
    "as a shared object": ({"shared_object_id": 1}, "shared_object_id"),
    "in a network": ({"class_name": "Functional", "config": {"layers": [SAVED]}}, "'Functional'"),
}


@pytest.mark.parametrize("variant", WRAPPED)
def test_form_05_a_layer_in_a_wrapper(variant: str, own: Run) -> None:
    """CVE-2026-1462: what is refused by itself, inside a wrapper or under another name."""
    replaced(own, *WRAPPED[variant])


def replaced(run: Run, words: Replaced, told: str) -> None:
    document = description(run.model)
    layer(document).update(words)
    describe(run.model, document)
    refused(run, told)


OPTIONS: Mapping[str, tuple[str, Document]] = {
    "function": ("Dense", {"activation": EVIL}),
    "function by name": ("Dense", {"activation": "softmax"}),
    "lambda": ("Dense", {"activation": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}}),
    "initializer": ("Dense", {"kernel_initializer": {**EVIL, "class_name": "Orthogonal"}}),
    "initializer elsewhere": ("Dense", {"bias_initializer": {"module": "os", "class_name": "Zeros", "config": {}}}),
    "regularizer": ("Dense", {"kernel_regularizer": EVIL}),
    "dtype": ("Dense", {"dtype": {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {}}}),
    "another dtype": ("Dense", {"dtype": "string"}),
    "a size that is true": ("Dense", {"units": True}),
    "a negative size": ("Dense", {"units": -1}),
    "lora": ("Dense", {"lora_rank": 4}),
    "quantised": ("Dense", {"quantization_config": EVIL}),
    "input": ("InputLayer", {"batch_shape": [None, "8", 8, 1]}),
    "sparse": ("InputLayer", {"sparse": True}),
}


@pytest.mark.parametrize("variant", OPTIONS)
def test_form_03_code_in_an_option(variant: str, own: Run) -> None:
    """CVE-2025-1550: a known layer with an option that the notation has not."""
    optioned(own, *OPTIONS[variant])


NAMES = {
    "upwards": "..",
    "with a slash": "a/../../b",
    "absolute": "/etc/passwd",
    "with a backslash": "..\\..\\b",
    "with a zero byte": "a\0b",
    "a point": ".",
    "none": "",
    "far too long": "a" * 10_000,
}


@pytest.mark.parametrize("variant", NAMES)
def test_form_07_a_layer_named_like_a_path(variant: str, own: Run) -> None:
    """CVE-2026-12479: the name of a layer becomes a path where it is saved."""
    optioned(own, "Dense", {"name": NAMES[variant]})


@pytest.mark.parametrize("size", [10**9, 10**12, 2**63, 10**400], ids=["10^9", "10^12", "2^63", "10^400"])
def test_form_08_a_layer_of_any_size(size: int, own: Run) -> None:
    """keras PR#23016: a description of a few bytes that asks for gigabytes."""
    optioned(own, "Dense", {"units": size})


def optioned(run: Run, kind: str, options: Document) -> None:
    document = description(run.model)
    found = layer(document, kind)
    found["config"].update(options)
    found["name"] = found["config"]["name"]
    describe(run.model, document)
    refused(run, "cannot be read")


def test_two_layers_of_one_name_are_refused(own: Run) -> None:
    document = description(own.model)
    inner = document["config"]["layers"][1]["config"]["layers"]
    inner[-1]["name"] = inner[-1]["config"]["name"] = inner[-2]["name"]
    describe(own.model, document)
    refused(own, "two layers of the name")


MEMBERS: Mapping[str, Callable[[dict[str, bytes]], Any]] = {
    "config.txt beside it": lambda held: held.update({"config.txt": held["config.json"]}),
    "config.JSON beside it": lambda held: held.update({"CONFIG.JSON": held["config.json"]}),
    "./config.json beside it": lambda held: held.update({"./config.json": held["config.json"]}),
    "one in a folder": lambda held: held.update({"x/config.json": held["config.json"]}),
    "a vocabulary": lambda held: held.update({"assets/vocabulary.txt": b"x"}),
    "no metadata": lambda held: held.pop("metadata.json"),
    "weights of another kind": lambda held: held.update({"model.weights.npz": held.pop("model.weights.h5")}),
}


@pytest.mark.parametrize("variant", MEMBERS)
def test_form_09_two_descriptions_in_one_archive(variant: str, own: Run) -> None:
    """A parser differential: what is checked is what anybody reads, so nothing stands beside it."""
    held = members(own.model)
    MEMBERS[variant](held)
    written(own.model, held)
    refused(own, "model.weights.h5, each once")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_form_09_a_description_that_is_there_twice(own: Run) -> None:
    """A parser differential: some take the first of a name, and some the last."""
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


def external_in_soft(file: h5py.File) -> None:
    """Two steps: a plain name of another file's."""
    file["elsewhere"] = h5py.ExternalLink("/etc/other.h5", "/")
    del file[PLACE]
    file[PLACE] = h5py.SoftLink("/elsewhere/secret")


LINKS = [external_link, external_group, soft_link, soft_group, outside, virtual, external_in_soft]
MOUNTAINS = [mountain, packed_mountain, one_for_many]
OTHERS = [other_numbers, words, a_group]


@pytest.mark.parametrize("change", LINKS)
def test_form_06_weights_that_lie_elsewhere(change: Callable[[h5py.File], None], own: Run) -> None:
    """CVE-2026-1669: HDF5's external, virtual and soft links, at each level."""
    reweighted(own, change)
    refused(own, "points to other files")


@pytest.mark.parametrize("change", MOUNTAINS)
def test_form_08_weights_of_a_few_bytes_that_declare_gigabytes(change: Callable[[h5py.File], None], own: Run) -> None:
    """keras PR#23016."""
    reweighted(own, change)
    refused(own, "that it does not hold")


@pytest.mark.parametrize("change", OTHERS)
def test_weights_of_another_kind_are_refused(change: Callable[[h5py.File], None], own: Run) -> None:
    reweighted(own, change)
    refused(own, "that it does not hold|is damaged|points to other files")


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
