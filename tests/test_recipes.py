"""The reports' systems count what the reports printed, and the recipe for any other image fits it."""

from __future__ import annotations

import dataclasses
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_core.design import recipes
from vae_core.design.config import Config, from_json
from vae_core.errors import LoupeError

COUNTS = {  # encoder, decoder, all
    "mnist-baseline": (17_208, 9_137, 26_345),
    "mnist-deeper": (1_028_568, 412_961, 1_441_529),
    "mnist-deeper-as-printed": (1_028_568, 361_793, 1_390_361),
    "mnist-wide": (7_207_608, 15_992_321, 23_199_929),
    "fashion-cae": (120_634, 186_065, 306_699),
    "fashion-denoising": (120_634, 186_065, 306_699),
    "cifar-vae": (1_587_356, 102_227, 1_689_583),
    "fashion-dropout-ae": (43_202, 43_489, 86_691),
    "fashion-dropout-vae": (43_460, 43_489, 86_949),
}
MILLIONS_OF_MULTIPLY_ADDS = {  # encoder, decoder
    "mnist-baseline": (0.086, 0.397),
    "mnist-deeper": (20.0, 48.0),
    "mnist-deeper-as-printed": (20.0, 8.3),
    "mnist-wide": (304.7, 810.2),
    "fashion-cae": (14.3, 95.1),
    "cifar-vae": (336.3, 23.7),
    "fashion-dropout-ae": (0.15, 0.15),
}


def test_printed_losses_are_losses_of_epochs_that_were_trained() -> None:
    for recipe in recipes.all_recipes():
        points = recipe.reported.get("points", ())
        epochs = [point["epoch"] for point in points]
        losses = [point[part] for point in points for part in ("train", "validation") if part in point]
        assert epochs == sorted(set(epochs)) and all(1 <= epoch <= 200 for epoch in epochs), recipe.key
        assert all(0 < loss < 1000 for loss in losses), recipe.key


def test_every_system_is_there_faithful_and_lite() -> None:
    found = [(recipe.key, recipe.variant) for recipe in recipes.all_recipes()]
    assert found == [(key, variant) for key in COUNTS for variant in ("faithful", "lite")]


@pytest.mark.parametrize("key", COUNTS)
def test_parameters_are_those_of_the_reports(key: str) -> None:
    recipe = recipes.find(key)
    counts = recipe.config.architecture().counts
    assert (counts["encoder"], counts["decoder"], counts["total"]) == COUNTS[key]
    assert all(counts[part] == printed for part, printed in recipe.reported["parameters"].items())


@pytest.mark.parametrize("key", MILLIONS_OF_MULTIPLY_ADDS)
def test_multiply_adds(key: str) -> None:
    architecture = recipes.find(key).config.architecture()
    both = [
        sum(row.multiply_adds for row in rows) / 1e6 for rows in (architecture.encoder_rows, architecture.decoder_rows)
    ]
    assert both == pytest.approx(MILLIONS_OF_MULTIPLY_ADDS[key], rel=0.01)


@pytest.mark.parametrize("recipe", recipes.all_recipes(), ids=lambda recipe: f"{recipe.key}-{recipe.variant}")
def test_a_recipe_can_be_stored_and_shown(recipe: recipes.Recipe) -> None:
    assert from_json(json.loads(json.dumps(recipe.config.to_json()))) == recipe.config
    assert recipe.config.id.startswith(recipe.key if recipe.variant == "faithful" else f"{recipe.key}-lite-")
    assert json.loads(json.dumps(recipe.reported)) == recipe.reported
    assert recipe.reported["unit"] and recipe.note


@pytest.mark.parametrize("key", COUNTS)
def test_a_lite_recipe_is_smaller_and_says_in_what(key: str) -> None:
    faithful, lite = (recipes.find(key, variant) for variant in recipes.VARIANTS)
    assert lite.note == f"{lite.note.split('.')[0]}. {faithful.note}" and lite.note.startswith("Lite: ")
    assert work(lite) < 0.5 * work(faithful)
    assert work(lite) < 2.5e13  # about a minute on two cores
    allowed = {"encoder", "decoder", "epochs", "train_size", "patience", "recipe"}
    pairs = zip(dataclasses.asdict(faithful.config).items(), dataclasses.asdict(lite.config).values(), strict=True)
    assert {name for (name, value), other in pairs if value != other} <= allowed


