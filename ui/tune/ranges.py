"""What a search varies, as widgets: for each setting its range or the values to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from vae_core.search.space import BY_FACTORS, LIMITS, NAMES, Vary
from vae_core.spec.config import CHOICES, Config

BATCHES = (8, 16, 32, 64, 128, 256, 512, 1024)
LABELS = {
    "learning_rate": "Learning rate", "batch": "Batch", "optimizer": "Optimiser", "schedule": "Schedule",
    "warmup": "Warm-up", "beta": "Beta", "kl_warmup": "Warm-up of beta", "noise": "Noise", "latent": "Code size",
    "filters": "Width", "depth": "Depth", "dropout": "Dropout", "activation": "Activation",
}  # fmt: skip
TRIED = {"activation": ("relu", "gelu", "elu", "silu", "leaky"), "optimizer": CHOICES["optimizer"],
         "schedule": CHOICES["schedule"], "batch": BATCHES}  # fmt: skip
USUAL: dict[str, Any] = {
    "beta": (0.1, 10.0), "kl_warmup": (0, 10), "warmup": (0.0, 5.0), "noise": (0.0, 0.5), "latent": (2, 16),
    "filters": (0.5, 2.0), "depth": (0, 2), "dropout": (0.0, 0.5), "batch": (32, 64, 128),
    "optimizer": ("adam", "sgd"), "schedule": ("constant", "cosine"), "activation": ("relu", "gelu"),
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """One setting, and how it is called here."""

    name: str

    @property
    def label(self) -> str:
        return LABELS[self.name]

    @property
    def help(self) -> str:
        text = NAMES[self.name][1]
        by_factors = " Values are spread by factors: as many from 0.001 to 0.01 as from 0.01 to 0.1."
        return f"{text[0].upper()}{text[1:]}.{by_factors if self.name in BY_FACTORS else ''}"


def choose(base: Config) -> list[Vary]:
    """Which settings vary, and within what."""
    hidden = {"beta", "kl_warmup"} if base.kind == "ae" else set()
    offers = {name: Offer(name) for name in NAMES if name not in hidden}
    names = st.multiselect(
        "What may vary", list(offers), default=["learning_rate"], key=f"tune_names_{base.kind}",
        format_func=lambda name: LABELS[name],
        help="Each trial of the search takes other values of these; the rest stays as it is.",
    )  # fmt: skip
    ordered = [name for name in offers if name in names]
    return [_row(offers[name], base, ordered) for name in ordered]


def _row(offer: Offer, base: Config, names: list[str]) -> Vary:
    key = f"tune_{offer.name}_{base.digest}"
    if offer.name in TRIED:
        usual = list(USUAL[offer.name])
        chosen = st.multiselect(offer.label, list(TRIED[offer.name]), default=usual, key=key, help=offer.help)
        return Vary(offer.name, choices=tuple(chosen) or tuple(usual))
    kind = NAMES[offer.name][0]
    least, most = (kind(bound) for bound in LIMITS[offer.name])
    first, last = USUAL.get(offer.name) or (base.learning_rate / 10, base.learning_rate * 10)
    form = "%d" if kind is int else "%.6g"
    left, right = st.columns(2)
    low = left.number_input(
        f"{offer.label}, from", least, most, kind(first), key=f"{key}_low", format=form, help=offer.help
    )
    high = right.number_input("to", least, most, kind(last), key=f"{key}_high", format=form)
    when = ("schedule", "cosine") if offer.name == "warmup" and "schedule" in names else None
    by_factors = offer.name in BY_FACTORS and low > 0
    return Vary(offer.name, low, high, log=by_factors, when=when)
