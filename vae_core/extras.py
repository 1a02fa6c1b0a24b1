"""What an installation may do without: whether it is here, and in a sentence how to add it.

Looking at finished models needs none of it. The names are those of requirements.txt, as in `latent-loupe[train]`.
"""

from __future__ import annotations

from importlib.util import find_spec

from vae_core.errors import LoupeError
from vae_core.settings import INSTALLED

LETTERS = {"matplotlib": "matplotlib"}
TRAINER = {"tensorflow": "TensorFlow", "keras": "Keras", "ai_edge_litert": "LiteRT"}
SEARCHES = {"optuna": "Optuna", "plotly": "Plotly"}
NEEDED = {  # by name: what cannot be done without it, and the packages that it brings, by what they are imported as
    "train": ("Training", {**TRAINER, **SEARCHES, **LETTERS}),
    "letters": ("Drawing the letters", LETTERS),
    "umap": ("UMAP", {"umap": "umap-learn"}),
    "pdf": ("A PDF", {"fpdf": "fpdf2"}),
    "heic": ("Reading HEIC pictures", {"pi_heif": "pi-heif"}),
    "login": ("Signing in", {"authlib": "Authlib", "httpx": "httpx"}),
}


def lacking(name: str, what: str = "") -> LoupeError | None:
    """The sentence to tell where something of it is not here; `what` begins it where it is about something else."""
    usual, packages = NEEDED[name]
    missing = next((package for module, package in packages.items() if find_spec(module) is None), None)
    if missing is None:
        return None
    return LoupeError(f"{what or usual} needs {missing}, which is not installed here", fix=how_to_add(name))


def need(name: str, what: str = "") -> None:
    """Refuse to begin where it is not here."""
    if told := lacking(name, what):
        raise told


def how_to_add(name: str) -> str:
    wanted = f"'latent-loupe[{name}]'" if INSTALLED else "-r requirements.txt"
    return f"To add it: pip install {wanted}"
