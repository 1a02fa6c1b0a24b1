"""What needs none of our code: a saved model and the generated programs, all in one process that has none of it."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Once
from support import settings_in
from test_keras_code import EVERYTHING
from trainings import trained_whole, trial

from vae_core.design.config import Config
from vae_core.design.keras_code import notebook, script
from vae_core.look.portable import Portable
from vae_core.runs.store import Run

DIGITS = Config("digits", (8, 8, 1), "conv8/2 bn flatten dense16 bn", beta=0.0, epochs=1, batch=64)
AVERAGED = replace(DIGITS, ema=0.9)
BLOCK = "res(dense32:linear layernorm gelu dense16:linear)"
BEGUN = replace(
    DIGITS,
    encoder=f"flatten pca16 {BLOCK}",
    decoder=f"{BLOCK} pca64 reshape8x8x1",
    latent=4,
    loss="mse",
    sigma=0.1,
    beta=1.0,
    steps=30,
)
SAME = {"digits": DIGITS, "averaged": AVERAGED, "begun": BEGUN}
PICTURES = {"losses.png", "codes.png", "reconstructions.png", "grid.png"}
# One folder after the other; what is printed there, an error too, is kept in it.
PROCESS = """
import contextlib, json, os, runpy, sys, traceback
import keras, numpy as np

def model():
    loaded = keras.models.load_model("model.keras")
    print({str(variable.dtype) for variable in loaded.variables} - {"float32", "int64", "uint32"})
    np.save("picture.npy", loaded.get_layer("decoder")(np.float32([[0.5, -0.5]])))

def program():
    runpy.run_path("program.py", run_name="__main__")
    plt = sys.modules["matplotlib.pyplot"]
    for axes in (axes for number in plt.get_fignums() for axes in plt.figure(number).axes):
        if axes.get_label() == "<colorbar>":  # where its labels stand, from 0 at its foot to 1
            low, high = axes.get_ylim()
            print("labels at", json.dumps([(place - low) / (high - low) for place in axes.get_yticks()]))
    plt.close("all")

root = os.getcwd()
for folder in sys.argv[1:]:
    os.chdir(os.path.join(root, folder))
    with open("said.txt", "w") as file, contextlib.redirect_stdout(file):
        try:
            model() if folder == "model" else program()
        except BaseException:
            traceback.print_exc(file=file)
