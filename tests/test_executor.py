"""NumPy computes what Keras computes, and takes over wherever a .tflite is missing or does not work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import packed_networks
import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support import loaded_by

from vae_core.design import recipes
from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.look import evaluation
from vae_core.look.forms import Ends
from vae_core.look.portable import Portable
from vae_core.look.program.executor import Executor
from vae_core.look.program.lowering import Network
from vae_core.runs.keras_file import Graph
from vae_core.runs.store import Run

TOLERANCE = 1e-5  # of the largest output, or of 1 where that is smaller
LINE = {
    name: Config("digits", packed_networks.IMAGE, *lines, kind="ae", latent=3, loss="mse")
    for name, lines in packed_networks.LINES.items()
}
RECIPES = {
    **{recipe.config.recipe: recipe.config for recipe in recipes.all_recipes()},
    "default-mnist": recipes.default("mnist", (28, 28, 1)),
}


def computed(graph: Graph, rows: np.ndarray) -> np.ndarray:
    found = Executor(Network(graph, merged=True), ("first", "second")[: len(graph.outputs)])(np.float32(rows))
    return np.concatenate(list(found.values()), axis=-1)


def too_different(config: Config, folder: Path) -> dict[str, float]:
    networks = packed_networks.saved(config, folder, "saved")
    worst = {part: packed_networks.difference(computed(graph, rows), known) for part, graph, rows, known in networks}
    return {part: difference for part, difference in worst.items() if not difference <= TOLERANCE}


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_computed_as_keras_does(recipe: str, tmp_path: Path) -> None:
    """As printed too, of which the browser does not take all."""
    keras.utils.set_random_seed(0)
    assert not too_different(RECIPES[recipe], tmp_path)


@pytest.mark.parametrize("name", LINE)
def test_every_layer_is_computed_as_keras_does(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    assert not too_different(LINE[name], tmp_path)


LAYERS = st.one_of(
    st.builds(
        "{}{}k{}/{}{}:{}".format,
        st.sampled_from(("conv", "deconv")),
        st.integers(1, 20),
        st.integers(1, 5),
        st.integers(1, 3),
        st.sampled_from(("", "v")),
        st.sampled_from(("relu", "linear", "tanh", "silu")),
    ),
    st.sampled_from(
        (
            "bn",
            "pool2",
            "avgpool3",
            "up2",
            "up3",
            "crop1x2",
            "pad2x3",
            "gelu",
            "leaky",
            "elu",
            "relu6",
            "res(conv4 bn)",
            "drop0.2",
        )
    ),
)


@given(st.lists(LAYERS, max_size=5), st.integers(1, 14), st.integers(1, 14), st.sampled_from((1, 3)))
@hypothesis_settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_small_network_is_computed_as_keras_does(
    tmp_path: Path, words: list[str], high: int, wide: int, channels: int
) -> None:
    try:
        config = Config("digits", (high, wide, channels), " ".join([*words, "flatten"]), kind="vae", latent=2)
        config.architecture()
    except LoupeError:
        assume(False)
    assert not too_different(config, tmp_path)


# In the place of a .tflite.


@pytest.fixture
def bare(own: Run) -> Run:
    """A run as an import leaves it."""
    for path in (own.encoder_tflite, own.decoder_tflite, own.plane):
        path.unlink(missing_ok=True)
    return own


@pytest.mark.parametrize("count", [0, 1, 5, 64, 65, 130])
def test_any_number_of_rows(count: int, bare: Run, trained: Run) -> None:
    codes = np.random.default_rng(0).normal(size=(count, 2))
    pictures, known = Portable.of(bare).decode(codes), Portable.of(trained).decode(codes)
    assert pictures.shape == known.shape and pictures.dtype == np.float32
    np.testing.assert_allclose(pictures, known, atol=TOLERANCE)
    for found, expected in zip(Portable.of(bare).encode(known), Portable.of(trained).encode(known), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_threads_share_one_instance(bare: Run) -> None:
    portable, codes = Portable.of(bare), np.random.default_rng(0).normal(size=(40, 90, 2))
    expected = [portable.decode(part) for part in codes]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(portable.decode, codes))
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_it_needs_no_tensorflow_and_no_native_interpreter(bare: Run) -> None:
    script = f"""
import numpy as np
from vae_core import settings
from vae_core.look.portable import Portable
from vae_core.runs import store
Portable.of(store.open_run(settings.load(), {bare.id!r})).decode(np.zeros((2, 2)))
"""
    assert not loaded_by(script, bare.settings) & {"tensorflow", "keras", "ai_edge_litert"}


def not_at_all(path: Path) -> None:
    path.write_bytes(b"TFL3" * 30)


def at_its_first_use(path: Path) -> None:
    """It loads, and then its first layer does not fit what comes in."""
    import flatbuffers
    from ai_edge_litert.schema_py_generated import ModelT

    model = ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            if model.buffers[tensor.buffer].data is not None and len(tensor.shape) == 2:
                tensor.shape = tensor.shape[::-1]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def of_another_model(path: Path) -> None:
    other = "decoder" if path.name.startswith("encoder") else "encoder"
    shutil.copy(path.with_name(f"{other}.tflite"), path)


@pytest.mark.parametrize("damage", [not_at_all, at_its_first_use, of_another_model, Path.unlink])
@pytest.mark.parametrize("name", ["encoder", "decoder"])
def test_where_a_tflite_does_not_work_it_takes_over(
    damage: Callable[[Path], None], name: str, own: Run, trained: Run
) -> None:
    damage(own.path / f"{name}.tflite")
    (own.path / "metrics.json").unlink()
    found, known = evaluation.evaluate(own, own.settings), evaluation.evaluate(trained, trained.settings)
    assert found["bce"]["mean_code"]["nats_per_pixel"] == pytest.approx(known["bce"]["mean_code"]["nats_per_pixel"])
    assert found["kl"] == pytest.approx(known["kl"], rel=1e-4)


def test_without_a_model_a_broken_tflite_is_told(own: Run) -> None:
    at_its_first_use(own.decoder_tflite)
    own.model.unlink()
    with pytest.raises(LoupeError, match=f"{own.id} has no model.keras"):
        Portable.of(own).decode(np.zeros((1, 2)))


def test_the_model_of_other_settings_is_told(bare: Run, tmp_path: Path) -> None:
    other = Config("digits", (8, 8, 1), "flatten dense9", latent=5)
    list(packed_networks.saved(other, tmp_path, "other"))
    shutil.copy(tmp_path / "other.keras", bare.model)
    assert Ends.of(bare, "decode").row == (2,)
    with pytest.raises(LoupeError, match=f"The decoder of {bare.id} cannot be used.*settings describe"):
        Portable.of(bare).decode(np.zeros((1, 2)))
