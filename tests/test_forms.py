"""From what a form holds to a config and back."""

from __future__ import annotations

import pytest

from ui.form import beginnings
from vae_core.data import catalog, splits
from vae_core.data.dataset import Summary
from vae_core.design import recipes
from vae_core.design.config import Config

MNIST = Summary("mnist", "MNIST", (28, 28, 1), 60_000, 0, 10_000, tuple("0123456789"), "download", True)
FASHION = Summary("fashion-mnist", "Fashion", (28, 28, 1), 60_000, 0, 10_000, (), "download", True)


def values_of(config: Config) -> dict:
    return {**beginnings.to_values(config), "image": config.image, "classes": config.classes}


def every_start() -> list[beginnings.Start]:
    digits = Summary("digits", "Digits", (8, 8, 1), 1617, 0, 180, tuple("0123456789"), "built in", True)
    return [start for data in (digits, MNIST, FASHION) for start in beginnings.starts(data)]


@pytest.mark.parametrize("start", every_start(), ids=lambda start: f"{start.config.dataset} {start.key}")
def test_an_untouched_form_is_what_it_began_with(start):
    assert beginnings.to_config(values_of(start.config), start) == start.config


def test_the_choices_of_a_data_set_are_its_own():
    keys = [start.key for start in beginnings.starts(MNIST)]
    assert keys[:2] == [beginnings.QUICK, beginnings.AUTO]
    assert {"mnist-baseline", "mnist-baseline-lite"} <= set(keys)
    assert not any(key.startswith("fashion") for key in keys)
    own = Summary("mine", "Mine", (96, 96, 3), 100, 0, 10, (), "added", True)
    assert [start.key for start in beginnings.starts(own)] == [
        beginnings.AUTO,
        beginnings.CONVOLUTIONS,
        beginnings.DEEPER,
    ]
    mine = recipes.auto((96, 96, 3), "mine")
    keys = [start.key for start in beginnings.starts(own, mine)]
    assert keys == [beginnings.AUTO, beginnings.CONVOLUTIONS, beginnings.DEEPER, beginnings.CHOSEN]


def start_of(key: str, data: Summary) -> beginnings.Start:
    return next(start for start in beginnings.starts(data) if start.key == key)


@pytest.mark.parametrize("change, kept", [({"seed": 3}, True), ({"epochs": 3}, False), ({"beta": 1.0}, False)])
def test_a_reports_numbers_stand_beside_its_own_recipe_only(change, kept):
    start = start_of("mnist-baseline", MNIST)
    config = beginnings.to_config({**values_of(start.config), **change}, start)
    assert config.recipe == ("mnist-baseline" if kept else "")


def test_what_a_report_leaves_open_may_be_chosen():
    start = start_of("fashion-dropout-ae", FASHION)
    values = values_of(start.config)
    assert beginnings.to_config({**values, "latent": 8}, start).recipe == "fashion-dropout-ae"
    assert beginnings.to_config({**values, "latent": 7}, start).recipe == ""


def test_settings_that_do_not_apply_fall_back():
    start = start_of(beginnings.QUICK, MNIST)
    changed = {"kind": "ae", "beta": 4.0, "kl_warmup": 3, "sigma": 0.2, "noise_once": True}
    config = beginnings.to_config({**values_of(start.config), **changed})
    assert (config.beta, config.kl_warmup, config.sigma, config.noise_once) == (0.0, 0, None, False)


def test_the_size_of_a_code_that_the_line_names_is_changed_there():
    assert (
        beginnings.with_code_size("conv8/2 flatten dense20 code2:relu bn", 16)
        == "conv8/2 flatten dense20 code16:relu bn"
    )
    assert beginnings.with_code_size("conv8/2 bn", 16) == "conv8/2 bn"


@pytest.mark.parametrize("change", [{}, {"train_size": 500}, {"split": "tail"}, {"split": "test"}])
def test_the_images_that_are_foretold_are_those_that_train(settings, change):
    data = catalog.load("digits", settings)
    config = Config("digits", (8, 8, 1), "flatten dense8", **change)
    part = splits.split(data, seed=0, split=config.split, train_size=config.train_size)
    held_out = len(data.test) if part.validation is None else len(part.validation)
    assert splits.expected(catalog.describe("digits", settings), config.split, config.train_size, config.classes) == (
        len(part.train),
        held_out,
    )
