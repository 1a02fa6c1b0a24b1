"""The settings of a training as widgets: a label in plain words, what it does, its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from vae_core.spec.config import BOUNDS


@dataclass(frozen=True)
class Field:
    """`name` is the config's field."""

    name: str
    label: str
    help: str

    def widget(self, key: str, value: Any = None, **options: Any) -> Any:
        """Draw it and return what it holds. It begins with `value`, unless the session knows better."""
        raise NotImplementedError


@dataclass(frozen=True)
class Whole(Field):
    step: int = 1

    def widget(self, key: str, value: Any = None, **options: Any) -> int:
        st.session_state.setdefault(key, int(value or 0))
        low, high = (int(bound) for bound in BOUNDS[self.name])
        return st.number_input(
            self.label, low, high, key=key, step=self.step, help=self.help, persist_state="session", **options
        )


@dataclass(frozen=True)
class Number(Field):
    step: float = 0.1

    def widget(self, key: str, value: Any = None, **options: Any) -> float:
        st.session_state.setdefault(key, float(value or 0))
        low, high = BOUNDS[self.name]
        return st.number_input(
            self.label,
            float(low),
            float(high),
            key=key,
            step=self.step,
            help=self.help,
            format="%.6g",
            persist_state="session",
            **options,
        )


@dataclass(frozen=True)
class Choice(Field):
    words: Mapping[str, str]

    def widget(self, key: str, value: Any = None, **options: Any) -> str:
        st.session_state.setdefault(key, value or next(iter(self.words)))
        return st.selectbox(
            self.label,
            list(self.words),
            key=key,
            format_func=lambda name: self.words[name],
            help=self.help,
            persist_state="session",
            **options,
        )


@dataclass(frozen=True)
class Switch(Field):
    def widget(self, key: str, value: Any = None, **options: Any) -> bool:
        st.session_state.setdefault(key, bool(value))
        return st.checkbox(self.label, key=key, help=self.help, persist_state="session", **options)


ALL: tuple[Field, ...] = (
    Choice(
        "kind",
        "Model",
        "A variational autoencoder (VAE) draws its codes at random around a place, which makes a map without holes "
        "that new images can be drawn from. A plain autoencoder only compresses: sharper, but its map has gaps.",
        {"vae": "VAE", "ae": "Plain autoencoder"},
    ),
    Whole(
        "latent",
        "Code size",
        "How many numbers an image is squeezed into. 2 can be seen as a map; more give sharper pictures, and a map "
        "that shows a slice of them.",
    ),
    Whole(
        "epochs",
        "Epochs",
        "How often all training images are seen. More is better up to a point; the best epoch is kept.",
    ),
    Whole(
        "train_size",
        "Images, 0 = all",
        "How many images train and validate. Fewer train faster and generalise less.",
        step=1000,
    ),
    Choice(
        "loss",
        "Pixel loss",
        "How far a picture is from its image. Cross-entropy reads a pixel as a probability and suits pictures between "
        "black and white; squared error suits photographs.",
        {
            "bce": "Cross-entropy",
            "bce-binary": "Cross-entropy, pixels made black or white",
            "mse": "Squared error (Gaussian)",
        },
    ),
    Number(
        "sigma",
        "Sigma of the Gaussian",
        "How exact pixels have to be: smaller weighs pictures more against the KL term. 0.707 makes the loss the plain "
        "sum of squared errors.",
        step=0.05,
    ),
    Choice(
        "split",
        "What validates",
        "The images that the model is judged by while it trains, and never trains on. Choosing the best epoch on the "
        "test set makes its test result look better than it is.",
        {
            "shuffled": "A random fifth of the training images",
            "tail": "The last fifth in file order",
            "test": "The test set",
        },
    ),
    Number(
        "beta",
        "Beta: weight of the KL term",
        "1 is the standard VAE. Larger makes a tidier map and blurrier pictures; 0 leaves the term out, and then there "
        "is no prior to draw new images from.",
        step=0.5,
    ),
    Whole(
        "kl_warmup",
        "KL warm-up, epochs",
        "Beta rises from 0 over these epochs, so that the model learns to see before it has to tidy its map.",
    ),
    Whole(
        "seed",
        "Seed",
        "Of all that is random: weights, order, noise, split. The same seed gives the same run again.",
    ),
    Choice(
        "optimizer",
        "Optimiser",
        "How a step is made from the gradient. Adam adapts itself and needs little care.",
        {"adam": "Adam", "adamw": "AdamW (with weight decay)", "sgd": "SGD with momentum"},
    ),
    Number(
        "learning_rate",
        "Learning rate",
        "The size of a step. Too large, and the loss jumps or is lost; too small, and it crawls. 0.001 is a good start "
        "for Adam.",
        step=0.0005,
    ),
    Whole(
        "batch",
        "Batch",
        "Images to a step. Larger is faster an epoch, with fewer steps to learn from.",
        step=16,
    ),
    Choice(
        "schedule",
        "Schedule",
        "Whether the learning rate stays, or falls to 0 along a cosine, which mostly ends in a better model.",
        {"cosine": "Falls along a cosine", "constant": "Stays the same"},
    ),
    Number(
        "warmup",
        "Learning-rate warm-up, epochs",
        "The learning rate rises from 0 over these epochs.",
        step=0.5,
    ),
    Whole(
        "patience",
        "Early stopping, epochs",
        "Stop when the validation loss has not improved for this many epochs. 0 never stops early.",
    ),
    Number(
        "noise",
        "Noise on the input",
        "Standard deviation of the noise that is added to the input, pixels being 0 to 1. The model is asked for the "
        "clean image: it learns to denoise. 0 adds none.",
    ),
    Switch(
        "noise_once",
        "One noisy copy",
        "Draw the noise once, instead of anew in every batch. Fresh noise teaches more.",
    ),
    Choice(
        "precision",
        "Precision",
        "Fewer digits compute faster on some processors. Measuring keeps full precision where nothing is gained.",
        {"auto": "Choose by measuring", "float32": "Full (float32)", "mixed_bfloat16": "Mixed (bfloat16)"},
    ),
    Choice(
        "fused",
        "Fused layers",
        "Layers computed in one piece: the same results, faster on most machines.",
        {"auto": "Choose", "on": "On", "off": "Off"},
    ),
)
FIELDS: dict[str, Field] = {field.name: field for field in ALL}
