"""What a kind of model is called: one room, for every table, sentence and command."""

from __future__ import annotations

from typing import Protocol

KINDS = {"vae": "VAE", "ae": "autoencoder"}


class Model(Protocol):
    """A config, or the line of a run in the list."""

    @property
    def kind(self) -> str: ...
    @property
    def has_prior(self) -> bool: ...


def kind(model: Model) -> str:
    """What kind of model it is; a VAE that trains without its KL term is one in name only."""
    named = model.kind != "vae" or model.has_prior
    return KINDS.get(model.kind, model.kind) if named else "VAE without its KL term (beta is 0)"
