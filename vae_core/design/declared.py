"""The settings of a training, each declared once: its field below, and in SETTINGS all that is to be said of it.

Whoever checks, shows, asks for, varies or compares settings reads SETTINGS, in whose order they stand on a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace

from vae_core.design.layers import MAX_CODE, show
from vae_core.design.naming import KINDS
from vae_core.design.setting import ALL, NONE, Setting, Where
from vae_core.glossary import WORDS


@dataclass(frozen=True)
class Fields:
    """What a config holds. Every field changes what is computed; `recipe` only says where the values came from."""

    dataset: str
    image: tuple[int, int, int]  # height, width, channels
    encoder: str
    decoder: str = "mirror"
    kind: str = "vae"
    latent: int | None = None  # None where the line has its own code<d>
    loss: str = "bce"  # Bernoulli on grey; bce-binary: on pixels >= 1/2; mse: Gaussian with `sigma`
    sigma: float | None = None  # of the Gaussian; 1/sqrt(2) makes the summed squared error the reconstruction
    beta: float | None = None  # weight of the KL term; 1 for a VAE, 0 for a plain autoencoder
    kl_warmup: int = 0  # epochs over which beta rises from 0
    noise: float = 0.0  # standard deviation of the noise on the input, pixels in 0..1
    noise_once: bool = False  # one noisy copy of the data instead of fresh noise in every batch
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup: float = 0.0  # epochs over which the learning rate rises from 0
    ema: float = 0.0  # share of a moving average of the weights that a step keeps; 0 = no average
    batch: int = 128
    epochs: int = 20
    steps: int = 0  # in an epoch; 0 = as many as see all images once
    train_size: int = 0  # images before the split, 0 = all: random ones, or the first ones where split is "tail"
    split: str = "shuffled"  # what validates: one of the choices below, or the second of five folds, fold:2/5
    seed: int = 0
    patience: int = 0  # epochs without a better validation loss before it stops, 0 = never
    classes: tuple[str, ...] = ()  # train on these only; empty = all
    precision: str = "auto"
    fused: str = "auto"
    recipe: str = ""


DATA, SPLIT, EPOCHS = "data", "split", "epochs"
OBJECTIVE, OPTIMISER, ARITHMETIC = "objective", "optimiser", "arithmetic"
GROUPS = (DATA, SPLIT, EPOCHS, OBJECTIVE, OPTIMISER, ARITHMETIC)  # of settings beside the layers
VAE = Where("kind", "vae", "A plain autoencoder has no KL term", "Choose kind 'vae', or leave beta and its warm-up out")
GAUSSIAN = Where("loss", "mse", "Only a Gaussian has a sigma", "Choose the loss mse, or leave sigma out")
NOISY = Where("noise", None, "There is no noise to be drawn once", "Set a noise level, such as 0.3")


RANDOM = ("shuffled", "twentieth")  # splits that take any images; the others go by the order of the file


def one_in(split: str) -> int:
    """Of so many images one validates."""
    return 20 if split == "twentieth" else 5


def _split(split: str) -> str:
    known = {"shuffled": "a random fifth", "tail": "the last fifth", "twentieth": "a random twentieth"}
    known["test"] = "the test set"
    return known.get(split) or "fold {} of {}".format(*split.removeprefix("fold:").split("/"))


def _table(*settings: Setting) -> Mapping[str, Setting]:
    held = {field.name: field for field in fields(Fields)}
    defaults = {name: None if field.default is MISSING else field.default for name, field in held.items()}
    return {
        each.name: replace(each, declared=str(held[each.name].type), default=defaults[each.name]) for each in settings
    }


SETTINGS = _table(
    Setting("dataset", "data set", "name of a data set, see: data list", group=DATA),
    Setting("image", "image size", group=DATA, words=show, constant=True),
    Setting("encoder", "encoder", "one line of notation: conv8/2 bn conv16/2 bn flatten dense20 bn"),
    Setting("decoder", "decoder", "a line of its own; without it, the encoder's mirror"),
    Setting(
        "kind", "kind", "vae or ae", label="Model", group=OBJECTIVE, words=KINDS.__getitem__,
        help=WORDS["VAE"],
        choices={"vae": "VAE", "ae": "Plain autoencoder"},
    ),
    Setting(
        "latent", "code size", "size of the code", label="Code size", bounds=(1, MAX_CODE), search="2..32",
        help="How many numbers an image is squeezed into. 2 can be seen as a map; more give sharper pictures, and a "
        "map that shows a slice of them.",
    ),
    Setting(
        "epochs", "epochs", "times that all training images are seen", label="Epochs", group=EPOCHS,
        bounds=(1, 10_000), fork=True, fed=True, constant=True,
        help="How often all training images are seen. More is better up to a point; the best epoch is kept.",
    ),
    Setting(
        "steps", "steps in an epoch", "steps in an epoch; 0 = as many as see all images once", group=EPOCHS,
        label="Steps in an epoch, 0 = all images", bounds=(0, 10_000_000), zero="all images once", fork=True, fed=True,
        constant=True, later=True,
        help="After an epoch the model is looked at: its losses, its map. An epoch is one look at all images; or so "
        "many steps, where that would take too long or pass too quickly.",
    ),
    Setting(
        "train_size", "images", "images to train and validate with; 0 = all", label="Images, 0 = all", step=1000,
        group=DATA, bounds=(0, 100_000_000), words="{:,}".format, zero=ALL,
        help="How many images train and validate. Fewer train faster and generalise less.",
    ),
    Setting(
        "loss", "loss", "bce, bce-binary (pixels become 0 or 1) or mse (Gaussian)", label="Pixel loss", group=OBJECTIVE,
        help="How far a picture is from its image. Cross-entropy reads a pixel as a probability and suits pictures "
        "between black and white; squared error suits photographs.",
        choices={"bce": "Cross-entropy", "bce-binary": "Cross-entropy, pixels made black or white",
                 "mse": "Squared error (Gaussian)"},
    ),
    Setting(
        "sigma", "sigma", "standard deviation of the Gaussian of mse", label="Sigma of the Gaussian", step=0.05,
        group=OBJECTIVE, bounds=(1e-3, 10), where=GAUSSIAN, constant=True,
        help="How exact pixels have to be: smaller weighs pictures more against the KL term. 0.707 makes the loss the "
        "plain sum of squared errors.",
    ),
    Setting(
        "split", "validated on",
        "what validates: shuffled (a random fifth), tail (the last fifth), twentieth (a random one) or test",
        label="What validates", group=SPLIT, words=_split, fed=True,
        help="The images that the model is judged by while it trains, and never trains on. Choosing the best epoch on "
        "the test set makes its test result look better than it is.",
        choices={"shuffled": "A random fifth of the training images", "tail": "The last fifth in file order",
                 "twentieth": "A random twentieth", "test": "The test set"},
    ),
    Setting(
        "beta", "beta", "weight of the KL term, in nats per image", label="Beta: weight of the KL term", step=0.5,
        group=OBJECTIVE, bounds=(0, 1000), zero="0 (no KL term)", where=VAE, fork=True, new_loss=True, fed=True,
        constant=True, search="0.1..10", by_factors=True,
        help=f"{WORDS['Beta']} Larger is tidier and blurrier; with 0 no new images can be drawn at random.",
    ),
    Setting(
        "kl_warmup", "epochs over which beta rises", "epochs over which beta rises from 0", label="KL warm-up, epochs",
        group=OBJECTIVE, bounds=(0, 10_000), zero=NONE, where=VAE, fork=True, fed=True, search="0..10",
        help="Beta rises from 0 over these epochs, so that the model learns to see before it has to tidy its map.",
    ),
    Setting(
        "seed", "seed", "of everything that is random", label="Seed", constant=True, free=True,
        bounds=(0, 2_000_000_000),  # numbers derived from it still fit 32 bits
        help=WORDS["Seed"],
    ),
    Setting(
        "optimizer", "optimiser", "adam, adamw or sgd", label="Optimiser", group=OPTIMISER, fork=True, search=ALL,
        help="How a step is made from the gradient. Adam adapts itself and needs little care.",
        choices={"adam": "Adam", "adamw": "AdamW (with weight decay)", "sgd": "SGD with momentum"},
    ),
    Setting(
        "learning_rate", "learning rate", "learning rate", "lr", label="Learning rate", step=0.0005, group=OPTIMISER,
        bounds=(1e-7, 10), fork=True, fed=True, constant=True, search="0.0001..0.1", by_factors=True,
        help=f"{WORDS['Learning rate']} 0.001 is a good start for Adam.",
    ),
    Setting(
        "batch", "images in a batch", "images in a batch", label="Batch", step=16, group=OPTIMISER, bounds=(1, 8192),
        fork=True, fed=True, constant=True, search="32, 64, 128, 256",
        help=WORDS["Batch"],
    ),
    Setting(
        "schedule", "schedule", "of the learning rate: constant or cosine", label="Schedule", group=OPTIMISER,
        fork=True, fed=True, search=ALL,
        help="Whether the learning rate stays, or falls to 0 along a cosine, which mostly ends in a better model.",
        choices={"cosine": "Falls along a cosine", "constant": "Stays the same"},
    ),
    Setting(
        "warmup", "epochs over which the learning rate rises", "epochs over which the learning rate rises from 0",
        label="Learning-rate warm-up, epochs", step=0.5, group=OPTIMISER, bounds=(0, 1000), zero=NONE, fork=True,
        fed=True, search="0..3",
        help="The learning rate rises from 0 over these epochs.",
    ),
    Setting(
        "ema", "moving average of the weights",
        "moving average of the weights, which is the model: the share that each step keeps of it; 0 = none",
        label="Moving average of the weights", step=0.01, group=OPTIMISER, bounds=(0, 0.9999), zero=NONE, fork=True,
        constant=True, search="0, 0.9, 0.99, 0.999", later=True,
        help="The model is then not the last weights but their average over the steps before, which calms what each "
        "batch changes. This is the share of it that a step keeps: 0.99 looks back over about 100 steps. 0 takes the "
        "last weights.",
    ),
    Setting(
        "patience", "patience", "epochs without a better validation loss before it stops; 0 = never",
        label="Early stopping, epochs", group=EPOCHS, bounds=(0, 10_000), zero="unlimited", fork=True, fed=True,
        help="Stop when the validation loss has not improved for this many epochs. 0 never stops early.",
    ),
    Setting(
        "noise", "noise on the input", "standard deviation of noise on the input only; pixels are 0..1",
        label="Noise on the input", step=0.1, group=OBJECTIVE, bounds=(0, 2), zero=NONE, fork=True, new_loss=True,
        constant=True, search="0..0.5",
        help="Standard deviation of the noise that is added to the input, pixels being 0 to 1. The model is asked for "
        "the clean image: it learns to denoise. 0 adds none.",
    ),
    Setting(
        "noise_once", "noise drawn once", "one noisy copy instead of fresh noise in every batch",
        label="One noisy copy", group=OBJECTIVE, where=NOISY, fork=True, new_loss=True,
        help="Draw the noise once, instead of anew in every batch. Fresh noise teaches more.",
    ),
    Setting(
        "precision", "precision", "auto, float32 or mixed_bfloat16", label="Precision", group=ARITHMETIC, fork=True,
        free=True,
        help="Fewer digits compute faster on some processors. Measuring keeps full precision where nothing is gained.",
        choices={"auto": "Choose by measuring", "float32": "Full (float32)", "mixed_bfloat16": "Mixed (bfloat16)"},
    ),
    Setting(
        "fused", "fused layers", "fused layers: auto, on or off", label="Fused layers", group=ARITHMETIC, fork=True,
        free=True,
        help="Layers computed in one piece: the same results, faster on most machines.",
        choices={"auto": "Choose", "on": "On", "off": "Off"},
    ),
    Setting(
        "classes", "classes", "train on these only", label="Classes to train on", group=DATA, words=", ".join, zero=ALL,
        help="Train on these only, and see how the model does on the others: images unlike those that it knows come "
        "out badly.",
    ),
    Setting("recipe", "recipe", fed=True, free=True),
)  # fmt: skip
