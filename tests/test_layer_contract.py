"""What holds for every kind of layer, without one being named: a new kind is tested as soon as it is registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import keras
import numpy as np
import packed_networks
import pytest
from packed_networks import Case
from placed_layers import EXAMPLES, IMAGE, PLACES, WORDS, config, fitting, rows
from test_kernel import COMMITTED, TOLERANCE, in_node, needs_node, too_different

from vae_core.design import alignment
from vae_core.design.architecture import Architecture
from vae_core.design.config import Config
from vae_core.design.keras_layers import chain
from vae_core.design.layers import KINDS, Activation, Layer, Word
from vae_core.design.notation import parse, write
from vae_core.errors import LoupeError
from vae_core.learn import models
from vae_core.look.program import packed
from vae_core.look.program.executor import Executor
from vae_core.look.program.lowering import Network

MOST = 8  # layers one after the other, where they are built: a network for each alone would take long


def built() -> Iterator[Config]:
    """Every example at every place where it fits, many of them in one line."""
    for place in PLACES:
        line: Config | None = None
        examples: tuple[str, ...] = ()
        for example in EXAMPLES:
            longer = config(place, *examples, example) if len(examples) < MOST else None
            alone = longer or config(place, example)
            if alone and not longer and line:
                yield line
            if alone:
                line, examples = alone, (*examples, example) if longer else (example,)
        if line:
            yield line


# Without Keras.


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_one_layer_and_is_read_as_it_is_written(example: str) -> None:
    (layer,) = parse(example)
    assert parse(layer.text) == (layer,) and type(layer) in KINDS
    assert layer.text.replace(" ", "") == example.replace(" ", "")


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_fits_somewhere_and_a_mirror_has_the_exact_size(example: str) -> None:
    (layer,) = parse(example)
    plans = [each.architecture() for each in fitting(example)]
    assert any(layer in (row.layer for row in rows(each)) for each in plans)
    mirrored = [each for each in fitting(example) if each.decoder == "mirror" and layer.text in each.encoder]
    assert mirrored or layer.no_mirror
    assert all(rows(each)[-1].output == IMAGE for each in plans)


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_explained_in_a_sentence(example: str) -> None:
    for each in fitting(example):
        for row in rows(each.architecture()):
            words = row.layer.explain(row.before, row.layer)
            assert words.endswith(".") and len(words) > 10 and words == words.strip()


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_smaller_can_be_written_and_every_difference_has_its_kind(example: str) -> None:
    (layer,) = parse(example)
    assert all(parse(each.text) == (each,) for each in layer.smaller())
    assert {layer.change(field.name) for field in fields(layer)} <= set(alignment.KINDS)
    assert isinstance(layer.with_outputs(5), Layer)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.word)
def test_what_people_write_for_it_is_understood(word: Word) -> None:
    rest = word.examples[0].removeprefix(word.word)
    for other in word.also:
        with pytest.raises(LoupeError) as caught:
            parse(f"bn {other}{rest}")
        offered = [repair.settings["encoder"] for repair in caught.value.repairs]
        assert write(parse(offered[0])) == write(parse(f"bn {word.examples[0]}")) and len(offered) > 1


def test_no_word_is_another_kinds() -> None:
    names = [word.word for word in WORDS]
    others = [other for word in WORDS for other in word.also]
    assert len(set(names)) == len(names) and len(set(others)) == len(others)
    assert not {name for name in names if name != "linear"} & set(others)  # linear20 is meant for dense20


def test_the_readme_names_every_word() -> None:
    told = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
    words = [word.word for kind in KINDS if kind is not Activation for word in kind.words]
    assert not [word for word in words if f"`{word}" not in told]


# As Keras computes it.


@dataclass(frozen=True)
class Made:
    """Every line that was built: its networks as the browser takes them, and where something else did not agree."""

    cases: list[Case]
    counts: dict[str, tuple[int, ...]]
    alone: dict[str, float]
    numpy: dict[str, float]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    keras.utils.set_random_seed(0)
    folder, found = tmp_path_factory.mktemp("contract"), Made([], {}, {}, {})
    for number, each in enumerate(built()):
        keras.backend.clear_session()
        name, architecture = f"{each.encoder} | {each.decoder}", each.architecture()
        networks = packed_networks.spread(models.build(architecture))
        if counted(networks) != tuple(architecture.counts.values()):
            found.counts[name] = counted(networks)
        for part, graph, given, known in packed_networks.kept(networks, IMAGE, folder, str(number)):
            case = Case(f"{name} {part}", packed.pack(graph), given, known)
            found.cases.append(case)
            (computed,) = Executor(Network(graph, merged=True), ("it",))(np.float32(given)).values()
            differ(found.numpy, case, computed)
            differ(found.alone, case, alone(architecture, part, getattr(networks, part), given))
    return found


def differ(wrong: dict[str, float], case: Case, computed: np.ndarray) -> None:
    difference = case.difference(computed)
    if not difference <= TOLERANCE:
        wrong[case.name] = difference


def counted(networks: models.Networks) -> tuple[int, ...]:
    """As an architecture counts: of the encoder, the decoder and both, and how many of them train."""
    both = (networks.encoder, networks.decoder)
    parts = [model.count_params() for model in both]
    trained = sum(int(np.prod(weight.shape)) for model in both for weight in model.trainable_weights)
    return (*parts, sum(parts), trained)


def alone(architecture: Architecture, part: str, known: keras.Model, rows: np.ndarray) -> np.ndarray:
    """By the lines of the stand-alone program, with the same weights."""
    layers = architecture.decoder if part == "decoder" else (*architecture.encoder, architecture.code)
    names = {"layers": keras.layers, "keras": keras, "x": keras.Input(rows.shape[1:])}
    start = names["x"]
    exec("\n".join(chain(layers, rows.shape[1:])), names)
    model = keras.Model(start, names["x"])
    model.set_weights(known.get_weights())
    return packed_networks.outputs(model, rows)


def test_it_is_counted_as_keras_does(made: Made) -> None:
    assert made.cases and not made.counts


def test_a_stand_alone_program_computes_what_keras_does(made: Made) -> None:
    assert not made.alone


def test_numpy_computes_what_keras_does(made: Made) -> None:
    assert not made.numpy


@needs_node
@pytest.mark.parametrize("rung", ["wasm", "js"])
def test_the_browser_computes_what_keras_does(made: Made, rung: str, tmp_path: Path) -> None:
    assert not too_different(made.cases, in_node(made.cases, tmp_path, COMMITTED, rung))
