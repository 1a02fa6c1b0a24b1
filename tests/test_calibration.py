"""What is predicted of a training's cost comes from short real trainings on this machine."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from vae_core.runs import calibration
from vae_core.settings import Settings
from vae_core.spec import cost, recipes


def test_measured_once_and_then_predicted(tmp_path: Path) -> None:
    from vae_core.learn import calibrate

    settings = Settings(cache=tmp_path)
    config = recipes.find("mnist-baseline").config
    assert calibration.seconds_an_epoch(settings, config, 8000) is None
    seen: list[tuple[int, int]] = []
    calibrate.calibrate(settings, lambda *done: seen.append(done), calibrate.PROBES[:2])
    seconds = calibration.seconds_an_epoch(settings, config, 8000)
    assert seconds is not None and 0.05 < seconds < 500
    twice = calibration.seconds_an_epoch(settings, config, 16000)
    assert twice is not None and abs(twice / seconds - 2) < 0.01
    assert seen[0] == (0, 4) and seen[-1] == (4, 4)


def test_the_measurement_of_another_machine_is_not_used(tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path)
    rates = dict.fromkeys([field.name for field in fields(cost.Calibration)], 1e-9)
    document = {"machine": "another", "rates": {"float32": rates}}
    (tmp_path / calibration.FILE).write_text(json.dumps(document))
    assert calibration.load(settings) is None
    (tmp_path / calibration.FILE).write_text(json.dumps({**document, "machine": calibration.machine()}))
    assert calibration.load(settings) is not None
    (tmp_path / calibration.FILE).write_text("half a docum")
    assert calibration.load(settings) is None
