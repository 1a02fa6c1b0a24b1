"""Latent Loupe for programs of your own, and the command `latent-loupe` (`__main__.py`)."""

from vae_core import __version__

__all__ = ["__version__"]
