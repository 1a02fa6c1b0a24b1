"""The systems of the five student reports (numbered 000 to 004), as printed and in a small form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vae_core.design.config import Changes, Config

Reported = Mapping[str, Any]  # a unit, and numbers in it: the best, points of a curve, counts of parameters
Choices = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Recipe:
    """`reported` holds printed numbers only: no curve is drawn between its points."""

    key: str
    dataset: str
    report: str
    variant: str  # faithful: as printed; lite: small enough for about a minute on two cores
    config: Config
    reported: Reported
    note: str
    choices: Choices = field(default_factory=dict)  # what the report leaves open, and the values it is run at


Pair = tuple[Recipe, Recipe]


@dataclass(frozen=True)
class Lite:
    """What makes a system small, and how that is said."""

    note: str
    changes: Changes


def _pair(
    report: str, config: Config, reported: Reported, note: str, lite: Lite, choices: Choices | None = None
) -> Pair:
    """The faithful recipe, and the lite one with some settings changed."""
    key = config.recipe
    faithful = Recipe(key, config.dataset, report, "faithful", config, reported, note, choices or {})
    small = config.changed(lite.changes, recipe=f"{key}-lite")
    return faithful, replace(faithful, variant="lite", config=small, note=f"Lite: {lite.note}. {note}")


def systems() -> dict[str, Pair]:
    """Every system by its key, faithful and lite."""
    makers = (_baseline, _deeper, _deeper_as_printed, _wide, _cae, _denoising, _cifar, _dropout_ae, _dropout_vae)
    pairs = [make() for make in makers]
    return {pair[0].key: pair for pair in pairs}


NO_KL = "The report samples its codes but has no KL term (beta = 0), so there is no prior to draw from."


def _mnist(key: str, encoder: str, **changes: Any) -> Config:
    return Config("mnist", (28, 28, 1), encoder, recipe=key, beta=0.0, batch=128, split="tail", **changes)


def _baseline() -> Pair:
    encoder = "conv8/2 bn conv16/2 bn flatten dense20 bn code2"
    config = _mnist("mnist-baseline", encoder, epochs=50, train_size=10_000)
    reported = {
        "unit": "nats_per_pixel",
        "parameters": {"total": 26_345},
        "points": [{"epoch": 50, "train": 0.1879, "validation": 0.1951}],
        "best": 0.1951,
    }
    return _pair("000, 001", config, reported, NO_KL, Lite("20 of 50 epochs", {"epochs": 20}))


DEEP_ENCODER = "conv8 bn conv16 bn conv32 bn conv64 bn flatten dense20 bn code2"
DEEP_LITE = Lite(
    "half the filters, 5,000 of 60,000 images, 5 of 80 epochs",
    {"encoder": "conv4 bn conv8 bn conv16 bn conv32 bn flatten dense20 bn code2", "epochs": 5, "train_size": 5000},
)
DEEP_REPORTED = {
    "unit": "nats_per_pixel",
    "parameters": {"encoder": 1_028_568},
    "points": [{"epoch": 75, "validation": 0.2173}, {"epoch": 80, "train": 0.1700, "validation": 0.1751}],
    "best": 0.1743,
    "note": "Epochs 72 to 80 are printed. 0.1743 is the best validation loss among them, 0.2173 a spike.",
}


def _deeper() -> Pair:
    config = _mnist("mnist-deeper", DEEP_ENCODER, epochs=80)
    note = f"""The decoder is the one that the report's listing means. Its printed losses come from the decoder of \
mnist-deeper-as-printed, where two of these layers are missing. {NO_KL}"""
    return _pair("000", config, DEEP_REPORTED, note, DEEP_LITE)


