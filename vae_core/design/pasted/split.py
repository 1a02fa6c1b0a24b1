"""Which of the layers that were read are the encoder, the code and the decoder."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vae_core.design.draft import MIRROR, Draft
from vae_core.design.layers import (
    MAX_CODE,
    Activation,
    BatchNorm,
    Code,
    Convolution,
    Deconv,
    Dense,
    Flatten,
    Layer,
    Reshape,
    Shape,
    Up,
    show,
)
from vae_core.design.notation import write
from vae_core.design.pasted.chains import Chain, Layers, with_activation
from vae_core.errors import LoupeError

ENCODER = re.compile(r"(?<!auto)(?<!auto_)(?<!auto-)encod|^enc$|inference|recognition", re.IGNORECASE)
DECODER = re.compile(r"decod|^dec$|generat", re.IGNORECASE)
Image = tuple[int, int, int]
NO_DECODER = "No decoder was found: it is the encoder's mirror."
USUAL_CODE = 32


@dataclass(frozen=True)
class Part:
    """A network by its names."""

    names: tuple[str, ...]
    chain: Chain

    @property
    def is_encoder(self) -> bool:
        return any(ENCODER.search(name) and not DECODER.search(name) for name in self.names)

    @property
    def is_decoder(self) -> bool:
        return any(DECODER.search(name) and not ENCODER.search(name) for name in self.names)


@dataclass(frozen=True)
class Halves:
    encoder: Chain
    decoder: Chain


@dataclass(frozen=True)
class Lines:
    encoder: str
    decoder: str
    kind: str
    latent: int
    image: Image | None
    told: tuple[str, ...]


def halves(parts: Sequence[Part]) -> Halves:
    """By names, or where one network is the beginning of another, or at the narrowest place."""
    parts = [part for part in parts if part.chain.layers]
    if not parts:
        raise LoupeError(
            "No network was found in it",
            "Code with Keras' layers, or what model.summary() prints, was expected",
            "Paste the lines that make the model",
        )
    encoder, decoder = _longest(parts, "is_encoder"), _longest(parts, "is_decoder")
    whole = max((part.chain for part in parts), key=lambda chain: len(chain.layers))
    if encoder and decoder and not _goes_on_between(encoder, decoder, whole):
        return Halves(encoder, decoder)
    return _cut(whole, _place(parts, whole, encoder, decoder))


def _longest(parts: Sequence[Part], which: str) -> Chain | None:
    """The last of equally long ones: it took the name of the others."""
    found = [part.chain for part in reversed(parts) if getattr(part, which)]
    return max(found, key=lambda chain: len(chain.layers), default=None)


def _goes_on_between(encoder: Chain, decoder: Chain, whole: Chain) -> bool:
    """The heads of a VAE may stand between them."""
    first, last, layers = len(encoder.layers), len(decoder.layers), whole.layers
    return len(layers) > first + last and layers[:first] == encoder.layers and layers[-last:] == decoder.layers


def _place(parts: Sequence[Part], whole: Chain, encoder: Chain | None, decoder: Chain | None) -> int:
    """How many of the layers are the encoder's."""
    layers = whole.layers
    if whole.code is not None:
        return whole.code + 1
    if encoder and (layers == encoder.layers or layers[: len(encoder.layers)] == encoder.layers):
        return len(encoder.layers)
    if decoder and layers[-len(decoder.layers) :] == decoder.layers:
        return len(layers) - len(decoder.layers)
    lengths = [len(part.chain.layers) for part in parts if layers[: len(part.chain.layers)] == part.chain.layers]
    shorter = [length for length in lengths if length < len(layers)]
    return max(shorter) if shorter else _narrowest(whole)


def _narrowest(chain: Chain) -> int:
    """The smallest dense layer; or else the smallest picture before they grow."""
    layers = chain.layers
    dense = [place for place, layer in enumerate(layers[:-1]) if isinstance(layer, Dense)]
    if dense:
        return min(dense, key=lambda place: layers[place].units) + 1  # type: ignore[attr-defined]  # dense ones
    grows = (place for place, layer in enumerate(layers) if isinstance(layer, Up | Deconv))
    end = next(grows, len(layers))
    sizes = [_through(layers[: place + 1], chain.begins) for place in range(end)]
    return 1 + min(range(end), key=lambda place: math.prod(sizes[place] or (MAX_CODE,)), default=end - 1)


def _cut(chain: Chain, place: int) -> Halves:
    return Halves(replace(chain, layers=chain.layers[:place]), Chain(None, chain.layers[place:], ()))


# The two lines.