def work(recipe: recipes.Recipe) -> float:
    """Floating-point operations of a whole training."""
    config = recipe.config
    return 6.0 * config.architecture().multiply_adds * config.epochs * (config.train_size or 60_000)


def test_schedules_are_as_printed() -> None:
    baseline = recipes.find("mnist-baseline").config
    assert (baseline.train_size, baseline.split, baseline.epochs, baseline.beta) == (10_000, "tail", 50, 0.0)
    assert -(-baseline.train_size * 8 // 10 // baseline.batch) == 63
    assert -(-60_000 * 8 // 10 // recipes.find("mnist-wide").config.batch) == 375
    assert recipes.find("fashion-cae").config.split == "test"
    assert recipes.find("cifar-vae").config.beta == 3
    assert recipes.find("mnist-wide").reported["points"][-1] == {"epoch": 5, "train": 0.1846, "validation": 0.3467}


def test_what_a_report_leaves_open_can_be_asked_for() -> None:
    sizes = [recipes.find("fashion-dropout-ae", latent=size).config.architecture().code.size for size in (2, 4, 8, 16)]
    assert sizes == [2, 4, 8, 16]
    assert recipes.find("fashion-denoising").config.noise == 0.3
    assert recipes.find("fashion-denoising", "lite", noise=0.5).config.noise == 0.5


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"key": "mnist"}, "The recipes are mnist-baseline"),
        ({"key": "mnist-baseline", "variant": "tiny"}, "faithful, lite"),
        ({"key": "fashion-dropout-ae", "latent": 3}, "one of 2, 4, 8, 16"),
        ({"key": "fashion-denoising", "noise": 0.2}, "one of 0.1, 0.3, 0.5"),
        ({"key": "mnist-baseline", "latent": 3}, "no choice of latent"),
    ],
)
def test_unknown_recipes_are_refused(asked: dict, said: str) -> None:
    with pytest.raises(LoupeError) as caught:
        recipes.find(**asked)
    assert said in str(caught.value)


# Recipes for other images


@given(st.tuples(st.integers(8, 256), st.integers(8, 256), st.sampled_from([1, 3])), st.sampled_from(["vae", "ae"]))
@settings(max_examples=300, deadline=None)
def test_auto_fits_any_image(image: tuple[int, int, int], kind: str) -> None:
    architecture = recipes.auto(image, "photos", kind).architecture()
    assert architecture.counts["trainable"] < 1_000_000
    assert architecture.code.size == 32
    assert architecture.decoder_rows[-1].output == image


@pytest.mark.parametrize("side", range(8, 257))
def test_auto_fits_every_square(side: int) -> None:
    config = recipes.auto((side, side, 3), "photos")
    assert config.architecture().counts["trainable"] < 1_000_000


def test_auto_at_96_pixels() -> None:
    config = recipes.auto((96, 96, 3), "photos")
    assert config.encoder.startswith("flatten pca54 res(dense512:linear ")
    assert config.decoder.endswith(" dense54:linear) pca27648 reshape96x96x3")
    assert (config.latent, config.schedule, config.dataset) == (32, "cosine", "photos")


def test_a_map_of_a_config_is_a_vae_of_two_numbers() -> None:
    for config in (recipes.auto((9, 9, 1), "photos"), Config("photos", (9, 9, 1), "flatten dense20 code7", kind="ae")):
        beside = recipes.flat(config)
        assert beside and (beside.kind, beside.beta, beside.architecture().code.size) == ("vae", 1.0, 2)
        assert recipes.flat(beside) is None
    assert recipes.flat(recipes.find("fashion-cae").config) is None  # what follows its code fits no VAE


@given(st.tuples(st.integers(8, 256), st.integers(8, 256), st.sampled_from([1, 3])), st.sampled_from(["vae", "ae"]))
@settings(max_examples=100, deadline=None)
def test_convolutions_fit_any_image(image: tuple[int, int, int], kind: str) -> None:
    architecture = recipes.convolutions(image, "photos", kind).architecture()
    assert architecture.counts["total"] < 3_000_000
    assert architecture.decoder_rows[-1].output == image
    assert 4 <= min(architecture.encoder_rows[-3].output[:2]) <= 8


@pytest.mark.parametrize("image", [(1, 1, 1), (4, 4, 3), (5, 300, 1), (512, 512, 3)])
def test_auto_fits_unusual_images_too(image: tuple[int, int, int]) -> None:
    assert recipes.auto(image, "photos").architecture().image == image