def _deeper_as_printed() -> Pair:
    decoder = "dense50176 bn reshape28x28x64 deconv16 bn deconv8 bn deconv1:sigmoid"
    config = _mnist("mnist-deeper-as-printed", DEEP_ENCODER, decoder=decoder, epochs=80)
    reported = {**DEEP_REPORTED, "parameters": {"encoder": 1_028_568, "decoder": 361_793}}
    note = f"""The decoder is the one in the report's summary: its layers of 64 and 32 filters were built but never \
connected. {NO_KL}"""
    small = "dense25088 bn reshape28x28x32 deconv8 bn deconv4 bn deconv1:sigmoid"
    lite = replace(DEEP_LITE, changes={**DEEP_LITE.changes, "decoder": small})
    return _pair("000", config, reported, note, lite)


def _wide() -> Pair:
    config = _mnist("mnist-wide", "conv128/2 bn conv256/2 bn conv512 bn conv1024 bn flatten dense20 bn code2", epochs=5)
    train = (0.2530, 0.2012, 0.1910, 0.1869, 0.1846)
    validation = (0.2558, 0.1940, 0.1896, 0.1837, 0.3467)
    reported = {
        "unit": "nats_per_pixel",
        "parameters": {"encoder": 7_207_608, "decoder": 15_992_321, "total": 23_199_929},
        "points": [{"epoch": i + 1, "train": train[i], "validation": validation[i]} for i in range(5)],
        "best": 0.1837,
        "note": "The last validation loss jumps because the batch norm's statistics lag behind.",
    }
    encoder = "conv16/2 bn conv32/2 bn conv64 bn conv128 bn flatten dense20 bn code2"
    changes = {"encoder": encoder, "train_size": 10_000}
    lite = Lite("an eighth of the filters, 10,000 of 60,000 images", changes)
    return _pair("001", config, reported, NO_KL, lite)


CAE_ENCODER = "conv112v bn pool2 conv112v bn pool2 flatten code2:relu bn"
CAE_DECODER = "dense1024 bn reshape4x4x64 bn up3 conv112v bn up3 conv112v bn conv1k1:sigmoid"
CAE_NARROW = {
    "encoder": CAE_ENCODER.replace("conv112v", "conv28v"),
    "decoder": CAE_DECODER.replace("conv112v", "conv28v"),
}
CAE_LITE = Lite(
    "28 instead of 112 filters, 10,000 of 60,000 images, 6 of 100 epochs",
    {**CAE_NARROW, "epochs": 6, "train_size": 10_000},
)


def _fashion(key: str, encoder: str, decoder: str, kind: str, **changes: Any) -> Config:
    return Config("fashion-mnist", (28, 28, 1), encoder, decoder, kind, recipe=key, **changes)


def _convolutional(key: str, **changes: Any) -> Config:
    return _fashion(key, CAE_ENCODER, CAE_DECODER, "ae", batch=100, epochs=100, split="test", **changes)


def _cae() -> Pair:
    validation = {1: 0.6435, 10: 0.3441, 20: 0.3329, 50: 0.3345, 100: 0.3304}
    train = {100: {"train": 0.3259}}
    reported = {
        "unit": "nats_per_pixel",
        "parameters": {"total": 306_699, "trainable": 303_623},
        "points": [{"epoch": e, "validation": loss, **train.get(e, {})} for e, loss in validation.items()],
        "best": 0.3296,
        "note": "The test set validated, so the best epoch was chosen on it.",
    }
    note = "The test set validates, as in the report. Codes are read before their batch norm and decoded after it."
    return _pair("002", _convolutional("fashion-cae"), reported, note, CAE_LITE)


def _denoising() -> Pair:
    config = _convolutional("fashion-denoising", noise=0.3, noise_once=True)
    reported = {
        "unit": "nats_per_pixel",
        "parameters": {"total": 306_699},
        "points": [{"epoch": e, "validation": loss} for e, loss in {1: 0.4572, 5: 0.3440, 100: 0.3605}.items()],
        "best": 0.3440,
        "note": "The columns of epochs 75 to 79 are swapped. The report keeps epoch 100, far from its best.",
    }
    note = """The report prints neither the noise level nor whether the noise was drawn once: run at 0.1, 0.3 and 0.5, \
with one noisy copy, which fits the overfitting that it reports. The loss is taken against the clean image, and the \
test set validates."""
    return _pair("002", config, reported, note, CAE_LITE, {"noise": (0.1, 0.3, 0.5)})


