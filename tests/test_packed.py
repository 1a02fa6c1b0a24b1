"""plane.bin: made from the saved model without Keras, kept, checked when read, made anew where it is of no use."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import h5py
import keras
import numpy as np
import packed_networks
import pytest
from support import loaded_by

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look.program import packed, packing, windows
from vae_core.runs import keras_file, stock, store
from vae_core.runs.store import Run
from vae_core.settings import Settings

L = keras.layers


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as the trainer saves it."""
    path = tmp_path_factory.mktemp("saved") / "saved.keras"
    return save(path, L.Reshape((4, 4, 1)))


@pytest.fixture
def run(settings: Settings, saved: Path) -> Run:
    run = store.create(settings, Config("digits", (4, 4, 1), "conv2 bn", latent=2, kind="ae"), {})
    shutil.copy(saved, run.model)
    return run


def save(path: Path, *last: L.Layer) -> Path:
    """A small autoencoder whose decoder ends in these layers, the first of which takes 16 numbers."""
    picture, code = keras.Input((4, 4, 1)), keras.Input((2,))
    encoder = keras.Model(
        picture, L.Dense(2)(L.Flatten()(L.BatchNormalization()(L.Conv2D(2, 3)(picture)))), name="encoder"
    )
    value = L.Dense(16)(code)
    for layer in last:
        value = layer(value)
    decoder = keras.Model(code, value, name="decoder")
    whole = keras.Input((4, 4, 1))
    keras.Model(whole, decoder(encoder(whole))).save(path)
    return path


# Kept in the run's folder.


def test_it_is_made_once_and_kept(run: Run) -> None:
    first = packed.of(run)
    assert all(first.part(name) and not first.reason(name) for name in stock.NETWORKS)
    written = run.plane.stat().st_mtime_ns
    assert packed.of(run) == first and run.plane.stat().st_mtime_ns == written
    run.model.unlink()
    assert packed.of(run) == first


def test_it_is_made_anew_after_the_model_has_changed(run: Run, tmp_path: Path) -> None:
    before = packed.of(run)
    shutil.copy(save(tmp_path / "other.keras", L.Reshape((4, 4, 1))), run.model)
    after = packed.of(run)
    assert after.part("decoder") != before.part("decoder")
    assert packed.read(run.plane.read_bytes(), "kept") == after


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "short": lambda data: data[:10],
    "cut": lambda data: data[:-100],
    "foreign": lambda data: b"GIF89a" + data,
    "one bit": lambda data: data[:-50] + bytes([data[-50] ^ 1]) + data[-49:],
    "header": lambda data: data.replace(b'"networks"', b'"nutworks"'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_anew_or_told(damage: str, run: Run) -> None:
    whole = packed.of(run)
    run.plane.write_bytes(DAMAGES[damage](run.plane.read_bytes()))
    assert packed.of(run) == whole
    assert packed.read(run.plane.read_bytes(), "kept") == whole

    run.plane.write_bytes(DAMAGES[damage](run.plane.read_bytes()))
    run.model.unlink()
    with pytest.raises(LoupeError, match=f"{run.id}/plane.bin is"):
        packed.of(run)


def test_a_newer_programs_file_is_left_alone(run: Run) -> None:
    whole = packed.of(run)
    newer = run.plane.read_bytes()[:4] + b"\x63" + run.plane.read_bytes()[5:]
    run.plane.write_bytes(newer)
    assert packed.of(run) == whole
    assert run.plane.read_bytes() == newer
    run.model.unlink()
    with pytest.raises(LoupeError, match=r"plane.bin has version 99. This program reads version 1. Update"):
        packed.of(run)


def test_where_it_cannot_be_kept_it_is_used_all_the_same(run: Run) -> None:
    run.plane.mkdir()  # a root may write to any folder, but nobody over this one
    found = packed.of(run)
    assert found.part("decoder") and run.plane.is_dir()
    assert not [path for path in run.path.iterdir() if path.name.startswith(".tmp")]


def test_many_may_ask_at_once(run: Run) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: packed.of(run), range(16)))
    assert all(each == found[0] for each in found)
    assert packed.read(run.plane.read_bytes(), "kept") == found[0]


