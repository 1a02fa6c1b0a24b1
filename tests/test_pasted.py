"""A model that somebody wrote elsewhere becomes the notation, whoever wrote it and however; nothing of it is run."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from pasted_summaries import HEAD, KERAS_2, KERAS_3, printed
from pasted_systems import CODE, STATED
from placed_layers import EXAMPLES, fitting
from support import answer, run_here
from test_keras_code import CONFIGS, FORMS

from vae_core.design import pasted, recipes
from vae_core.design.architecture import Architecture, plan
from vae_core.design.config import Config
from vae_core.design.keras_code import script
from vae_core.design.layers import KINDS, Residual
from vae_core.design.pasted import Pasted, read
from vae_core.design.pasted.chains import merged
from vae_core.errors import LoupeError

GREY = (28, 28, 1)
LONGEST = 20.0  # seconds that any text may keep its reader busy on a machine that is busy itself


def built(found: Pasted, image: tuple[int, int, int] | None = None) -> Architecture:
    return plan(image or found.image or GREY, found.encoder, found.decoder, found.kind, found.latent)


def computed(architecture: Architecture) -> tuple[object, ...]:
    """What follows the code is counted with the encoder, and a program has it at the beginning of the decoder."""
    layers = merged(architecture.encoder), architecture.code, merged((*architecture.tail, *architecture.decoder))
    return architecture.kind, *layers


# The reports' systems.


@pytest.mark.parametrize("key", CODE)
def test_code_in_the_manner_of_a_report_is_its_recipe(key: str) -> None:
    config = recipes.find(key).config
    found = read(CODE[key], config.image)
    assert built(found, config.image) == config.architecture()
    stated = {name: value for name, value in found.settings.items() if name in STATED}
    assert stated == {name: getattr(config, name) for name in stated} and {"loss", "epochs"} <= set(stated)
    assert found.dataset in (config.dataset, "")  # report 004 loads its images in another way


def test_all_nine_systems_are_there() -> None:
    assert set(CODE) == {recipe.key for recipe in recipes.all_recipes()}


def test_what_code_says_of_its_training_is_taken() -> None:
    baseline = read(CODE["mnist-baseline"]).settings
    assert (baseline["train_size"], baseline["split"], baseline["beta"]) == (10_000, "tail", 0.0)
    denoising = read(CODE["fashion-denoising"]).settings
    assert (denoising["noise"], denoising["noise_once"], denoising["split"]) == (0.3, True, "test")
    assert "beta" not in read(CODE["cifar-vae"]).settings  # it has a KL term, of a weight of its own


# There and back.


@FORMS
@pytest.mark.parametrize("name", CONFIGS)
def test_a_stand_alone_program_is_read_as_what_it_was_written_from(name: str, short: bool) -> None:
    config = CONFIGS[name]
    found = read(script(config, short))
    assert computed(built(found)) == computed(config.architecture())
    assert found.image == config.image
    for setting in ("kind", "epochs", "batch", "learning_rate", "optimizer"):
        assert {**found.settings, "kind": found.kind}[setting] == getattr(config, setting)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_kind_of_layer_is_read_wherever_it_fits(example: str) -> None:
    configs = fitting(example)
    assert configs
    for config in configs:
        assert computed(built(read(script(config)))) == computed(config.architecture())


def test_every_kind_of_layer_that_keras_has_says_how_it_is_read() -> None:
    silent = [kind.__name__ for kind in KINDS if not kind.forms and not kind.joins]
    assert silent == ["Code"]  # a dense layer, by its place


# Printed summaries.


@pytest.mark.parametrize("text", [KERAS_2, KERAS_3], ids=["keras 2", "keras 3"])
def test_a_printed_summary_is_the_network_that_it_is_of(text: str) -> None:
    found = read(text)
    assert built(found) == recipes.find("mnist-baseline").config.architecture()
    assert "tells no activations" in " ".join(found.told)


@pytest.mark.parametrize("key", CODE)
def test_kernels_and_strides_follow_from_shapes_and_counts(key: str) -> None:
    config = recipes.find(key).config
    architecture = config.architecture()
    assert not any(isinstance(layer, Residual) for layer in architecture.encoder)
    found = built(read(printed(architecture), config.image), config.image)
    there, here = ((*each.encoder_rows, *each.decoder_rows) for each in (architecture, found))
    assert [(row.output, row.parameters) for row in there] == [(row.output, row.parameters) for row in here]
    assert found.kind == architecture.kind and found.ends_in_sigmoid


def test_a_count_that_fits_no_layer_is_told() -> None:
    without_bias = KERAS_2.replace("(None, 14, 14, 8)    80 ", "(None, 14, 14, 8)    72 ")
    found = read(without_bias)
    assert "Line 7: Conv2D has 72 parameters there and 80 here." in found.told
    assert built(found) == recipes.find("mnist-baseline").config.architecture()


# In many hands.

DENSE = """
encoding_dim = 32
input_img = keras.Input(shape=(784,))
encoded = layers.Dense(encoding_dim, activation='relu')(input_img)
decoded = layers.Dense(784, activation='sigmoid')(encoded)
autoencoder = keras.Model(input_img, decoded)
encoder = keras.Model(input_img, encoded)
encoded_input = keras.Input(shape=(encoding_dim,))
decoder = keras.Model(encoded_input, autoencoder.layers[-1](encoded_input))
"""
PICTURE = """
input_img = keras.Input(shape=(28, 28, 1))
x = layers.Conv2D(16, (3, 3), activation='relu', padding='same')(input_img)
x = layers.MaxPooling2D((2, 2), padding='same')(x)
x = layers.Conv2D(8, (3, 3), activation='relu', padding='same')(x)
encoded = layers.MaxPooling2D((2, 2), padding='same')(x)
x = layers.Conv2D(8, (3, 3), activation='relu', padding='same')(encoded)
x = layers.UpSampling2D((2, 2))(x)
x = layers.Conv2D(16, (3, 3), activation='relu', padding='same')(x)
x = layers.UpSampling2D((2, 2))(x)
decoded = layers.Conv2D(1, (3, 3), activation='sigmoid', padding='same')(x)
autoencoder = keras.Model(input_img, decoded)
"""
ODD = """
model = keras.Sequential([layers.InputLayer((28, 28, 1))])
for filters in (16, 8, 8):
    model.add(layers.Conv2D(filters, (3, 3), activation='relu', padding='same'))
    model.add(layers.MaxPooling2D((2, 2), padding='same'))