CIFAR_SMALL = {
    "encoder": "conv64 pool2 conv32 pool2 conv16 pool2 conv8 pool2 conv8 pool2 conv8 conv8 flatten code2",
    "decoder": "dense8 reshape1x1x8 deconv8 up2 deconv8 up2 deconv8 up2 deconv16 up2 deconv32 up2 deconv3:sigmoid",
}
CIFAR_LITE = Lite(
    "an eighth of the encoder's filters, a quarter of the decoder's, 10,000 of 50,000 images, 5 epochs",
    {**CIFAR_SMALL, "epochs": 5, "train_size": 10_000},
)


def _cifar() -> Pair:
    encoder = "conv512 pool2 conv256 pool2 conv128 pool2 conv64 pool2 conv32 pool2 conv16 conv8 flatten code2"
    decoder = "dense8 reshape1x1x8 deconv8 up2 deconv16 up2 deconv32 up2 deconv64 up2 deconv128 up2 deconv3:sigmoid"
    config = Config(
        "cifar10", (32, 32, 3), encoder, decoder, recipe="cifar-vae", beta=3.0, batch=128, epochs=100, split="test"
    )
    reported = {
        "unit": "nats_per_image_mean_over_channels",
        "parameters": {"encoder": 1_587_356, "decoder": 102_227},
        "points": [{"epoch": 18, "train": 654.6, "train_reconstruction": 650.0, "train_kl": 4.35}],
        "best": 654.6,
        "note": "18 epochs are printed. The total is not the sum of its parts; an epoch has steps for 60,000 images.",
    }
    note = """The report's loss is a mean over channels, which is beta = 3 in nats per image. It validates nothing; \
here the test set only validates, and all 50,000 training images train."""
    return _pair("003", config, reported, note, CIFAR_LITE)


DROPOUT_ENCODER = "conv8/2 drop.5 conv16/2:linear bn relu drop.5 conv32/2v flatten dense128"
DROPOUT_DECODER = """dense128 dense288 reshape3x3x32 deconv16/2v:linear bn drop.2 relu deconv8/2:linear bn drop.1 relu \
deconv1/2:sigmoid"""
DROPOUT_NOTE = """The size of the code is not printed (over 2): run at 2, 4, 8 and 16. Neither are the batch and the \
number of epochs; training stops at the first epoch that is no better. The report's PyTorch pads strides \
symmetrically, so its parameter counts agree but its weights would not."""


def _dropout(key: str, kind: str, rate: float, reported: Reported) -> Pair:
    config = _fashion(
        key, DROPOUT_ENCODER, DROPOUT_DECODER, kind, latent=2, loss="mse", learning_rate=rate, epochs=30, patience=1
    )
    lite = Lite("20,000 of 60,000 images, 5 epochs", {"train_size": 20_000, "epochs": 5, "patience": 0})
    return _pair("004", config, reported, DROPOUT_NOTE, lite, {"latent": (2, 4, 8, 16)})


def _dropout_ae() -> Pair:
    reported = {
        "unit": "mse_per_pixel",
        "parameters": {},
        "points": [],
        "best": 0.0215,
        "cross_validation": 0.0237,
        "note": "Test error 0.0215; 0.0237 over 3 folds of 3 to 5 epochs. The size of the code is not stated.",
    }
    return _dropout("fashion-dropout-ae", "ae", 0.0128, reported)


def _dropout_vae() -> Pair:
    reported: Reported = {
        "unit": "summed_error",
        "parameters": {},
        "points": [],
        "best": None,
        "train_first": 24_720,
        "train_last": 25_538,
        "validation": 0.021406,
        "note": "The training error rises; the validation number, in another unit, is the same in all epochs.",
    }
    return _dropout("fashion-dropout-vae", "vae", 0.0114, reported)