def lines(found: Halves, from_logits: bool, given: Image | None) -> Lines:
    """`given` is the size of the images, where the text does not say it."""
    encoder, decoder = found.encoder.layers, found.decoder.layers
    image = _image(found.encoder.begins, encoder, decoder, given)
    encoder, twin = _from_twins(_from_flat(encoder, found.encoder.begins, image), found.decoder.begins)
    kind = "vae" if twin or found.encoder.code is not None else "ae"
    before, code, after = _code(encoder, found.decoder.begins, image)
    told = [] if decoder else [NO_DECODER]
    if not isinstance(code, Code):
        code, decoder, more = _added(before, decoder, image, found.decoder.begins)
        before = before if before and isinstance(before[-1], Flatten | Dense) else (*before, Flatten())
        told.append(more)
    tail, first = ((), after) if kind == "vae" else (after, ())
    decoder = _to_picture((*first, *decoder), image) if decoder else ()
    decoder = _from_logits(decoder) if from_logits and decoder else decoder
    line, own = write((*before, code, *tail)), write(decoder) or MIRROR
    mirrored = image is not None and Draft(image, line, own, kind).mirrored
    return Lines(line, MIRROR if mirrored else own, kind, code.size, image, tuple(told))


def _image(begins: Shape | None, encoder: Layers, decoder: Layers, given: Image | None) -> Image | None:
    """The size of the images, where the text tells it; a flat row is taken for a square."""
    reshaped = [layer.shape for layer in (*encoder[:1], *decoder[-1:]) if isinstance(layer, Reshape)]
    if begins and len(begins) == 3:
        return (begins[0], begins[1], begins[2])
    if begins and len(begins) == 2:
        return (begins[0], begins[1], 1)
    if reshaped:
        return reshaped[0]  # type: ignore[return-value]  # it has three sizes
    if begins is None or (given and math.prod(given) == begins[0]):
        return given
    squares = ((math.isqrt(begins[0] // channels), channels) for channels in (1, 3))
    return next(((side, side, channels) for side, channels in squares if side**2 * channels == begins[0]), given)


def _from_flat(encoder: Layers, begins: Shape | None, image: Image | None) -> Layers:
    """Here a network begins with a picture, and what Keras begins with may be a row of numbers."""
    first = encoder[0] if encoder else None
    if isinstance(first, Reshape) and image == first.shape:
        return encoder[1:]
    flat = (begins and len(begins) == 1) or (begins is None and isinstance(first, Dense))
    return (Flatten(), *encoder) if flat and not isinstance(first, Flatten) else encoder


def _from_twins(encoder: Layers, begins: Shape | None) -> tuple[Layers, bool]:
    """One layer may give the mean and the variance at once: twice as many numbers as the decoder takes."""
    last = encoder[-1] if encoder else None
    twice = isinstance(last, Dense) and begins is not None and last.units == 2 * math.prod(begins)
    if not isinstance(last, Dense) or not twice or last.activation != "linear":
        return encoder, False
    return (*encoder[:-1], Code(last.units // 2)), True


def _code(encoder: Layers, begins: Shape | None, image: Image | None) -> tuple[Layers, Layer | None, Layers]:
    """What comes before the code, the code if there is one, and what follows it."""
    place = len(encoder)
    while place and isinstance(encoder[place - 1], BatchNorm | Activation):
        place -= 1
    last = encoder[place - 1] if place else None
    if isinstance(last, Code):
        return encoder[: place - 1], last, encoder[place:]
    if isinstance(last, Dense) and last.units <= MAX_CODE:
        return encoder[: place - 1], Code(last.units, last.activation), encoder[place:]
    return encoder, None, ()


def _added(encoder: Layers, decoder: Layers, image: Image | None, begins: Shape | None) -> tuple[Code, Layers, str]:
    """Where the narrowest place is a picture, dense layers lead to a code and back from it."""
    shape = begins if begins and len(begins) == 3 else _through(encoder, image)
    size = min(math.prod(shape), MAX_CODE) if shape else USUAL_CODE
    where = f"a picture of {show(shape)}" if shape and len(shape) == 3 else "no list of numbers"
    told = f"Its narrowest place is {where}, and here a code is a list: a dense layer was added that makes {size} "
    told += "numbers of it"
    if not shape or len(shape) != 3 or not decoder:
        return Code(size), decoder if begins else (), f"{told}."
    height, width, channels = shape
    back = (Dense(math.prod(shape)), Reshape(height, width, channels))
    return Code(size), (*back, *decoder), f"{told}, and one that leads back."


def _through(layers: Layers, image: Shape | None) -> Shape | None:
    shape: Shape | None = image
    for layer in layers:
        try:
            shape = layer.output(shape) if shape else None
        except LoupeError:
            return None
    return shape


def _to_picture(decoder: Layers, image: Image | None) -> Layers:
    """Here a network ends in a picture."""
    last = decoder[-1]
    if isinstance(last, Flatten):
        return decoder[:-1]
    flat = next((layer for layer in reversed(decoder) if isinstance(layer, Dense | Reshape | Convolution)), None)
    if image and isinstance(flat, Dense) and flat.units == math.prod(image):
        return (*decoder, Reshape(*image))
    return decoder


def _from_logits(decoder: Layers) -> Layers:
    """The loss has the last sigmoid in it."""
    place = max((i for i, layer in enumerate(decoder) if isinstance(layer, Dense | Convolution)), default=None)
    if place is None or decoder[place].activation != "linear":  # type: ignore[attr-defined]  # it has one
        return decoder
    return (*decoder[:place], with_activation(decoder[place], "sigmoid"), *decoder[place + 1 :])
