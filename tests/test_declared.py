"""A setting is declared once, and then stands everywhere: on the form, in the commands, in searches and reports."""

from __future__ import annotations

import argparse
import math
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vae_core.cli import choices
from vae_core.design import difference
from vae_core.design.config import Config, from_json
from vae_core.design.declared import GROUPS, SETTINGS
from vae_core.search import space
from vae_core.share.report import content

BASE = Config("digits", (8, 8, 1), "flatten dense16", loss="mse", noise=0.1)  # in which all settings take part
OF_THE_LAYERS = {"encoder", "decoder", "latent"}  # a difference tells of them in words of its own
WITH_A_WIDGET_OF_THEIR_OWN = {"dataset", "image", "encoder", "decoder", "recipe"}
FORKABLE = {
    "epochs",
    "learning_rate",
    "optimizer",
    "schedule",
    "warmup",
    "batch",
    "beta",
    "kl_warmup",
    "noise",
    "noise_once",
    "patience",
    "precision",
    "fused",
    "ema",
    "steps",
}
COMPARED = sorted({name for name, setting in SETTINGS.items() if setting.group})
ASKED = sorted({name for name, setting in SETTINGS.items() if setting.label})


def other(name: str) -> Any:
    """Another value of this setting than the base has."""
    setting, value = SETTINGS[name], getattr(BASE, name)
    if setting.choices:
        return next(each for each in setting.choices if each != value)
    if setting.kind is bool:
        return not value
    known = {"ema": 0.9, "dataset": "mnist", "image": (9, 8, 1), "classes": ("3", "5"), "latent": 3}
    return known[name] if name in known else setting.kind((setting.bounds[0] + value + 1) / 2 + 1)


def changed(name: str) -> Config:
    more = {"beta": None} if name == "kind" else {"sigma": None} if name == "loss" else {}
    return replace(BASE, **{name: other(name), **more})


def test_every_field_is_declared_and_nothing_else() -> None:
    assert set(SETTINGS) == {field.name for field in fields(Config)}
    assert {name for name, setting in SETTINGS.items() if not setting.label} == WITH_A_WIDGET_OF_THEIR_OWN
    assert {name for name, setting in SETTINGS.items() if not setting.told} == {"image", "recipe"}
    assert {name for name, setting in SETTINGS.items() if setting.fork} == FORKABLE
    assert set(GROUPS) == {setting.group for setting in SETTINGS.values() if setting.group}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_has_words_and_an_end(name: str) -> None:
    setting = SETTINGS[name]
    assert setting.called and setting.told and setting.label and setting.help.endswith(".")
    assert setting.group or name in OF_THE_LAYERS or setting.free
    number = setting.kind in (int, float)
    assert number == all(map(math.isfinite, setting.bounds))
    assert number or setting.choices or setting.kind in (bool, tuple)
    if setting.where:
        assert setting.where.name in SETTINGS and setting.where.without and setting.where.fix


@pytest.mark.parametrize("name", COMPARED)
def test_a_difference_and_a_report_name_it(name: str) -> None:
    config = changed(name)
    (found,) = [each for each in difference.between(BASE, config).fields if each.name == name]
    assert found.label == SETTINGS[name].called and found.a != found.b
    case = SimpleNamespace(facts=None)
    sides: Any = [SimpleNamespace(name=str(place), config=each, case=case) for place, each in enumerate((BASE, config))]
    rows = {row[0]: row[1:] for block in content._setup(sides) for row in getattr(block, "rows", ())}
    assert rows[SETTINGS[name].called] == (found.a, found.b)


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.told])
def test_its_option_says_what_it_is_and_gives_it_to_the_config(name: str) -> None:
    parser = argparse.ArgumentParser()
    choices.add_options(parser)
    setting = SETTINGS[name]
    assert setting.told in " ".join(parser.format_help().split())
    value = {"encoder": "flatten dense8", "decoder": "mirror"}.get(name) or other(name)
    words = () if value is True else value if isinstance(value, tuple) else (str(value),)
    assert choices.given(parser.parse_args([f"--{setting.flag}", *words])) == {name: value}


@pytest.mark.parametrize("name", space.VARIED)
def test_a_search_begins_with_values_that_it_may_take(name: str) -> None:
    each = space.VARIED[name]
    usual = ",".join(each.choices) if each.search == "all" else each.search.replace(" ", "")
    assert space.read(f"{name}={usual}").points()


def test_the_form_draws_every_one() -> None:
    def page() -> None:
        from ui.form.fields import draw
        from vae_core.design.declared import SETTINGS

        for name, setting in SETTINGS.items():
            if setting.label and name != "classes":
                draw(name, f"one_{name}", setting.default)

    app = AppTest.from_function(page, default_timeout=60).run()
    drawn = {each.label: each for each in (*app.number_input, *app.selectbox, *app.checkbox)}
    assert not app.exception
    assert set(drawn) == {SETTINGS[name].label for name in ASKED if name != "classes"}
    assert all(each.help for each in drawn.values())


def test_a_setting_that_came_later_leaves_older_runs_as_they_are() -> None:
    later = {name for name, setting in SETTINGS.items() if setting.later}
    assert later == {"ema", "steps"}
    document = BASE.to_json()
    assert set(document) == {"version", *SETTINGS} - later
    assert from_json(document) == BASE
    assert BASE.digest == "84fb99"