@pytest.mark.parametrize("dataset", recipes.DEFAULTS)
def test_known_data_sets_have_a_quick_map_of_two_dimensions(dataset: str) -> None:
    image = {"digits": (8, 8, 1), "shapes": (32, 32, 1), "cifar10": (32, 32, 3)}.get(dataset, (28, 28, 1))
    config = recipes.default(dataset, image)
    assert config.architecture().code.size == 2 and config.kind == "vae"


SHAPES = {"cifar10": (32, 32, 3), "digits": (8, 8, 1), "own": (96, 96, 3)}


@pytest.mark.parametrize("dataset", [*recipes.DEFAULTS, "own"])
def test_deeper_is_the_same_with_a_layer_more_on_either_side(dataset: str) -> None:
    plain = recipes.default(dataset, SHAPES.get(dataset, (28, 28, 1)))
    deeper = recipes.deeper(plain)
    before, after = plain.architecture(), deeper.architecture()
    added = len(after.encoder_rows) - len(before.encoder_rows)
    assert added == 1 + (dataset == "cifar10")  # a convolution comes with its batch norm
    assert len(after.decoder_rows) - len(before.decoder_rows) == added
    assert dataclasses.replace(deeper, encoder=plain.encoder, decoder=plain.decoder) == plain


@pytest.mark.parametrize(
    ("encoder", "decoder", "more", "undone"),
    [
        ("conv8/2 bn flatten code2", "mirror", "conv8/2 bn conv8 bn flatten code2", "mirror"),
        ("flatten dense16 bn code2", "mirror", "flatten dense16 bn dense16 bn code2", "mirror"),
        (
            "conv8/2 flatten code2",
            "dense128 reshape4x4x8 up2 conv1:sigmoid",
            "conv8/2 conv8 flatten code2",
            "dense128 reshape4x4x8 conv8 up2 conv1:sigmoid",
        ),
        (
            "flatten dense16 code2",
            "dense16 dense64:sigmoid reshape8x8x1",
            "flatten dense16 dense16 code2",
            "dense16 dense16 dense64:sigmoid reshape8x8x1",
        ),
    ],
)
def test_what_only_lays_numbers_out_comes_after_the_added_layer(encoder, decoder, more, undone) -> None:
    deeper = recipes.deeper(Config("digits", (8, 8, 1), encoder, decoder))
    assert (deeper.encoder, deeper.decoder) == (more, undone)


@pytest.mark.parametrize(
    ("encoder", "decoder", "where", "more", "undone"),
    [
        ("conv8/2 flatten dense16 code2", "mirror", "picture", "conv8/2 conv8 flatten dense16 code2", "mirror"),
        ("conv8/2 flatten dense16 code2", "mirror", "last", "conv8/2 flatten dense16 dense16 code2", "mirror"),
        ("flatten dense16 bn code2", "mirror", "block", "flatten dense16 bn res(dense16 bn) code2", "mirror"),
        ("flatten res(dense64) code2", "mirror", "block", "flatten res(dense64) res(dense64) code2", "mirror"),
        (
            "conv8/2 flatten dense16 code2",
            "dense128 reshape4x4x8 up2 conv1:sigmoid",
            "picture",
            "conv8/2 conv8 flatten dense16 code2",
            "dense128 reshape4x4x8 conv8 up2 conv1:sigmoid",
        ),
    ],
)
def test_a_layer_can_be_added_in_the_picture_or_as_a_block(encoder, decoder, where, more, undone) -> None:
    deeper = recipes.deeper(Config("digits", (8, 8, 1), encoder, decoder), where)
    assert (deeper.encoder, deeper.decoder) == (more, undone)
    assert deeper.architecture()


def test_a_ladder_has_a_pair_of_layers_more_on_every_rung() -> None:
    plain = Config("digits", (8, 8, 1), "flatten dense16 code2")
    rungs = recipes.ladder(plain)
    assert [rung.encoder.count("dense16") for rung in rungs] == [1, 2, 3, 4, 5] and rungs[0] == plain
    for lower, higher in itertools.pairwise(rungs):
        assert len(higher.architecture().encoder_rows) == len(lower.architecture().encoder_rows) + 1
    assert (
        len(recipes.ladder(dataclasses.replace(plain, encoder="flatten code2"))) == 1
    )  # nothing that could be there twice


def test_other_data_sets_get_the_automatic_recipe() -> None:
    assert recipes.default("photos", (40, 60, 3)) == recipes.auto((40, 60, 3), "photos")
