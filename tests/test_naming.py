"""One number, one name, one unit: what is worked out here from a run's bare files stands everywhere that shows it.

The losses of a list, a chart and a card are the least validation loss of the history; those of the test images are the
mean of what Keras wrote image by image at the end of the training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from support import answer, fine, settings_in, train

from ui import losses, words
from ui.explore import take_home
from ui.home import table
from ui.view import look
from vae_core.cli import worker as worker
from vae_core.data import catalog
from vae_core.design import naming
from vae_core.design.config import Config
from vae_core.look import scores
from vae_core.look.doctor import case as cases
from vae_core.runs import store
from vae_core.runs.store import Run
from vae_core.settings import PROJECT
from vae_core.share import report
from vae_core.share.report.parts import Grid, Text

PLAIN = Config("coloured", (8, 8, 3), "flatten dense16", kind="ae", loss="mse", latent=2, epochs=2)
MODELS = {
    "plain": PLAIN,
    "grey": replace(PLAIN, loss="bce", sigma=None),
    "vae": replace(PLAIN, kind="vae", beta=None, loss="bce", sigma=None),
}
UNITS = {"plain": "squared error", "grey": "nats", "vae": "nats"}


def _fill(folder: Path) -> None:
    random, settings = np.random.default_rng(0), settings_in(folder)
    kinds = np.arange(400) % 4
    coarse = random.integers(0, 120, (400, 2, 2, 3)) + 40 * kinds[:, None, None, None]
    pixels = coarse.clip(0, 255).astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    np.savez(
        folder / "coloured.npz", x_train=pixels[:320], y_train=kinds[:320], x_test=pixels[320:], y_test=kinds[320:]
    )
    catalog.add(folder / "coloured.npz", "coloured", settings)
    for config in MODELS.values():
        worker.work(scores.begin(train(settings, config)))


@pytest.fixture(scope="module")
def runs(once) -> dict[str, Run]:
    settings = settings_in(once("naming", _fill))
    found = {run.config(): run for run in (Run(line.id, settings) for line in store.list_runs(settings))}
    return {name: found[config] for name, config in MODELS.items()}


@dataclass(frozen=True)
class Truth:
    """Of a run of images of 8 x 8 x 3, from its history and the losses of its test images alone."""

    unit: str
    loss: float  # per image
    tested: float  # per image, at the mean code

    @classmethod
    def of(cls, name: str, run: Run) -> Truth:
        validation = [float(row["validation_total_nats_per_image"]) for row in run.history()]
        return cls(UNITS[name], min(validation), float(run.codes()["reconstruction"].astype(np.float64).mean()))


@pytest.fixture
def command(runs, monkeypatch, capsys) -> Callable[..., str]:
    where = runs["plain"].settings
    monkeypatch.setenv("LOUPE_CHECKPOINTS", str(where.checkpoints))
    monkeypatch.setenv("LOUPE_CACHE", str(where.cache))
    return lambda *said: answer(capsys, *said)


NAMES = list(MODELS)
PER = [("pixel", "per pixel", 192), ("image", "per image", 1), ("channels", "per image, mean over channels", 3)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("word", "per", "parts"), PER)
def test_list_and_show_tell_a_loss_in_its_unit(command, runs, name, word, per, parts):
    truth = Truth.of(name, runs[name])
    (line,) = [line for line in command("list", "--per", word).splitlines() if line.startswith(runs[name].id)]
    decimals = re.search(r"(\d+\.(\d+))  " + re.escape(f"{truth.unit} {per}"), line)
    assert decimals and float(decimals[1]) == pytest.approx(truth.loss / parts, abs=0.51 / 10 ** len(decimals[2]))
    told = command("show", runs[name].id, "--per", word)
    assert f"Losses in {truth.unit} {per}." in told


@pytest.mark.parametrize("name", NAMES)
def test_evaluate_leads_with_what_the_model_was_trained_on(command, runs, name):
    truth, told = Truth.of(name, runs[name]), command("evaluate", runs[name].id)
    head, line = (
        next(row for row in told.splitlines() if start in row) for start in (" per pixel", "at the mean code")
    )
    first = {"nats": "cross-entropy, nats per pixel", "squared error": "squared error per pixel"}[truth.unit]
    assert head.strip().startswith(first) and "mean over channels" in head
    shown = [float(number) for number in re.findall(r"[\d.]+", line)]
    assert shown[:3] == pytest.approx([truth.tested / parts for parts in (192, 1, 3)], rel=5e-3, abs=5e-5)
    assert f"{truth.loss / 192:.4g} {truth.unit} per pixel, on the validation images" in told


def test_one_share_is_told_by_neighbours_wherever_it_is_asked(command, runs):
    found = json.loads(command("evaluate", runs["plain"].id, "--json"))["knn_accuracy"]
    everything = {
        each["name"]: each for each in json.loads(command("evaluate", runs["plain"].id, "--all", "--json"))["metrics"]
    }
    assert everything["knn_accuracy"]["value"] == found == scores.of(runs["plain"])["neighbours"].mean()
    assert everything["mse"]["value"] == pytest.approx(Truth.of("plain", runs["plain"]).tested / 192, rel=1e-3)
    for key, name in (("mse", "mse"), ("knn_accuracy", "neighbours"), ("knn_balanced", "neighbours_balanced")):
        quantity = naming.QUANTITIES[name]
        assert [everything[key][part] for part in ("label", "unit", "better", "meaning")] == [
            quantity.label,
            quantity.unit,
            quantity.better,
            quantity.meaning,
        ]


def test_compare_and_the_report_tell_the_unit_of_the_models_own_loss(command, runs):
    row = next(
        row
        for row in json.loads(command("compare", runs["plain"].id, runs["grey"].id, "--json"))["rows"]
        if row["metric"] == "reconstruction"
    )
    assert row["unit"] == "squared error per image against nats per image"
    for name in NAMES:
        truth, blocks = Truth.of(name, runs[name]), report.build([runs[name]]).blocks
        table = next(block for block in blocks if isinstance(block, Grid) and "per pixel" in block.header[1])
        assert [float(cell) for cell in table.rows[0][1:4]] == pytest.approx(
            [truth.tested / parts for parts in (192, 1, 3)], rel=5e-3, abs=5e-5
        )
        told = " ".join(block.text for block in blocks if isinstance(block, Text))
        assert f"{truth.loss / 192:.4g} {truth.unit} per pixel: on the validation images" in told


def test_the_doctor_speaks_of_a_squared_error_as_one(command, runs):
    truth, told = Truth.of("plain", runs["plain"]), command("doctor", runs["plain"].id)
    assert f"a squared error of {truth.tested / 192:.4f} per pixel" in told and "nats" not in told
    assert cases.of(runs["plain"]).curves("Loss").unit == "squared error per image"


@pytest.mark.parametrize("name", NAMES)
def test_lists_cards_and_the_take_home_page_tell_the_same_loss(runs, name, monkeypatch):
    run, truth = runs[name], Truth.of(name, runs[name])
    monkeypatch.setenv("LOUPE_CHECKPOINTS", str(run.settings.checkpoints))
    monkeypatch.setenv("LOUPE_CACHE", str(run.settings.cache))
    (line,) = [line for line in store.list_runs(run.settings) if line.id == run.id]
    row = table.frame([line]).iloc[0]
    assert row["loss_per_pixel"] == pytest.approx(truth.loss / 192) == line.best_nats_per_pixel
    assert (row["loss_mean_over_channels"], row["loss_unit"]) == (pytest.approx(truth.loss / 3), truth.unit)
    for parts, per in ((192, "per pixel"), (1, "per image"), (3, "per image, mean over channels")):
        assert f"{truth.loss / parts:.4g} {truth.unit} {per}" in words.loss_help(line)
    facts = dict(take_home._facts(look(run)))
    assert facts["Loss"].startswith(f"{truth.loss / 192:.4g} {truth.unit} per pixel, on the validation images")
    label = {"nats": "Cross-entropy, nats per pixel", "squared error": "Squared error per pixel"}[truth.unit]
    assert float(facts[label].partition(",")[0]) == pytest.approx(truth.tested / 192, rel=2e-3)


@pytest.mark.parametrize(("per", "parts"), [(per, parts) for _, per, parts in PER])
def test_train_and_compare_show_losses_as_was_chosen(visit, runs, per, parts):
    run, truth = runs["plain"], Truth.of("plain", runs["plain"])
    app = fine(visit(run.settings, "train", {losses.KEPT: per}, run=run.id))
    shown = {metric.label: metric for metric in app.main.metric}["Best loss"]
    assert float(shown.value) == pytest.approx(truth.loss / parts, rel=1e-3)
    assert f"squared error {per}" in shown.help
    assert all(group.proto.wrap for group in app.button_group if per in group.options)  # they are too wide for a phone
    pair = ",".join(runs[name].id for name in ("plain", "grey"))
    app = fine(visit(run.settings, "compare", {losses.KEPT: per, "compare_section": "Losses"}, runs=pair))
    assert per in [option for group in app.button_group for option in group.options]


def test_no_other_file_calls_a_loss_by_a_unit_of_its_own():
    """The units of losses are written down in one file; programs that stand alone say theirs themselves."""
    allowed = {
        "vae_core/design/naming.py",
        "vae_core/design/reports.py",
        "vae_core/design/keras_training.py",
        "vae_core/design/keras_short.py",
        "vae_core/look/evaluation.py",
        "vae_core/design/declared.py",
    }
    found = []
    for path in [
        *(PROJECT / "vae_core").rglob("*.py"),
        *(PROJECT / "ui").rglob("*.py"),
        *(PROJECT / "ui").rglob("*.js"),
    ]:
        name = path.relative_to(PROJECT).as_posix()
        if name in allowed:
            continue
        strings = re.findall(
            r"\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`", re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.S)
        )
        found += [
            (name, text) for text in strings if re.search(r"nats?[ /]per|nats/|(squared error|bce|mse) per", text, re.I)
        ]
    assert not found
