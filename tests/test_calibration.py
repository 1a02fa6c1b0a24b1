"""What is predicted of a training's cost comes from short real trainings on this machine."""

from __future__ import annotations

import json
import time
from dataclasses import fields
from pathlib import Path

import pytest
from support import train

from vae_core.design import cost, duration, recipes
from vae_core.design.config import Config
from vae_core.design.duration import Images, Parts
from vae_core.runs import calibration, pace
from vae_core.runs.calibration import Measured
from vae_core.settings import Settings


def test_measured_once_and_then_predicted(tmp_path: Path) -> None:
    from vae_core.learn import calibrate

    settings = Settings(cache=tmp_path)
    config = recipes.find("mnist-baseline").config

    def foretold(images: int) -> Parts:
        return calibration.foretold(settings, config, Images(images))

    assert not foretold(8000).measured
    seen: list[tuple[str, int, int]] = []
    calibrate.calibrate(settings, lambda *said: seen.append(said), calibrate.PROBES[:2])
    once, twice = foretold(8000), foretold(16000)
    assert once.measured and 0.05 < once.epoch.middle < 500
    assert abs(twice.steps / once.steps - 2) < 0.02 and twice.step == once.step
    assert [done for _, done, _ in seen] == list(range(9)) and {total for *_, total in seen} == {8}
    known = calibration.load(settings)
    assert known and known.fixed and known.fixed.start > 1 and known.fixed.build + known.fixed.build_layer > 0.05


def test_a_file_of_an_earlier_version_is_read_and_leaves_a_range(tmp_path: Path) -> None:
    settings, config = Settings(cache=tmp_path), recipes.default("digits", (8, 8, 1))
    rates = dict.fromkeys([field.name for field in fields(cost.Calibration)], 1e-9)
    files = {"machine": pace.machine(), "rates": {"float32": rates, "mixed_bfloat16": rates}}
    (tmp_path / calibration.FILE).write_text(json.dumps(files))
    parts = calibration.foretold(settings, config, Images(1000, 200, 300, 1000))
    assert parts.step.is_close and not parts.measured and not parts.whole.is_close
    calibration.save(settings, Measured(calibration.load(settings).rates, duration.USUAL))
    assert calibration.foretold(settings, config, Images(1000, 200, 300, 1000)).measured


def test_the_measurement_of_another_machine_is_not_used(tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path)
    rates = dict.fromkeys([field.name for field in fields(cost.Calibration)], 1e-9)
    document = {"machine": "another", "rates": {"float32": rates}}
    (tmp_path / calibration.FILE).write_text(json.dumps(document))
    assert calibration.load(settings) is None
    (tmp_path / calibration.FILE).write_text(json.dumps({**document, "machine": pace.machine()}))
    assert calibration.load(settings) is not None
    (tmp_path / calibration.FILE).write_text("half a docum")
    assert calibration.load(settings) is None


@pytest.mark.parametrize("images", [20, 1437, 100_000])
@pytest.mark.parametrize("seconds", [30, 600])
def test_a_time_becomes_as_many_steps_as_it_has_room_for(tmp_path: Path, images: int, seconds: float) -> None:
    settings, config = Settings(cache=tmp_path), recipes.auto((32, 32, 3), "mine")
    given = Images(images, images // 10, images // 10)
    timed = calibration.within(settings, config, given, seconds)
    parts = calibration.foretold(settings, timed, given)
    assert 2 <= timed.epochs <= calibration.LOOKS
    spent = (parts.epoch * timed.epochs + parts.first_look).middle
    assert spent == pytest.approx(seconds, rel=0.15)
    assert str(timed.steps).rstrip("0") == str(timed.steps)[:2].rstrip("0")  # two digits, so that it stays the same one
    best = calibration.until_best(settings, config, given)
    assert best.patience and best.steps and best.epochs > 100


def test_no_time_is_too_short_for_a_step(tmp_path: Path) -> None:
    huge = recipes.find("mnist-wide").config
    timed = calibration.within(Settings(cache=tmp_path), huge, Images(60_000, 10_000, 10_000), 1)
    assert (timed.epochs, timed.steps) == (2, 1)


def test_a_guess_follows_how_quick_this_machine_is(tmp_path: Path) -> None:
    settings, config, given = Settings(cache=tmp_path), recipes.auto((32, 32, 3), "mine"), Images(2000, 200, 200)
    usual = duration.foretell(config, given, None, None)

    def foretold(**kept: object) -> Parts:
        document = {"machine": pace.machine(), "pace": 2.5, "at": time.time(), **kept}
        (tmp_path / pace.FILE).write_text(json.dumps(document))
        return calibration.foretold(settings, config, given)

    slow = foretold()
    assert slow.step.middle == pytest.approx(2.5 * usual.step.middle) and not slow.measured
    assert slow.look.middle == pytest.approx(2.5 * usual.look.middle)
    for other in (
        {"machine": "another"},
        {"at": time.time() - 2 * pace.BELIEVED},
        {"pace": float("nan")},
        {"pace": -1},
    ):
        foretold(**other)
        assert json.loads((tmp_path / pace.FILE).read_text())["pace"] != other.get("pace", 2.5)


def test_a_training_that_took_longer_than_its_guess_is_remembered_for_those_of_its_kind(tmp_path: Path) -> None:
    settings, given = Settings(cache=tmp_path), Images(2000, 200, 200)
    dense, pictures = recipes.auto((32, 32, 3), "mine"), recipes.convolutions((32, 32, 3), "mine", "ae", 2)
    pace.pace(settings)  # measured once: the guess itself does not waver

    def step(config: Config) -> float:
        return calibration.foretold(settings, config, given).step.middle

    before = step(dense), step(pictures)
    pace.learn(settings, dense, 2.0)
    pace.learn(settings, dense, 1.2)
    assert (step(dense), step(pictures)) == (pytest.approx(2.4 * before[0]), before[1])
    assert calibration.within(settings, dense, given, 60).steps < 3000
    for broken in ("{}", "half a", json.dumps({"machine": "another", "times": {"dense": 3.0}})):
        (tmp_path / pace.LEARNED_FILE).write_text(broken)
        assert step(dense) == before[0]


def test_what_a_real_training_took_is_remembered(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from vae_core.learn import training

    monkeypatch.setattr(training, "ENOUGH_SECONDS", 0.0)
    monkeypatch.setattr(duration, "ENOUGH", 0.0)
    config = Config("digits", (8, 8, 1), "flatten dense8", latent=2, epochs=2, train_size=300, batch=10)
    train(settings, config)
    assert pace.learned(settings, config) not in (None, 1.0)


def test_a_pace_that_cannot_be_kept_is_measured_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    assert pace.LEAST <= pace.pace(Settings(cache=tmp_path / "cache")) <= pace.MOST