for filters, padding in ((8, 'same'), (8, 'same'), (16, 'valid')):
    model.add(layers.Conv2D(filters, (3, 3), activation='relu', padding=padding))
    model.add(layers.UpSampling2D((2, 2)))
model.add(layers.Conv2D(1, (3, 3), activation='sigmoid', padding='same'))
"""
TWIN = """
class CVAE(tf.keras.Model):
  def __init__(self, latent_dim):
    super(CVAE, self).__init__()
    self.encoder = tf.keras.Sequential([
        tf.keras.layers.InputLayer(input_shape=(28, 28, 1)),
        tf.keras.layers.Conv2D(filters=32, kernel_size=3, strides=(2, 2), activation='relu'),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(latent_dim + latent_dim),
    ])
    self.decoder = tf.keras.Sequential([
        tf.keras.layers.InputLayer(input_shape=(latent_dim,)),
        tf.keras.layers.Dense(units=7*7*32, activation=tf.nn.relu),
        tf.keras.layers.Reshape(target_shape=(7, 7, 32)),
        tf.keras.layers.Conv2DTranspose(64, kernel_size=3, strides=2, padding='same', activation='relu'),
        tf.keras.layers.Conv2DTranspose(1, kernel_size=3, strides=2, padding='same'),
    ])
  def encode(self, x):
    mean, logvar = tf.split(self.encoder(x), num_or_size_splits=2, axis=1)
    return mean, logvar
