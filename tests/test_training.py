"""Real trainings on the embedded digits: what is written, and that stop, kill and resume change nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vae_core.errors import LoupeError
from vae_core.runs import forks, jobs, store
from vae_core.settings import PROJECT, Settings
from vae_core.spec import keras_code
from vae_core.spec.config import Config

SMALL = Config(dataset="digits", image=(8, 8, 1), encoder="flatten dense32:gelu", kind="vae", epochs=3, batch=64)
CONVOLUTIONS = replace(SMALL, encoder="conv8/2 bn drop.1 flatten dense16", noise=0.1)
LOSSES = [
    f"{part}_{kind}_nats_per_image" for part in ("train", "validation") for kind in ("total", "reconstruction", "kl")
]
# Two runs agree to this share of the loss: sums in another order over two threads are all that may differ.
TOLERANCE = 1e-4


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache=tmp_path / "cache", checkpoints=tmp_path / "checkpoints")


def train(settings: Settings, config: Config, report=lambda row: None) -> store.Run:
    from vae_core.learn.training import train

    run = store.create(settings, config, {})
    train(run, settings, report)
    return run


def losses(run: store.Run) -> np.ndarray:
    return np.array([[float(row[name]) for name in LOSSES] for row in run.history()])


@pytest.mark.parametrize("config", [SMALL, replace(CONVOLUTIONS, optimizer="sgd")])
def test_a_kept_graph_trains_as_a_new_one_would(settings: Settings, config: Config) -> None:
    """Other rates, batches, betas and folds go through one graph, and nothing of the run before stays in it."""
    from vae_core.learn import kept, training

    steps = kept.KeptSteps()
    others = [
        replace(config, learning_rate=0.3, batch=32), replace(config, split="fold:2/3"),
        replace(config, beta=4.0, schedule="cosine", warmup=1.0),
    ]  # fmt: skip
    for each in [*others, config]:
        run = store.create(settings, each, {}, study="a search")
        training.train(run, settings, kept=steps)
    assert len(steps._known) == 1
    assert losses(run) == pytest.approx(losses(train(settings, config)), rel=TOLERANCE)


def test_another_network_or_noise_gets_a_graph_of_its_own(settings: Settings) -> None:
    from vae_core.learn import kept, training

    steps = kept.KeptSteps()
    one = replace(SMALL, epochs=1)
    noisy = replace(one, noise=0.3, noise_once=True)
    for each in (one, noisy, replace(one, seed=5), replace(one, optimizer="sgd")):
        training.train(store.create(settings, each, {}, study="a search"), settings, kept=steps)
    assert len(steps._known) == 4


def test_a_run_holds_all_that_is_promised(settings: Settings) -> None:
    run = train(settings, SMALL)
    status, rows, codes = run.status(), run.history(), run.codes()
    assert status["state"] == "done" and [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["validation_total_nats_per_image"] < rows[0]["validation_total_nats_per_image"]
    best = min(rows, key=lambda row: row["validation_total_nats_per_image"])
    assert status["best"]["epoch"] == best["epoch"]
    assert status["best"]["validation"]["nats_per_pixel"] == pytest.approx(best["validation_total_nats_per_image"] / 64)
    assert codes["mean"].shape == codes["log_variance"].shape == (len(codes["labels"]), 2)
    assert run.snapshot_epochs() == [1, 2, 3] and run.snapshot(3)["grid"].shape == (16, 16, 8, 8, 1)
    assert run.metrics()["bce"]["mean_code"]["nats_per_pixel"] > 0
    assert run.resolved()["precision"] == "float32" and run.resolved()["parameters"]["total"] > 0


def test_the_parts_sum_to_the_total(settings: Settings) -> None:
    rows = train(settings, replace(SMALL, beta=3.0)).history()
    for part in ("train", "validation"):
        nats, kl, total = (rows[-1][f"{part}_{kind}_nats_per_image"] for kind in ("reconstruction", "kl", "total"))
        assert total == pytest.approx(nats + 3 * kl, rel=1e-6)


def test_the_saved_model_needs_none_of_our_code(settings: Settings, tmp_path: Path) -> None:
    run = train(settings, replace(CONVOLUTIONS, epochs=1))
    script = (
        "import sys, keras, numpy as np\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "code = np.float32([[0.5, -0.5]])\n"
        "assert {str(v.dtype) for v in model.variables} <= {'float32', 'int64', 'uint32'}, model.variables\n"
        "assert not any(name.startswith('vae_core') for name in sys.modules)\n"
        "np.save(sys.argv[2], model.get_layer('decoder')(code))\n"
    )
    picture = tmp_path / "picture.npy"
    subprocess.run([sys.executable, "-c", script, run.model, picture], check=True, cwd=tmp_path)
    from vae_core.look import portable

    assert np.allclose(np.load(picture), portable.Portable.of(run).decode(np.float32([[0.5, -0.5]])), atol=1e-5)


def test_two_runs_of_one_config_agree(settings: Settings) -> None:
    first, second = train(settings, CONVOLUTIONS), train(settings, CONVOLUTIONS)
    assert first.id != second.id
    assert np.allclose(losses(first), losses(second), rtol=TOLERANCE)


def test_stopping_in_mid_epoch_and_resuming_changes_nothing(settings: Settings) -> None:
    from vae_core.learn import training

    whole = train(settings, CONVOLUTIONS)
    run = store.create(settings, CONVOLUTIONS, {})

    def stop_in_second_epoch(row: dict) -> None:
        if row.get("epoch") == 2 and row.get("step", 0) >= 2:
            jobs.request_stop(run)

    training.train(run, settings, stop_in_second_epoch)
    assert run.status()["state"] == "stopped" and len(run.history()) == 1
    training.train(run, settings)
    assert run.status()["state"] == "done"
    assert np.allclose(losses(run), losses(whole), rtol=TOLERANCE)


def test_killed_and_resumed_it_ends_as_if_nothing_had_happened(settings: Settings) -> None:
    config = replace(CONVOLUTIONS, epochs=40)
    whole = train(settings, config)
    run = store.create(settings, config, {})
    child = _train_in_a_process(settings, run)
    _await(lambda: len(run.history()) >= 5 or child.poll() is not None)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert jobs.state(run) == "interrupted"
    child = _train_in_a_process(settings, run)
    assert child.wait(timeout=120) == 0 and jobs.state(run) == "done"
    assert np.allclose(losses(run), losses(whole), rtol=TOLERANCE)


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(settings: Settings) -> None:
    run = store.create(settings, replace(SMALL, optimizer="sgd", learning_rate=10.0, loss="mse", sigma=0.001), {})
    from vae_core.learn.training import train

    with pytest.raises(LoupeError, match="stopped being a number in epoch"):
        train(run, settings)
    assert jobs.state(run) == "failed" and "learning rate" in run.status()["error"]


def test_early_stopping_waits_for_its_patience(settings: Settings) -> None:
    run = train(settings, replace(SMALL, kind="ae", beta=None, epochs=50, learning_rate=0.3, patience=2))
    best, last = run.status()["best"]["epoch"], len(run.history())
    assert last < 50 and last - best == 2


def test_a_plain_autoencoder_has_no_kl(settings: Settings) -> None:
    run = train(
        settings,
        Config(
            dataset="digits", image=(8, 8, 1), encoder="flatten dense32 code2:relu bn", kind="ae", loss="mse", epochs=2
        ),
    )
    assert all(row["train_kl_nats_per_image"] == 0 for row in run.history())
    assert "log_variance" not in run.codes() and (run.codes()["mean"] >= 0).all()


def test_training_on_chosen_classes_sees_only_those(settings: Settings) -> None:
    seen: list[dict] = []
    train(settings, replace(SMALL, classes=("3", "7"), epochs=1), seen.append)
    everything: list[dict] = []
    train(settings, replace(SMALL, epochs=1), everything.append)
    assert 0 < max(row.get("steps", 0) for row in seen) < max(row.get("steps", 0) for row in everything)


def test_a_fork_goes_on_from_its_parent(settings: Settings) -> None:
    from vae_core.learn.training import train as go

    parent = train(settings, SMALL)
    child = forks.fork(settings, parent, {"epochs": 5, "optimizer": "sgd", "learning_rate": 0.01})
    assert [row["epoch"] for row in child.history()] == [1, 2, 3]
    go(child, settings)
    rows = child.history()
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5] and child.parent == parent.id
    assert rows[3]["validation_total_nats_per_image"] < rows[0]["validation_total_nats_per_image"]
    assert len(parent.history()) == 3
    with pytest.raises(LoupeError, match="cannot change 'latent'"):
        forks.fork(settings, parent, {"latent": 3})


def test_training_longer_equals_training_long_at_once(settings: Settings) -> None:
    from vae_core.learn.training import train as go

    long = train(settings, replace(CONVOLUTIONS, epochs=4))
    longer = forks.fork(settings, train(settings, replace(CONVOLUTIONS, epochs=2)), {"epochs": 4})
    go(longer, settings)
    assert np.allclose(losses(longer), losses(long), rtol=TOLERANCE)


def _train_in_a_process(settings: Settings, run: store.Run) -> subprocess.Popen:
    environment = {**os.environ, "LOUPE_CACHE": str(settings.cache), "LOUPE_CHECKPOINTS": str(settings.checkpoints)}
    command = [sys.executable, "-m", "vae_core", "train", "--run", run.id]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _await(condition, seconds: float = 120) -> None:
    """Look again every few milliseconds until the condition holds."""
    tick = threading.Event()
    for _ in range(int(seconds * 100)):
        if condition():
            return
        tick.wait(0.01)
    raise AssertionError("the condition never held")


@pytest.mark.parametrize("form", ["script", "notebook"])
def test_the_stand_alone_program_takes_the_same_first_epoch(form: str, settings: Settings, tmp_path: Path) -> None:
    """From the same seed, split and order come the same initial weights and, but for rounding, the same losses."""
    config = replace(SMALL, encoder="conv8/2 bn flatten dense16 bn", beta=0.0, epochs=1)
    row = train(settings, config).history()[0]
    said = _run_program(tmp_path, _program(config, form))
    found = re.search(r"epoch 1/1 +train ([0-9.]+) +validation ([0-9.]+)", said)
    assert found and f"parameters: {config.architecture().counts['total']:,}" in said
    assert float(found[1]) == pytest.approx(row["train_total_nats_per_image"], rel=1e-3)
    assert float(found[2]) == pytest.approx(row["validation_total_nats_per_image"], rel=1e-3)


def _program(config: Config, form: str) -> str:
    if form == "script":
        return keras_code.script(config)
    cells = keras_code.notebook(config)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def _run_program(folder: Path, program: str) -> str:
    path = folder / "program.py"
    path.write_text(program, encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run([sys.executable, path], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
