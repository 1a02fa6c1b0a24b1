"""The stand-alone programs compile for whatever can be trained and build it; test_alone.py runs them."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from vae_core.design import recipes
from vae_core.design.architecture import without_sigmoid
from vae_core.design.config import Config
from vae_core.design.keras_code import notebook, script
from vae_core.design.notation import parse, write
from vae_core.settings import PROJECT

GREY = (28, 28, 1)
EVERYTHING = Config(
    "photos",
    (9, 10, 3),
    "conv4/2 bn res(conv6:leaky drop.1 bn) pool2 flatten dense8 res(dense4)",
    latent=3,
    epochs=2,
    batch=16,
    noise=0.1,
    noise_once=True,
    kl_warmup=2,
    warmup=1,
    schedule="cosine",
    optimizer="adamw",
    patience=1,
    classes=("cat", "dog"),
    loss="bce-binary",
    train_size=60,
)
CONFIGS = {
    **{f"{recipe.key}-{recipe.variant}": recipe.config for recipe in recipes.all_recipes()},
    **{f"default-{name}": recipes.default(name, GREY) for name in recipes.DEFAULTS},
    "auto": recipes.auto((96, 96, 3), "photos"),
    "convolutions": recipes.convolutions((96, 96, 3), "photos"),
    "everything": EVERYTHING,
    "fresh noise": replace(EVERYTHING, noise_once=False, split="test"),
    "averaged": replace(recipes.find("mnist-baseline").config, ema=0.99),
    "some clothes": replace(recipes.find("fashion-cae").config, classes=("Bag", "Ankle boot"), optimizer="sgd"),
}


FORMS = pytest.mark.parametrize("short", [False, True], ids=["exact", "short"])


@FORMS
@pytest.mark.parametrize("name", CONFIGS)
def test_script_and_notebook_are_the_same_valid_program(name: str, short: bool) -> None:
    program = ast.parse(script(CONFIGS[name], short))
    assert ast.get_docstring(program)
    document = notebook(CONFIGS[name], short)
    nbformat.validate(nbformat.from_dict(document))
    cells = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]
    assert ast.dump(ast.parse("\n".join(cells))) == ast.dump(ast.Module(program.body[1:], []))


@FORMS
@pytest.mark.parametrize("name", CONFIGS)
def test_a_program_needs_no_more_than_it_says(name: str, short: bool) -> None:
    program = script(CONFIGS[name], short)
    imported = set(re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE))
    allowed = {"math", "os", "keras", "matplotlib", "numpy", "tensorflow"}
    assert imported - allowed == ({"sklearn"} if CONFIGS[name].dataset == "digits" else set())
    assert ("scikit-learn" in program) == ("sklearn" in imported)
    assert max(map(len, program.splitlines())) <= 140
    assert len(program.splitlines()) < 320


def test_a_program_says_only_what_its_config_needs() -> None:
    plain = script(recipes.find("mnist-baseline").config)
    assert all(
        word not in plain for word in ("NOISE", "Dropout", "learning_rate(step)", "beta_at", "SIGMA", "isin", "ema")
    )
    assert "keras.datasets.mnist.load_data()" in plain and "places[:10000]" in plain
    assert 'np.isin(y_train.astype(str), ["8", "9"])' in script(CONFIGS["some clothes"])
    full = script(EVERYTHING)
    assert all(
        word in full for word in ("NOISE", "Dropout", "learning_rate(step)", "beta_at", '["cat", "dog"]', "break")
    )


@pytest.mark.parametrize("name", CONFIGS)
def test_the_short_form_is_shorter_and_says_what_differs(name: str) -> None:
    exact, short = (script(CONFIGS[name], short) for short in (False, True))
    assert len(short.splitlines()) < len(exact.splitlines())
    assert "compile(" in short and ".fit(" in short and "GradientTape" not in short
    said = " ".join(short.replace("# ", "").split())
    assert "What differs from the exact program" in said
    assert ("and the dropout" in said) == ("Dropout" in short) and ("best epoch's weights" in said)


def test_the_pages_read_scripts_and_do_not_draw_with_what_they_need() -> None:
    """The generated program says `import matplotlib`; nothing of ours does."""
    needed, ours = (Path(PROJECT, name).read_text() for name in ("requirements.txt", "requirements-dev.txt"))
    assert re.search(r"^matplotlib~=", needed, re.MULTILINE) and "matplotlib" not in ours


@pytest.mark.parametrize(
    ("decoder", "left"),
    [
        ("dense784 reshape28x28x1 deconv1:sigmoid", "dense784 reshape28x28x1 deconv1:linear"),
        ("dense784:sigmoid reshape28x28x1", "dense784:linear reshape28x28x1"),
        ("dense900:linear sigmoid reshape30x30x1 crop2", "dense900:linear reshape30x30x1 crop2"),
    ],
)
def test_the_last_sigmoid_is_left_out(decoder: str, left: str) -> None:
    assert write(without_sigmoid(parse(decoder))) == left