os.chdir(root)
json.dump(list(sys.modules), open("loaded.json", "w"))
"""


@dataclass(frozen=True)
class Alone:
    """What was left of the process."""

    ours: dict[str, Run]  # what we trained of the same configs as the programs
    whole: Run  # whose saved model was loaded
    folder: Path

    def said(self, part: str) -> str:
        return (self.folder / part / "said.txt").read_text()

    def drawn(self, part: str) -> set[str]:
        return {path.name for path in (self.folder / part).glob("*.png")}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, once: Once) -> Alone:
    folder, whole = tmp_path_factory.mktemp("alone"), trained_whole(once)
    parts: dict[str, dict[str, bytes]] = {
        "model": {"model.keras": whole.model.read_bytes()},
        "digits": {"program.py": script(DIGITS).encode()},
        "averaged": {"program.py": script(AVERAGED).encode()},
        "begun": {"program.py": script(BEGUN).encode()},
        "everything": {"program.py": script(EVERYTHING).encode()},
        "short-digits": {"program.py": script(DIGITS, short=True).encode()},
        "short-averaged": {"program.py": script(AVERAGED, short=True).encode()},
        "short-begun": {"program.py": script(BEGUN, short=True).encode()},
        "short-everything": {"program.py": script(replace(EVERYTHING, noise_once=False), short=True).encode()},
    }
    for part, files in parts.items():
        (folder / part).mkdir()
        for name, content in files.items():
            (folder / part / name).write_bytes(content)
    np.savez(folder / "own.npz", **own_images())
    environment = {**os.environ, "MPLBACKEND": "Agg", "DATA": "../own.npz"}
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, *parts], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    settings = settings_in(tmp_path_factory.mktemp("ours"))
    ours = {part: trial(settings, config) for part, config in SAME.items()}
    return Alone(ours, whole, folder)


def own_images() -> dict[str, Any]:
    x = np.random.default_rng(0).integers(0, 256, (100, 9, 10, 3), np.uint8)
    y = np.repeat(["cat", "dog", "cow", "hen"], 25)
    return {"x_train": x, "y_train": y, "x_test": x[::3], "y_test": y[::3]}


def test_nothing_of_ours_was_loaded(alone: Alone) -> None:
    loaded = {name.partition(".")[0] for name in json.loads((alone.folder / "loaded.json").read_text())}
    assert "keras" in loaded and not loaded & {"vae_core", "ui", "pages", "streamlit"}


def test_the_saved_model_needs_none_of_our_code(alone: Alone) -> None:
    assert alone.said("model") == "set()\n", "weights of another precision"
    picture = np.load(alone.folder / "model" / "picture.npy")
    assert np.allclose(picture, Portable.of(alone.whole).decode(np.float32([[0.5, -0.5]])), atol=1e-5)


def test_a_program_runs_on_its_own(alone: Alone) -> None:
    said = alone.said("digits")
    assert "1437 images train, 180 validate, 180 test" in said, said
    assert alone.drawn("digits") == PICTURES
    losses = re.search(r"epoch 1/1  train ([0-9.]+)  validation ([0-9.]+) nats/image", said)
    assert losses and 20 < float(losses[2]) < float(losses[1]) < 64


@pytest.mark.parametrize("part", SAME)
def test_the_stand_alone_program_takes_the_same_first_epoch(alone: Alone, part: str) -> None:
    """From the same seed, split and order come the same initial weights and, but for rounding, the same losses."""
    (row,), said = alone.ours[part].history(), alone.said(part)
    found = re.search(r"epoch 1/1 +train ([0-9.]+) +validation ([0-9.]+)", said)
    assert found and f"parameters: {SAME[part].architecture().counts['total']:,}" in said
    assert float(found[1]) == pytest.approx(row["train_total_nats_per_image"], rel=1e-3)
    assert float(found[2]) == pytest.approx(row["validation_total_nats_per_image"], rel=1e-3)


def test_the_notebook_is_that_program(alone: Alone) -> None:
    cells = ["".join(cell["source"]) for cell in notebook(DIGITS)["cells"] if cell["cell_type"] == "code"]
    ran = ast.parse((alone.folder / "digits" / "program.py").read_text())
    assert ast.dump(ast.parse("\n\n".join(cells))) == ast.dump(ast.Module(ran.body[1:], []))  # its text aside


def test_a_program_with_everything_runs_on_an_own_file(alone: Alone) -> None:
    said = alone.said("everything")
    assert "40 images train, 10 validate, 34 test" in said, said
    assert f"parameters: {EVERYTHING.architecture().counts['total']:,}" in said and "epoch 2/2" in said
    assert alone.drawn("everything") == PICTURES


@pytest.mark.parametrize("part", ["digits", "everything"])
def test_class_labels_stand_in_the_middle_of_their_colours(alone: Alone, part: str) -> None:
    found = re.search(r"labels at (.+)", alone.said(part))
    assert found, alone.said(part)
    places = json.loads(found[1])
    assert places == pytest.approx([(number + 0.5) / len(places) for number in range(len(places))])


@pytest.mark.parametrize("part", ["short-digits", "short-averaged", "short-begun", "short-everything"])
def test_the_short_form_runs_too(alone: Alone, part: str) -> None:
    said = alone.said(part)
    assert "val_loss" in said, said
    assert alone.drawn(part) == PICTURES


@pytest.mark.parametrize("part", SAME)
def test_the_short_form_learns_as_the_exact_one_does(alone: Alone, part: str) -> None:
    """From the same first weights, but of other batches and noise: about the same losses after an epoch."""
    exact = re.search(r"train ([0-9.]+) +validation ([0-9.]+) nats/image", alone.said(part))
    short = re.search(r"loss: ([0-9.e-]+) - val_loss: ([0-9.e-]+)", alone.said(f"short-{part}"))
    assert exact and short
    for one, other in zip(exact.groups(), short.groups()):
        assert float(other) * DIGITS.pixels == pytest.approx(float(one), rel=0.05)
