"""What earlier versions wrote opens.

before.zip was written by the version before the settings and the layers of a training got one place each: two runs, a
third that was killed in its seventh epoch, a search of two trials with the winner's run, and a data set."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import fine, plain

from vae_core.data import catalog
from vae_core.look import comparison, doctor
from vae_core.look.portable import Portable
from vae_core.runs import forks, store
from vae_core.runs.store import Run
from vae_core.search import study, trials
from vae_core.settings import Settings

DENSE, CONVOLUTION, KILLED = "mine-vae-581c51", "mine-vae-40b675", "mine-vae-68253b"
WINNER = "mine-vae-f8324b-2"
BEFORE = Path(__file__).with_name("before.zip")


@pytest.fixture
def before(settings: Settings) -> Settings:
    with zipfile.ZipFile(BEFORE) as archive:
        archive.extractall(settings.checkpoints.parent)
    return settings


def test_runs_keep_their_names_and_all_that_they_hold(before: Settings) -> None:
    known = {line.id: line.state for line in store.list_runs(before) if not line.study}
    assert known == {DENSE: "done", CONVOLUTION: "done", WINNER: "done", KILLED: "interrupted"}
    for name in known:
        run = Run(name, before)
        assert name.startswith(run.config().id), "an old config has a new digest"
        assert run.history() and run.codes() if known[name] == "done" else run.load_state()
        assert all(np.isfinite(run.snapshot(epoch)["code"]).all() for epoch in run.snapshot_epochs())


def test_they_are_compared_judged_and_walked_on(before: Settings) -> None:
    dense, convolution = Run(DENSE, before), Run(CONVOLUTION, before)
    found = comparison.compare(dense, convolution)
    assert any("conv4/2" in sentence for sentence in found.difference.sentences()), found.difference.sentences()
    assert doctor.examine(dense)
    codes = convolution.codes()["mean"]
    images = catalog.load("mine", before).test.pixels
    assert Portable.of(convolution).encode(images)[0] == pytest.approx(codes, abs=1e-4)


def test_a_killed_one_goes_on_and_a_finished_one_is_trained_longer(before: Settings) -> None:
    from vae_core.learn import training

    killed, dense = Run(KILLED, before), Run(DENSE, before)
    kept = killed.history()
    longer = forks.fork(before, dense, {"epochs": 4})
    for run in (killed, longer):
        training.train(run, before)
        assert run.state() == "done" and len(run.history()) == run.config().epochs
    losses, known = ([row["validation_total_nats_per_image"] for row in rows] for rows in (killed.history(), kept))
    assert losses[: len(known)] == pytest.approx(known, rel=1e-3) and losses[-1] < known[-1]


def test_a_search_is_read_with_its_trials(before: Settings) -> None:
    (found,) = study.every(before)
    assert found.name == "rates" and found.state() == "done"
    assert [trial.settings for trial in trials.every(found)] == [{"learning_rate": 0.001}, {"learning_rate": 0.01}]
    assert Run(WINNER, before).config().learning_rate == 0.01


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"train?run={DENSE}", f"{DENSE}\n"),
        (f"explore?run={CONVOLUTION}", f"{CONVOLUTION}\n"),
        (f"project?run={DENSE}", f"{DENSE}\n"),
        (f"compare?runs={DENSE},{CONVOLUTION}", f"the reconstruction of {CONVOLUTION}"),
        ("tune?search=rates", "Trial 2** is the best"),
        ("data?data=mine", "mine\n"),
    ],
)
def test_every_address_leads_to_its_view(before: Settings, visit: Any, address: str, words: str) -> None:
    page, _, asked = address.partition("?")
    name, _, value = asked.partition("=")
    shown = plain(fine(visit(before, page, **{name: value}))).replace("\\", "")
    assert words in shown, shown
