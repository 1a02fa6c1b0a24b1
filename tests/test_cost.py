"""What a training will cost: the quantities of a step, the rates behind measured seconds, and memory."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np
import pytest

from vae_core.design import cost, recipes
from vae_core.design.architecture import Architecture, plan
from vae_core.design.config import Config
from vae_core.design.cost import Calibration
from vae_core.errors import LoupeError

GREY = (28, 28, 1)
NAMES = [field.name for field in fields(Calibration)]
RATES = Calibration(1e-4, 2e-5, 2e-11, 3e-10, 4e-11, 3e-9, 5e-9, 3e-9)


def amounts(architecture: Architecture, batch: int = 1) -> dict[str, float]:
    return dict(zip(NAMES, cost.features(architecture, batch), strict=True))


def test_the_quantities_of_a_step() -> None:
    found = amounts(plan(GREY, "conv8/2 drop.5 bn flatten code2", "dense784:sigmoid reshape28x28x1", "ae"), batch=10)
    assert found == {
        "step": 1,
        "layer": 7,
        "convolution": 10 * 14 * 14 * 9 * 8,
        "narrow": 10 * 14 * 14 * 9 * 8,  # one channel comes in
        "dense": 10 * (1568 * 2 + 2 * 784),
        "element": 10 * (4 * 1568 + 2 + 784 + 784 + 4 * 784),
        "random": 10 * 1568,
        "parameter": 80 + 16 + (1568 + 1) * 2 + 3 * 784,
    }


def test_two_heads_and_blocks_count_too() -> None:
    encoder, decoder = "res(conv4 bn conv4) flatten code3", "dense784:sigmoid reshape28x28x1"
    heads = [amounts(plan(GREY, encoder, decoder, kind))["dense"] for kind in ("ae", "vae")]
    assert heads[1] - heads[0] == 28 * 28 * 4 * 3
    assert amounts(plan(GREY, encoder, decoder))["convolution"] == 28 * 28 * 9 * (1 * 4 + 4 * 4)


def test_a_convolution_after_an_up_sampling_is_cheaper() -> None:
    small = amounts(plan(GREY, "flatten", "dense196 reshape14x14x1 up2 conv1:sigmoid"))
    large = amounts(plan(GREY, "flatten", "dense784 reshape28x28x1 conv1:sigmoid"))
    assert small["convolution"] == pytest.approx(large["convolution"] * 4 / 9)


@pytest.mark.parametrize("recipe", recipes.all_recipes(), ids=lambda recipe: f"{recipe.key}-{recipe.variant}")
def test_every_recipe_has_a_price(recipe: recipes.Recipe) -> None:
    architecture = recipe.config.architecture()
    assert cost.seconds_a_step(architecture, recipe.config.batch, RATES) > 0


def test_rates_are_found_in_the_seconds_that_they_caused() -> None:
    random = np.random.default_rng(0)
    lines = [f"conv{2**i}/2 bn conv{2**j} drop.1 flatten dense{4**i}" for i in range(1, 6) for j in range(1, 5)]
    rows = [(cost.features(plan(GREY, line), batch), 0.0) for line in lines for batch in (8, 128)]
    rows = [(each, float(np.dot(each, list(asdict(RATES).values())) * random.uniform(0.95, 1.05))) for each, _ in rows]
    found = cost.fit(rows)
    errors = [np.dot(each, list(asdict(found).values())) / seconds for each, seconds in rows]
    assert min(errors) > 0.9 and max(errors) < 1.1
    assert found.convolution == pytest.approx(RATES.convolution, rel=0.3)
    assert min(asdict(found).values()) >= 0


def test_a_calibration_can_be_stored() -> None:
    assert cost.from_json(json.loads(json.dumps(RATES.to_json()))) == RATES


@pytest.mark.parametrize(
    "document", [None, [], {}, {**RATES.to_json(), "step": -1}, {**RATES.to_json(), "step": "1"}, {"step": 1.0}]
)
def test_another_calibration_is_refused(document: Any) -> None:
    with pytest.raises(LoupeError):
        cost.from_json(document)


def test_memory_grows_with_what_is_held() -> None:
    config = recipes.find("mnist-baseline").config
    architecture = config.architecture()
    bytes_now = cost.memory(architecture, config, 60_000)
    assert 0.6e9 < bytes_now < 1.2e9
    assert cost.memory(architecture, replace(config, batch=1024), 60_000) > bytes_now + 100e6
    assert cost.memory(architecture, config, 160_000) >= bytes_now + 100_000 * 784
    wide = Config("mnist", GREY, "flatten dense10000", loss="mse")
    assert cost.memory(wide.architecture(), wide) > 15_000_000 * 4 * 4


# Milliseconds of a training step in float32 on two cores of a Zen 4: image, encoder, decoder, batch, time.
UP = "dense1024 bn reshape4x4x64 bn up3 conv64v bn up3 conv64v bn conv1k1:sigmoid"
UP_IN_COLOUR = "dense512 reshape4x4x32 up2 conv32 up2 conv32 up2 deconv3:sigmoid"
COLOUR = (32, 32, 3)
MEASURED = [
    ((8, 8, 1), "flatten dense32 dense16", "mirror", 32, 0.35),
    (GREY, "flatten dense16", "mirror", 128, 1.33),
    (GREY, "flatten dense512:gelu dense256:gelu", "mirror", 128, 8.46),
    (GREY, "flatten dense2048", "mirror", 64, 13.9),
    (GREY, "conv8/2 bn conv16/2 bn flatten dense20 bn", "mirror", 128, 12.9),
    (GREY, "conv8/2 drop.5 conv16/2:linear bn relu drop.5 conv32/2v flatten dense64", "mirror", 128, 21.2),
    (GREY, "conv16 bn conv16 bn pool2 conv16 bn pool2 flatten dense16", "mirror", 32, 15.8),
    (GREY, "conv8 bn conv32 bn conv64 bn flatten dense20 bn", "mirror", 32, 89.6),
    (GREY, "conv64v bn pool2 conv64v bn pool2", UP, 32, 40.7),
    (GREY, "conv64/4 conv512 bn flatten dense8", "mirror", 16, 94.3),
    (COLOUR, "conv64 pool2 conv64 pool2 conv64 pool2 conv16 pool2", "mirror", 32, 79.7),
    (COLOUR, "conv128/2 bn conv256/2 bn conv256 bn", "mirror", 16, 137.5),
    (COLOUR, "conv256 pool2 conv128 pool2 conv32/2", UP_IN_COLOUR, 16, 57.5),
]
MEASURED_RECIPES = {  # batch, time
    "mnist-baseline": (128, 14.3),
    "mnist-deeper": (32, 96.9),
    "mnist-deeper-as-printed": (32, 50.9),
    "mnist-wide": (16, 767.1),
    "fashion-cae": (32, 97.4),
    "cifar-vae": (16, 216.0),
    "fashion-dropout-ae": (128, 11.1),
    "fashion-dropout-vae": (128, 11.4),
}


@pytest.mark.parametrize("key", MEASURED_RECIPES)
def test_small_networks_foretell_the_recipes_within_a_factor_of_two(key: str) -> None:
    rates = cost.fit((cost.features(plan(image, *lines), batch), ms / 1000) for image, *lines, batch, ms in MEASURED)
    batch, measured = MEASURED_RECIPES[key]
    foretold = 1000 * cost.seconds_a_step(recipes.find(key).config.architecture(), batch, rates)
    assert measured / 2 < foretold < measured * 2
