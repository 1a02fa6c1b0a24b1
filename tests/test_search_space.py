"""Searches before they begin: what may vary, what makes no sense, when trials are looked at, names."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from searching import BASE, RATES

from vae_core.design.config import Config
from vae_core.errors import LoupeError
from vae_core.search import looks, reshaping, space, study, wanted
from vae_core.search.space import Vary
from vae_core.search.study import Study
from vae_core.search.wanted import Search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("learning_rate=0.001..0.1", Vary("learning_rate", 0.001, 0.1, log=True)),
        ("batch=32,64", Vary("batch", choices=(32, 64))),
        ("latent = 2..8", Vary("latent", 2, 8)),
        ("warmup=0..5@schedule=cosine", Vary("warmup", 0, 5, when=("schedule", "cosine"))),
    ],
)
def test_what_to_vary_is_read_and_told(text, found):
    assert space.read(text) == found
    assert space.read(found.told()) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed=1..2", "cannot vary 'speed'"),
        ("learning_rate", "does not say what to vary"),
        ("learning_rate=1..x", "was given 'x'"),
        ("learning_rate=0.1..0.001", "A lower and a higher number"),
        ("batch=1.5..8", "whole number"),
        ("optimizer=adam,lion", "cannot be 'lion'"),
        ("optimizer=1..2", "neither a range nor choices|cannot be"),
        ("dropout=0..1", "from 0 to 0.95"),
    ],
)
def test_what_cannot_be_varied_is_refused(text, words):
    with pytest.raises(LoupeError, match=words):
        space.read(text)


def test_an_encoder_is_reshaped_and_its_decoder_follows():
    line = "conv8/2 bn conv16/2 bn flatten dense20"
    assert reshaping.reshaped(line, {"filters": 0.5}) == "conv4/2 bn conv8/2 bn flatten dense10"
    assert reshaping.reshaped(line, {"depth": 2}) == "conv8/2 bn conv16/2 bn conv16 bn conv16 bn flatten dense20"
    assert reshaping.reshaped(line, {"dropout": 0.25}) == "conv8/2 bn conv16/2 bn flatten dense20 drop0.25"
    assert reshaping.reshaped(line, {"dropout": 0.0}) == line
    assert reshaping.reshaped("flatten drop0.1 dense8:tanh", {"dropout": 0.0}) == "flatten dense8:tanh"
    assert reshaping.reshaped(line, {"activation": "gelu"}).startswith("conv8/2:gelu bn")
    changed = space.config(BASE, {"latent": 5, "filters": 2.0, "learning_rate": 0.01})
    assert (changed.encoder, changed.latent, changed.learning_rate) == ("flatten dense32", 5, 0.01)
    changed.architecture()


def test_a_setting_that_does_not_apply_is_not_varied():
    depends = (Vary("schedule", choices=("constant", "cosine")), space.read("warmup=0..4@schedule=cosine"))
    found = space.grid(depends)
    assert found[0] == {"schedule": "constant"} and len(found) == 1 + space.STEPS
    with pytest.raises(LoupeError, match="not varied before it"):
        Search(BASE, depends[::-1])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"space": ()}, "one training"),
        ({"goals": ("speed",)}, "cannot minimise"),
        ({"goals": ("loss",), "space": (Vary("beta", 0.1, 4),)}, "the smallest beta would always win"),
        ({"folds": 1}, "nothing to train on"),
        ({"base": Config(**{**vars(BASE), "split": "test"})}, "reads the test set once"),
        ({"trials": 0}, "trials is 0"),
        ({"base": Config(**{**vars(BASE), "kind": "ae", "beta": 0.0}), "goals": ("elbo",)}, "no KL term"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(wanted, words):
    with pytest.raises(LoupeError, match=words):
        Search(**{"base": BASE, "space": RATES, **wanted})


def test_a_search_survives_json():
    depends = (Vary("schedule", choices=("constant", "cosine")), space.read("warmup=0..4@schedule=cosine"))
    search = Search(BASE, (*RATES, *depends), goals=("reconstruction", "kl"), folds=3, minutes=2.5)
    assert wanted.read(json.loads(json.dumps(search.to_json()))) == search
    with pytest.raises(LoupeError, match="version"):
        wanted.read({**search.to_json(), "version": 99})


def test_folds_share_seed_and_first_weights():
    configs = Search(BASE, RATES, folds=3).configs({"learning_rate": 0.01})
    assert [config.split for config in configs] == ["fold:1/3", "fold:2/3", "fold:3/3"]
    assert {config.seed for config in configs} == {BASE.seed}


@pytest.mark.parametrize(
    ("epochs", "folds", "expected"),
    [(20, 3, [6, 10, 20]), (20, 0, [6, 10]), (4, 2, [2, 4]), (2, 2, [1, 2]), (1, 3, [1]), (1, 0, [])],
)
def test_trials_are_looked_at_in_their_first_run(epochs, folds, expected):
    search = Search(replace(BASE, epochs=epochs), RATES, folds=folds)
    assert looks.moments(search) == expected


def test_only_the_best_third_of_what_came_so_far_goes_on():
    import optuna

    found = optuna.create_study(pruner=looks.pruner([2]))

    def goes_on(value: float) -> bool:
        trial = found.ask()
        for step, reported in ((1, 100 - value), (2, value), (3, 100.0)):
            trial.report(reported, step)
            if trial.should_prune():
                assert step == 2
                found.tell(trial, state=optuna.trial.TrialState.PRUNED)
                return False
        found.tell(trial, value)
        return True

    assert [goes_on(value) for value in (5, 6, 4, 4.5, 3, 3.5, 3.2, 8)] == [1, 0, 1, 0, 1, 1, 1, 0]


def test_a_storage_that_cannot_be_reached_is_told(settings):
    away = replace(settings, study_storage="sqlite:////no/such/folder/studies.db")
    with pytest.raises(LoupeError, match="cannot be read or written"):
        Study("any", away).storage()


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a b", "x" * 99])
def test_a_name_from_outside_finds_searches_only(settings, name):
    with pytest.raises(LoupeError):
        study.find(settings, name)
    if name:
        with pytest.raises(LoupeError):
            study.create(settings, Search(BASE, RATES), name)