def test_it_needs_no_tensorflow(run: Run) -> None:
    script = f"""
import pathlib
from vae_core.look.program import packed
from vae_core.runs import keras_file, stock
packed.pack(keras_file.read(pathlib.Path({str(run.model)!r}))["decoder"])
"""
    assert not loaded_by(script, run.settings) & {"tensorflow", "keras"}


# Models that cannot be packed.


def test_a_run_without_a_model_is_told(run: Run) -> None:
    run.model.unlink()
    with pytest.raises(LoupeError, match=f"{run.id} has no model.keras"):
        packed.of(run)


def test_a_damaged_model_is_told(run: Run) -> None:
    whole = run.model.read_bytes()
    for data in (b"", b"no archive at all", whole[: len(whole) // 2], whole[:300] + b"?" * 900 + whole[1200:]):
        run.model.write_bytes(data)
        with pytest.raises(LoupeError, match=f"{run.id}/model.keras is damaged"):
            packed.of(run)


@pytest.mark.parametrize("config", [b"", b"[]", b"{}", b'{"config": {"layers": [{"class_name": "Functional"}]}}'])
def test_an_archive_of_something_else_is_told(run: Run, config: bytes) -> None:
    replace_members(run.model, {"config.json": config})
    with pytest.raises(LoupeError, match=f"{run.id}/model.keras (is damaged, or no model|cannot be read)"):
        packed.of(run)


def test_weights_of_another_shape_are_a_reason(run: Run) -> None:
    def change(file: h5py.File) -> None:
        del file["layers/functional_1/layers/dense/vars/0"]
        file["layers/functional_1/layers/dense/vars/0"] = np.ones((3, 16), np.float32)

    change_weights(run.model, change)
    found = packed.of(run)
    assert found.part("encoder") and not found.part("decoder")
    assert "do not have the shapes" in found.reason("decoder")


def test_weights_that_are_no_numbers_are_a_reason(run: Run) -> None:
    def change(file: h5py.File) -> None:
        file["layers/functional_1/layers/dense/vars/1"][3] = np.nan

    change_weights(run.model, change)
    assert "no numbers" in packed.of(run).reason("decoder")


@pytest.mark.parametrize("last", [L.Reshape((2, 8, 1)), L.Dense(15)], ids=["shape", "size"])
def test_a_network_that_the_settings_do_not_describe_is_a_reason(last: L.Layer, run: Run) -> None:
    save(run.model, last)
    found = packed.of(run)
    assert found.part("encoder") and not found.part("decoder")
    assert "settings describe" in found.reason("decoder")


def test_a_network_that_is_too_large_is_a_reason(tmp_path: Path) -> None:
    config = Config("digits", (28, 28, 1), "flatten dense3000", "dense20 dense784:sigmoid reshape28x28x1", latent=2)
    with pytest.raises(LoupeError, match=r"it is too large for the browser: 9.0 MB, where 8 MB are the most"):
        list(packed_networks.cases(config, tmp_path, "large"))


# The bytes.


def test_what_is_written_is_read_again() -> None:
    network = packing.write(
        {
            "input": {"shape": [], "at": 0},
            "outputs": [{"shape": [2, 2], "at": 4}],
            "kernels": 4,
            "vectors": 0,
            "memory": 8,
            "half": False,
            "ops": [],
        },
        b"1234" * 4,
    )
    whole = packed.Packed({"decoder": network}, {"encoder": "it is ümläuted"}, (1, 2**32 - 1))
    assert packed.read(packed.write(whole), "it") == whole


@pytest.mark.parametrize(
    "change",
    [
        {"kernels": 0},
        {"memory": 3},
        {"memory": -1},
        {"ops": [["add", [0, 9999999, 0], [1]]]},
        {"ops": [["add", [0, 0, -4], [1]]]},
        {"ops": [["add", [0, 0, "0"], [1]]]},
        {"ops": [["add", [0, 0, 0], [0.5]]]},
        {"outputs": [{"shape": [99999999], "at": 0}]},
        {"input": {"shape": [-2], "at": 0}},
        {"input": None},
        {"half": True},
        {"half": []},
        {"outputs": []},
        {"memory": 2**40},
        {"ops": [["add", [0, 0, 0], [9999999]]]},
        {"ops": [["add", [0, 0, 0], [2**40]]]},
        {"ops": [["pool", [0, 0], [4, 4, 1, 0, 0]]]},  # would never end
        {"ops": [["enlarge", [0, 0], [2**31, 1, 0, 1]]]},
        {"ops": [["activate", [0, 0], [4, 9]]]},
        {"ops": [["frame", [0, 0, 0], [1, 1, 1, 1, 1, 2**40, 0]]]},
        {"ops": [["frame", [0, 0, 0], [1, 1, 1, 1, 1, 0, 2]]]},  # the kernel would look there, to read nothing
        {"ops": [["convolve", [0, 0, 0, 0], [2**31, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]]]},
        {"ops": [["convolve", [0, 0, 0, 0], [1, 1, 1, 1, 2**31, 0, 0, 1, 1, 1, 1]]]},
        {"ops": [["convolve", [0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3]]]},
        {"ops": [["convolve", [0, 0, 0, 0], [2, 1, 9999999, 1, 1, 1, 1, 1, 1, 1, 1]]]},
        {"ops": [["convolve", [0, 0, 0, 0], [1, 2, 1, 1, 1, 1, 1, 1, 9999999, 1, 1]]]},
        {"ops": [["memory", [0], [1]]]},
        {"ops": {}},
        {"outputs": [{"shape": {}, "at": 0}]},
    ],
)
def test_a_network_that_makes_no_sense_is_refused(change: dict[str, object], run: Run) -> None:
    data = packed.of(run).part("decoder")
    assert data is not None
    header = packing.read(data, "it")
    weights = data[-4 * (header["kernels"] + header["vectors"]) :]
    assert packing.write(header, weights) == data
    with pytest.raises(LoupeError, match="it holds a network that makes no sense"):
        packing.read(packing.write({**header, **change}, weights), "it")


def test_what_only_python_reads_as_json_is_refused() -> None:
    for text in ('{"x": NaN, "ops": []}', "\ufeff{}", "[]", '{"ops": 1}'):
        for data in (text.encode(), text.encode("utf-16")):
            with pytest.raises(LoupeError, match="makes no sense"):
                packing.read(packing.START.pack(packing.MAGIC, 1, len(data), 0) + data, "it")


def test_any_bytes_are_read_or_refused(run: Run) -> None:
    data = packed.of(run).part("encoder")
    assert data is not None
    random = np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(data)
        for place in random.integers(0, 400, 3):
            broken[place] = random.integers(256)
        try:
            packing.read(bytes(broken), "it")
        except LoupeError as error:
            assert str(error).startswith("it ")


def test_float16_holds_no_weight_that_is_too_large(run: Run) -> None:
    def change(file: h5py.File) -> None:
        file["layers/functional_1/layers/dense/vars/0"][0, 0] = 1e6

    change_weights(run.model, change)
    data = packed.of(run).part("decoder")
    assert data is not None
    with pytest.raises(LoupeError, match="too large for float16"):
        packing.halved(data)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize(("length", "kernel", "stride"), [(5, 3, 2), (4, 2, 3), (7, 5, 3), (1, 1, 2), (6, 4, 1)])
def test_every_output_belongs_to_one_phase(length: int, kernel: int, stride: int, same: bool) -> None:
    axis = windows.transposed(length, kernel, stride, same)
    places = [phase.first + i * axis.outputs_apart for phase in axis.phases for i in range(phase.count)]
    assert sorted(places) == list(range(axis.outputs))
    taps = [tap for phase in axis.phases for group in phase.taps for tap in group]
    assert sorted(taps) == list(range(kernel))


def replace_members(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**held, **members}.items():
            archive.writestr(name, data)


def change_weights(path: Path, change: Callable[[h5py.File], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        weights = BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        change(file)
    replace_members(path, {"model.weights.h5": weights.getvalue()})


def test_the_graph_is_read_from_the_description(saved: Path) -> None:
    graphs = keras_file.read(saved)
    assert set(graphs) == {"encoder", "decoder"}
    kinds = [layer.kind for layer in graphs["encoder"].layers]
    assert kinds == ["InputLayer", "Conv2D", "BatchNormalization", "Flatten", "Dense"]
    assert graphs["encoder"].size == 4 * (18 + 2 + 8 + 16 + 2) and json.dumps(keras_file.fingerprint(saved))
