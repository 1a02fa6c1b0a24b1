"""Latent Loupe's core: small autoencoders from one line of notation to pictures, without a web page."""

__version__ = "0.1.0"
