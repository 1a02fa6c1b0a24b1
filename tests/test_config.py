"""A config is one frozen value: checked when made, equal when it trains the same, and back from JSON as it was."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_core.design.config import VERSION, Config, from_json
from vae_core.design.declared import SETTINGS
from vae_core.errors import LoupeError

LINE = "conv8/2 bn conv16/2 bn"


def make(**changes: Any) -> Config:
    return Config(**{"dataset": "mnist", "image": (28, 28, 1), "encoder": LINE, **changes})


def refusal(**changes: Any) -> str:
    with pytest.raises(LoupeError) as caught:
        make(**changes)
    return str(caught.value)


def test_defaults_are_filled_in() -> None:
    config = make()
    assert (config.latent, config.beta, config.sigma) == (2, 1.0, None)
    assert make(kind="ae").beta == 0.0
    assert make(loss="mse").sigma == math.sqrt(0.5)
    assert make(encoder=f"{LINE} flatten code5").latent is None
    assert make(latent=7).architecture().code.size == 7


def test_equal_trainings_are_equal_configs() -> None:
    tidy = make(beta=3.0, learning_rate=1.0, warmup=2.0, classes=("3", "5"))
    same = make(
        image=[28, 28, 1],
        encoder="Conv8/2\nBN conv16/2:relu bn",
        decoder=" Mirror ",
        beta=3,
        learning_rate=1,
        warmup=2,
        classes=["3", "5"],
    )
    assert same == tidy and hash(same) == hash(tidy) and same.id == tidy.id


def test_the_id_names_the_recipe_and_the_digest_what_is_computed() -> None:
    config = make(recipe="mnist-baseline")
    assert re.fullmatch(r"mnist-baseline-[0-9a-f]{6}", config.id)
    assert re.fullmatch(r"mnist-vae-[0-9a-f]{6}", make().id)
    assert config.digest == make().digest


def test_every_other_field_changes_the_digest() -> None:
    changes: dict[str, Any] = {
        "dataset": "digits",
        "image": (29, 28, 1),
        "encoder": "conv8/2",
        "decoder": "dense784:sigmoid reshape28x28x1",
        "kind": "ae",
        "latent": 3,
        "loss": "bce-binary",
        "beta": 0.5,
        "kl_warmup": 1,
        "noise": 0.1,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "schedule": "cosine",
        "warmup": 1.0,
        "batch": 7,
        "epochs": 3,
        "train_size": 100,
        "split": "tail",
        "seed": 1,
        "patience": 2,
        "classes": ("1",),
        "precision": "float32",
        "fused": "off",
        "ema": 0.9,
        "steps": 9,
    }
    digests = [make(**{name: value}).digest for name, value in changes.items()]
    digests += [make(loss="mse").digest, make(loss="mse", sigma=0.1).digest, make(noise=0.1, noise_once=True).digest]
    assert len({*digests, make().digest}) == len(digests) + 1
    assert {*changes, "sigma", "noise_once", "recipe"} == {field.name for field in dataclasses.fields(Config)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "gan"}, "kind is 'gan'. One of vae, ae was expected"),
        ({"loss": "l1"}, "bce, bce-binary, mse"),
        ({"batch": 0}, "batch is 0. A number from 1 to 8192"),
        ({"batch": 32.0}, "A whole number was expected"),
        ({"batch": True}, "A whole number was expected"),
        ({"batch": None}, "A whole number was expected"),
        ({"learning_rate": "fast"}, "A number was expected"),
        ({"learning_rate": math.nan}, "A number was expected"),
        ({"learning_rate": 10**400}, "A number was expected"),
        ({"beta": -1}, "beta is -1"),
        ({"latent": 0}, "latent is 0"),
        ({"seed": 2**31}, "seed"),
        ({"image": 28}, "A list of height, width and channels was expected"),
        ({"image": (28, 28)}, "image size is 28x28"),
        ({"image": (28, 28, 2)}, "1 (grey) or 3 (colour)"),
        ({"image": (28, 28, "1")}, "A list of height, width and channels was expected"),
        ({"classes": "cat"}, "A list of names was expected"),
        ({"classes": [3, 5]}, "A list of names was expected"),
        ({"classes": ["3", "3"]}, "named twice"),
        ({"dataset": "../secrets"}, "A short name"),
        ({"dataset": ""}, "A short name"),
        ({"recipe": "a/b"}, "A short name"),
        ({"encoder": 5}, "A text was expected"),
        ({"encoder": "conv3x3"}, "conv16k3"),
        ({"decoder": "dense5"}, "has to end in the image's 28x28x1"),
        ({"kind": "ae", "beta": 1.0}, "no KL term"),
        ({"kind": "ae", "kl_warmup": 3}, "no KL term"),
        ({"sigma": 0.1}, "loss 'mse' only"),
        ({"noise_once": True}, "Set a noise level"),
        ({"encoder": "flatten code3", "latent": 2}, "code3, but a latent size of 2"),
        ({"decoder": "dense784 reshape28x28x1"}, "End the decoder in a layer with :sigmoid, or choose the loss mse"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(**changes)


@pytest.mark.parametrize(
    "decoder",
    [
        "dense784:sigmoid reshape28x28x1",
        "dense784:linear reshape28x28x1 sigmoid",
        "dense900:sigmoid reshape30x30x1 crop2",
        "dense784 reshape28x28x1 conv1:sigmoid",
    ],
)
def test_a_cross_entropy_wants_a_sigmoid_at_the_end(decoder: str) -> None:
    assert make(decoder=decoder).architecture().ends_in_sigmoid
    assert not make(decoder="dense784:linear reshape28x28x1", loss="mse").architecture().ends_in_sigmoid


def test_a_prior_needs_a_kl_term() -> None:
    assert make().has_prior
    assert not make(beta=0).has_prior
    assert not make(kind="ae").has_prior


def test_only_the_two_normalised_likelihoods_claim_to_be_one() -> None:
    assert make(loss="mse", sigma=0.5).observation == "Gaussian, sigma 0.5"
    assert "not normalised" in make().observation
    assert "binarised" in make(loss="bce-binary").observation


# JSON

configs = st.builds(
    make,
    latent=st.integers(1, 512),
    noise=st.floats(0, 2),
    learning_rate=st.floats(1e-7, 10),
    warmup=st.floats(0, 1000),
    batch=st.integers(1, 8192),
    epochs=st.integers(1, 10_000),
    seed=st.integers(0, 2_000_000_000),
    classes=st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=3),
    beta=st.floats(0, 1000),
    optimizer=st.sampled_from([*SETTINGS["optimizer"].choices]),
    split=st.sampled_from([*SETTINGS["split"].choices]),
    loss=st.sampled_from([*SETTINGS["loss"].choices]),
    patience=st.integers(0, 100),
)


@given(configs)
@settings(max_examples=60, deadline=None)
def test_json_gives_the_same_config_back(config: Config) -> None:
    again = from_json(json.loads(json.dumps(config.to_json())))
    assert again == config and again.id == config.id and again.to_json() == config.to_json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": VERSION + 1}, f"version {VERSION + 1}"),
        ({"version": None}, "version None"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"image": "28x28x1"}, "A list of height, width and channels"),
        ({"beta": "1"}, "beta is '1'"),
        ({"noise_once": 1}, "true or false"),
        ({"encoder": ["conv8"]}, "A text was expected"),
    ],
)
def test_json_of_another_form_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(LoupeError) as caught:
        from_json({**make().to_json(), **change})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "document", [None, [], "text", 5, {"version": VERSION}, {"version": VERSION, "image": [1, 1, 1]}]
)
def test_json_that_is_no_config_is_refused(document: Any) -> None:
    with pytest.raises(LoupeError):
        from_json(document)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9))
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(st.text(max_size=3), scalars, max_size=2))


@given(st.sampled_from([field.name for field in dataclasses.fields(Config)] + ["version"]), values)
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_is_a_config_or_a_clear_refusal(key: str, value: Any) -> None:
    try:
        assert isinstance(from_json({**make().to_json(), key: value}), Config)
    except LoupeError as error:
        assert error.happened