model = CVAE(2)
cross_ent = tf.nn.sigmoid_cross_entropy_with_logits(logits=x_logit, labels=x)
"""
ALONE = """
model = keras.Sequential(name="autoencoder")
model.add(keras.Input((28, 28)))
model.add(layers.Flatten())
for n in (128, 64, 16, 64, 128):
    model.add(layers.Dense(n))
    model.add(layers.LeakyReLU(negative_slope=0.2))
model.add(layers.Dense(28 ** 2, activation="sigmoid"))
model.add(layers.Reshape((28, 28)))
"""
FUNCTIONS = """
def make_encoder(units=10):
    inp = layers.Input((32, 32, 3))
    x = inp
    for f in [32, 64]:
        x = layers.Conv2D(f, 4, 2, "same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return Model(inp, layers.Dense(units)(layers.Flatten()(x)))
def make_decoder():
    m = Sequential()
    m.add(layers.Dense(8*8*64, input_shape=(10,)))
    m.add(layers.Reshape((8, 8, 64)))
    m.add(layers.Conv2DTranspose(32, 4, 2, "same", activation="relu"))
    m.add(layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh"))
    return m
"""
TORCH = """
class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)
    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)
    def reparameterize(self, mu, logvar):
        return mu + torch.exp(0.5*logvar) * torch.randn_like(logvar)
    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))
    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 784))
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar
"""
BLOCKS = """
inp = keras.Input((28, 28, 1))
x = layers.Conv2D(16, 3, 2, "same", activation="relu")(inp)
y = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
y = layers.Conv2D(16, 3, padding="same")(y)
x = layers.Add()([x, y])
y = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
x = layers.Conv2D(32, 1)(x) + y
code = layers.Dense(8, name="code")(layers.Flatten()(x))
x = layers.Reshape((14, 14, 8))(layers.Dense(14 * 14 * 8, "relu")(code))
ae = keras.Model(inp, layers.Conv2DTranspose(1, 3, 2, "same", activation="sigmoid")(x))
"""
HANDS = {
    "flat": (DENSE, "ae", "flatten code32:relu", "mirror"),
    "picture": (
        PICTURE,
        "ae",
        "conv16 pool2 conv8 pool2 flatten code392",
        "dense392 reshape7x7x8 conv8 up2 conv16 up2 conv1:sigmoid",
    ),
    "pools that do not divide": (
        ODD,
        "ae",
        "conv16 pool2 conv8 pool2 conv8 pad1 pool2 flatten code128",
        "dense128 reshape4x4x8 conv8 up2 conv8 up2 conv16v up2 conv1:sigmoid",
    ),
    "both heads in one": (
        TWIN,
        "vae",
        "conv32/2v flatten code2",
        "dense1568 reshape7x7x32 deconv64/2 deconv1/2:sigmoid",
    ),
    "one row": (ALONE, "ae", "flatten dense128:leaky dense64:leaky code16:leaky", "mirror"),
    "functions that are not called": (
        FUNCTIONS,
        "ae",
        "conv32k4/2:linear bn relu conv64k4/2:linear bn relu flatten code10",
        "dense4096:linear reshape8x8x64 deconv32k4/2 deconv3k4/2:tanh",
    ),
    "one class of PyTorch": (TORCH, "vae", "flatten dense400 code20", "mirror"),
    "blocks": (
        BLOCKS,
        "ae",
        "conv16/2 res(conv16 conv16:linear) res(conv32) flatten code8",
        "dense1568 reshape14x14x8 deconv1/2:sigmoid",
    ),
}


@pytest.mark.parametrize("name", HANDS)
def test_the_many_ways_to_write_a_network(name: str) -> None:
    text, kind, encoder, decoder = HANDS[name]
    found = read(text, GREY)
    assert (found.kind, found.encoder, found.decoder) == (kind, encoder, decoder)
    assert built(found)


def test_a_code_that_is_a_picture_gets_dense_layers_and_that_is_told() -> None:
    assert "picture of 7x7x8" in read(PICTURE).told[0] and "392 numbers" in read(PICTURE).told[0]


# What is not understood.


def test_what_is_not_understood_is_named_with_its_line() -> None:
    lines = CODE["fashion-cae"].splitlines()
    place = next(i for i, line in enumerate(lines) if "Flatten" in line)
    lines[place:place] = [
        "encoder.add(Lambda(lambda x: x * 2))",
        "encoder.add(Dropout(rate_of_my_own))",
        "encoder.add(Conv2D(8, (3, 5), padding='same'))",
        "encoder.add(Conv2D(8, 3, padding='same', activation='selu', kernel_regularizer='l2', use_bias=False))",
    ]
    told = read("\n".join(lines)).told
    assert told == (
        f"Line {place + 1}: Lambda(...) is not understood; it was left out.",
        f"Line {place + 2}: Dropout(...) is not understood (its rate is not known); it was left out.",
        f"Line {place + 3}: Conv2D(...) is not understood (its kernel is not the same for rows and columns); "
        "it was left out.",
        f"Line {place + 4}: kernel_regularizer of Conv2D is not understood; it was left out.",
        f"Line {place + 4}: the activation selu is not understood; relu was taken.",
        f"Line {place + 4}: use_bias of Conv2D is not understood; it was left out.",
    )


def test_an_optimiser_and_a_loss_that_are_not_here_are_named() -> None:
    text = (
        DENSE + "autoencoder.compile(optimizer='rmsprop', loss='hinge')\nautoencoder.fit(x, x, validation_split=0.1)\n"
    )
    told = " ".join(read(text).told)
    assert all(word in told for word in ("rmsprop", "hinge", "validation_split=0.1"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 3\nlayers.Dense(3\ny =", "Line 2 is not Python"),
        ("My report is about autoencoders.", "Line 1 is not Python"),
        ("", "No network was found"),
        ("import numpy as np\nx = np.zeros(3)\n", "No network was found"),
        ("Layer (type)   Output Shape   Param #\n", "No network was found"),
        ("x = '\0'", "not Python"),
    ],
)
def test_text_without_a_network_is_told_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(LoupeError, match=said):
        read(text)


# Text of strangers.

TURN = "import keras\nfrom keras import layers\nx = i = keras.Input((28, 28, 1))\n"
DOUBLED = "".join(f"m{n + 1} = keras.Model(i, m{n}(m{n}(i)))\n" for n in range(30))
ENTANGLED = "".join(f"n{n} = layers.Add()([f(n{n - 1}), f(n{n - 2})])\n" for n in range(2, 60))
HOSTILE = {
    "long": "x = 1\n" * 50_000,
    "deep": "x = " + "(" * 150 + "1" + ")" * 150,
    "deep operators": "x = " + "-" * 50_000 + "1",
    "deep attributes": "x = a" + ".b" * 50_000,
    "a long sum": "x = " + "+".join(["1"] * 20_000),
    "large powers": "x = 2\n" + "x = x ** x ** x\n" * 40 + "layers.Dense(10 ** 10 ** 10)",
    "loops in loops": "".join(f"{' ' * n}for a{n} in range(10 ** 9):\n" for n in range(8)) + " " * 8 + "x = 1\n",
    "calls itself": "def f(n):\n    return f(n) + f(n)\nf(1)\n",
    "makes itself": "class A(keras.Model):\n  def __init__(self):\n    self.a = A()\n    self.b = A()\nA()\n",
    "is its own part": "m = keras.Sequential()\nm.add(m)\nm.add(m)\n" + TURN + "m(x)\n",
    "doubles": TURN + "m0 = keras.Model(i, layers.Dense(3)(i))\n" + DOUBLED,
    "entangled": TURN
    + "f = lambda v: layers.Conv2D(3, 3, padding='same')(v)\nn0 = n1 = i\n"
    + ENTANGLED
    + "m = keras.Model(i, n59)\n",
    "many layers": TURN + "x = layers.Conv2D(8, 3, padding='same')(x)\n" * 4000 + "m = keras.Model(i, x)\n",
    "a wide row": HEAD + "\na (Dense)" + " " * 50_000 + "(None, 2" + " " * 50_000 + "x",
    "many rows": HEAD + "\nd (Dense)  (None, 2)  6" * 6000,
    "large numbers": HEAD + f"\nd (Dense)  (None, {'9' * 300})  {'9' * 300}\n",
    "half a character": "x = '\ud800'\n" + DENSE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_answered_soon_and_in_a_sentence(name: str) -> None:
    start = time.monotonic()
    try:
        found = read(HOSTILE[name])
    except LoupeError as error:
        assert len(str(error)) < 400
    else:
        assert len(found.told) <= pasted.MOST_TOLD and len(found.encoder) < 20_000
    assert time.monotonic() - start < LONGEST


def test_nothing_of_the_text_is_run(tmp_path: Path) -> None:
    there = tmp_path / "written"
    calls = (f"open({str(there)!r}, 'w').write('x')", f"__import__('os').system('touch {there}')")
    for call in calls:
        read(f"{DENSE}\n{call}\nx = [{call} for i in (1, 2)]\nclass A(Model):\n    y = {call}\nA()\n")
    assert not there.exists()


@pytest.mark.parametrize("seed", range(6))
def test_damaged_code_never_breaks_the_reader(seed: int) -> None:
    """Lines that are missing, doubled or exchanged, and characters that are others."""
    chance = random.Random(seed)
    texts = [*CODE.values(), *(text for text, *_ in HANDS.values()), KERAS_2, KERAS_3]
    for _ in range(40):
        text = _damaged(chance.choice(texts), chance)
        try:
            read(text, GREY)
        except LoupeError:
            pass


def _damaged(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    for _ in range(chance.randrange(1, 5)):
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        how = chance.randrange(4)
        if how == 0:
            del lines[place : place + 1 + chance.randrange(2)]
            lines = lines or [""]
        elif how == 1:
            lines.insert(other, lines[place])
        elif how == 2:
            words = lines[place].split(" ")
            words[chance.randrange(len(words))] = chance.choice(["x", "None", "[x, x]", "()", "-1", "decoder", "'a'"])
            lines[place] = " ".join(words)
        else:
            lines[place] = lines[place].replace(chance.choice("(),=[].0123"), chance.choice("(),=[].0123"), 1)
    return "\n".join(lines)


# In a terminal.


def test_the_command_prints_the_notation_and_how_to_train_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "model.py"
    file.write_text(CODE["fashion-cae"], encoding="utf-8")
    printed_text = answer(capsys, "paste", str(file))
    assert "encoder  conv112v bn pool2" in printed_text and "train --dataset fashion-mnist --encoder" in printed_text
    found = json.loads(answer(capsys, "paste", str(file), "--json"))
    assert found["fits"] and found["kind"] == "ae" and found["settings"]["batch"] == 100


def test_the_command_tells_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here(capsys, "paste", str(tmp_path / "nothing.py"))[0] == 2
    file = tmp_path / "report.txt"
    file.write_text("My report", encoding="utf-8")
    code, _, complained = run_here(capsys, "paste", str(file))
    assert code == 1 and "Line 1 is not Python" in complained


def test_the_options_that_it_prints_make_the_config(tmp_path: Path) -> None:
    found = read(CODE["mnist-wide"])
    changes = {**found.settings, "encoder": found.encoder, "decoder": found.decoder, "kind": found.kind}
    config = Config("mnist", GREY, **changes)
    assert config.architecture() == recipes.find("mnist-wide").config.architecture()
