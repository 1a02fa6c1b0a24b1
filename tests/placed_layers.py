"""Every kind of layer by its examples, at the places of a network where it fits."""

from __future__ import annotations

from vae_core.design.architecture import Architecture, Row
from vae_core.design.config import Config
from vae_core.design.layers import KINDS
from vae_core.errors import LoupeError

WORDS = [word for kind in KINDS for word in kind.words]
EXAMPLES = [example for word in WORDS for example in word.examples]
IMAGE = (9, 7, 3)
END = "dense189:sigmoid reshape9x7x3"
# Where layers may stand, in an encoder or in a decoder. Of these places, each layer is tried where it fits.
PLACES = (
    ("conv6 bn {} conv5 bn flatten", "mirror"),
    ("conv3 flatten dense8 {}", "mirror"),
    ("conv3 {} dense6", "mirror"),
    ("conv4 flatten", f"{{}} dense9 bn {END}"),
    ("conv4 flatten", f"dense12 reshape2x3x2 bn {{}} conv4 flatten {END}"),
    ("conv4 flatten", f"dense784 {{}} conv2 flatten {END}"),
    ("flatten {} dense8", "mirror"),
)


def config(place: tuple[str, str], *examples: str) -> Config | None:
    encoder, decoder = (line.format(" ".join(examples)) for line in place)
    try:
        return Config("digits", IMAGE, encoder, decoder, kind="ae", loss="mse")
    except LoupeError:
        return None


def fitting(example: str) -> list[Config]:
    return [found for place in PLACES if (found := config(place, example))]


def rows(architecture: Architecture) -> tuple[Row, ...]:
    return (*architecture.encoder_rows, *architecture.decoder_rows)
