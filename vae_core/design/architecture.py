"""An architecture: the layers of an encoder and a decoder that fit together, with their shapes and counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from vae_core.design import repairs
from vae_core.design.layers import (
    MAX_CODE,
    Activation,
    BatchNorm,
    Code,
    Convolution,
    Crop,
    Deconv,
    Dense,
    Flatten,
    Layer,
    Pad,
    Principal,
    Reshape,
    Residual,
    Shape,
    show,
)
from vae_core.design.mirror import mirror, without_mirror
from vae_core.design.notation import MAX_TOKENS, count_tokens, parse, write
from vae_core.errors import LoupeError, Repair

MAX_PARAMETERS = 50_000_000
MAX_SIDE = 512  # pixels of an image's height or width
KINDS = ("vae", "ae")
Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class Row:
    """One line of the layer table."""

    layer: Layer
    before: Shape  # what reaches it
    output: Shape
    parameters: int
    trainable: int
    multiply_adds: int


def counted(parameters: int, trained: int) -> str:
    """So many parameters in words. Training leaves some alone: the mean and the variance that a batch norm goes by."""
    return f"{parameters:,} parameters, {trained:,} of them trained and {parameters - trained:,} not"


@dataclass(frozen=True)
class Architecture:
    image: tuple[int, int, int]
    kind: str
    encoder: tuple[Layer, ...]  # what comes before the code
    code: Code
    tail: tuple[Layer, ...]  # what follows the code: counted with the encoder, executed by the decoder
    decoder: tuple[Layer, ...]

    @property
    def encoder_rows(self) -> tuple[Row, ...]:
        before = _rows(self.encoder, self.image)
        heads = 2 if self.kind == "vae" else 1
        code = _row(self.code, before[-1].output if before else self.image, times=heads)
        return (*before, code, *_rows(self.tail, code.output))

    @property
    def decoder_rows(self) -> tuple[Row, ...]:
        return _rows(self.decoder, (self.code.size,))

    @property
    def counts(self) -> dict[str, int]:
        encoder, decoder = self.encoder_rows, self.decoder_rows
        in_encoder, in_decoder = (sum(row.parameters for row in rows) for rows in (encoder, decoder))
        trainable = sum(row.trainable for row in (*encoder, *decoder))
        return {"encoder": in_encoder, "decoder": in_decoder, "total": in_encoder + in_decoder, "trainable": trainable}

    @property
    def networks(self) -> dict[str, str]:
        """What the layers of each network hold, in words."""
        both = {"encoder": self.encoder_rows, "decoder": self.decoder_rows}
        return {
            name: counted(sum(row.parameters for row in rows), sum(row.trainable for row in rows))
            for name, rows in both.items()
        }

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of one image through encoder and decoder."""
        return sum(row.multiply_adds for row in (*self.encoder_rows, *self.decoder_rows))

    @property
    def sees(self) -> int:
        """The side in pixels of the square that one number of the encoder's last picture is made of."""
        side, apart = 1.0, 1.0
        for layer in takewhile(lambda layer: not isinstance(layer, Flatten), self.encoder):
            side, apart = layer.seen(side, apart)
        whole = min(self.image[:2])
        return whole if isinstance(self.encoder[0], Flatten) else min(math.ceil(side), whole)

    @property
    def encoder_line(self) -> str:
        """The whole encoder in words, its code included."""
        return write((*self.encoder, self.code, *self.tail))

    @property
    def decoder_line(self) -> str:
        """The whole decoder in words, where the config may only say 'mirror'."""
        return write(self.decoder)

    @property
    def ends_in_sigmoid(self) -> bool:
        """Whether the decoder's numbers all lie strictly between 0 and 1, as a Bernoulli likelihood needs them."""
        working = [layer for layer in self.decoder if not isinstance(layer, Reshape | Crop)]
        last = working[-1] if working else None
        if isinstance(last, Activation):
            return last.name == "sigmoid"
        return isinstance(last, Dense | Convolution) and last.activation == "sigmoid"


def plan(
    image: tuple[int, int, int], encoder: str, decoder: str = "mirror", kind: str = "vae", latent: int = 2
) -> Architecture:
    """The architecture that two lines of notation describe, or a LoupeError that says what does not fit."""
    _check_image(image)
    if kind not in KINDS:
        raise LoupeError(f"The kind is '{kind}'", f"One of {', '.join(KINDS)} was expected")
    before, code, tail = _split_at_code(parse(encoder), image, latent)
    _check_tail(before, code, tail, kind)
    line = (*before, code, *tail)
    _through(line[: len(before) + 1], image, "encoder", line)
    after = _mirrored(image, before, line) if is_mirror(decoder) else parse(decoder, "decoder")
    _check_decoder(after, code, image)
    _check_principal("encoder", before, before[:2] if before[:1] == (Flatten(),) else ())
    _check_principal("decoder", after, after[-2:] if isinstance(after[-1], Reshape) else ())
    architecture = Architecture(image, kind, before, code, tail, after)
    _check_size(architecture)
    return architecture


def is_mirror(decoder: str) -> bool:
    return decoder.strip().lower() == "mirror"


def without_sigmoid(layers: Layers) -> Layers:
    """The layers up to the numbers whose sigmoid is the picture; reshapes and crops may follow as before."""
    place = max(index for index, layer in enumerate(layers) if not isinstance(layer, Reshape | Crop))
    last = layers[place]
    if isinstance(last, Activation):
        return (*layers[:place], *layers[place + 1 :])
    assert isinstance(last, Dense | Convolution)
    return (*layers[:place], replace(last, activation="linear"), *layers[place + 1 :])


def _mirrored(image: tuple[int, int, int], encoder: Layers, line: Layers) -> Layers:
    try:
        decoder = mirror(image, encoder)
    except LoupeError as error:
        places = [place for place, layer in enumerate(encoder) if without_mirror(layer)]
        raise error.offer(repairs.taken_out("encoder", line, places)) from None
    count = count_tokens(decoder)
    if count > MAX_TOKENS:
        raise LoupeError(f"The mirror of this encoder has {count} tokens", f"At most {MAX_TOKENS} are allowed")
    return decoder


def _check_size(architecture: Architecture) -> None:
    total = architecture.counts["total"]
    if total > MAX_PARAMETERS:
        largest = max((*architecture.encoder_rows, *architecture.decoder_rows), key=lambda row: row.parameters)
        rows = architecture.encoder_rows
        place = max(range(len(rows)), key=lambda place: rows[place].parameters)
        raise LoupeError(
            f"The model has {total:,} parameters",
            f"At most {MAX_PARAMETERS:,} are allowed",
            f"The largest layer is {largest.layer.text}; use fewer filters or units, or a stride before it",
            repairs.fewer_parameters(tuple(row.layer for row in rows), place),
        )


def _check_image(image: tuple[int, int, int]) -> None:
    whole = len(image) == 3 and all(type(size) is int for size in image)
    if not whole or not all(1 <= side <= MAX_SIDE for side in image[:2]) or image[2] not in (1, 3):
        raise LoupeError(
            f"The image size is {show(image)}",
            f"Height and width from 1 to {MAX_SIDE}, and 1 (grey) or 3 (colour) channels were expected",
        )


def _split_at_code(layers: Layers, image: Shape, latent: int) -> tuple[Layers, Code, Layers]:
    if not layers:
        raise LoupeError("The encoder line is empty", "At least one token was expected", "Try conv16/2 bn conv32/2 bn")
    places = [place for place, layer in enumerate(layers) if isinstance(layer, Code)]
    if len(places) > 1:
        raise LoupeError(
            f"The encoder has {len(places)} codes",
            "It ends in one code",
            "Take the others out",
            repairs.taken_out("encoder", layers, places),
        )
    if places:
        code = layers[places[0]]
        assert isinstance(code, Code)
        return layers[: places[0]], code, layers[places[0] + 1 :]
    if not 1 <= latent <= MAX_CODE:
        raise LoupeError(f"The latent size is {latent}", f"A number from 1 to {MAX_CODE} was expected")
    flat = () if len(_through(layers, image, "encoder", layers)) == 1 else (Flatten(),)
    return (*layers, *flat), Code(latent), ()


def _check_tail(before: Layers, code: Code, tail: Layers, kind: str) -> None:
    offered = repairs.code_last(before, code, tail)
    wrong = next((layer for layer in tail if not isinstance(layer, BatchNorm | Activation)), None)
    if wrong is not None:
        raise LoupeError(
            f"{wrong.text} follows {code.text} in the encoder",
            "The encoder ends in its code; only bn or an activation may follow",
            f"Move {wrong.text} before {code.text}, or into the decoder",
            offered,
        )
    if kind == "vae":
        _check_heads(code, tail, offered)


def _check_heads(code: Code, tail: Layers, offered: Iterable[Repair]) -> None:
    if tail:
        raise LoupeError(
            f"{tail[0].text} follows {code.text} in the encoder of a VAE",
            "A VAE's code is drawn from its mean and log-variance, and the KL term needs them as they are",
            f"Move {tail[0].text} to the start of the decoder",
            offered,
        )
    if code.activation != "linear":
        raise LoupeError(
            f"{code.text} has an activation, but a VAE's two heads are linear",
            "A mean may be negative and so may a log-variance",
            f"Write code{code.size}, or choose a plain autoencoder",
            offered,
        )


def _check_decoder(layers: Layers, code: Code, image: tuple[int, int, int]) -> None:
    place, wrong = next(((i, layer) for i, layer in enumerate(layers) if isinstance(layer, Code)), (-1, None))
    if wrong is not None:
        fix = f"Use dense{wrong.size} there"
        raise LoupeError(
            f"The decoder has {wrong.text} in it",
            "The code belongs to the encoder",
            fix,
            repairs.no_code(layers, place, wrong.size),
        )
    shape = _through(layers, (code.size,), "decoder", layers)
    if shape != image:
        what = "The decoder line is empty" if not layers else f"The decoder ends in the shape {show(shape)}"
        more = _ending(shape, image)
        fix = f"End it in {write(more)}" if len(shape) == 1 else f"Change its strides, or add {write(more)} at the end"
        offered = repairs.ending(layers, more, image)
        raise LoupeError(what, f"It has to end in the image's {show(image)}", fix, offered)


def _check_principal(part: str, layers: Layers, pictures: Layers) -> None:
    """Principal components are those of whole images: only what lays `pictures` out stands between."""
    for place, layer in enumerate(layers):
        inside = layer.body if isinstance(layer, Residual) else ()
        if not any(isinstance(each, Principal) for each in (layer, *inside)) or (not inside and layer in pictures):
            continue
        raise LoupeError(
            f"{layer.text} does not stand next to the image",
            "Principal components are those of whole images",
            "Put it after the flatten that begins the encoder, or before the reshape that ends the decoder",
            repairs.taken_out(part, layers, [place]),
        )


def _ending(shape: Shape, image: tuple[int, int, int]) -> Layers:
    """How a decoder could get from the shape it ended in to the image's."""
    if len(shape) == 1:
        return Dense(math.prod(image), "sigmoid"), Reshape(*image)
    rows, columns = shape[0] - image[0], shape[1] - image[1]
    crop, pad = Crop(max(rows, 0), max(columns, 0)), Pad(max(-rows, 0), max(-columns, 0))
    borders = tuple(layer for layer in (crop, pad) if layer.height or layer.width)
    return (*borders, Deconv(image[2], activation="sigmoid")) if shape[2] != image[2] else borders


def _through(layers: Layers, shape: Shape, part: str, line: Layers) -> Shape:
    """The shape that comes out; `layers` begin the line of this part."""
    for place, layer in enumerate(layers):
        try:
            shape = layer.output(shape)
        except LoupeError as error:
            raise repairs.unfit(error, part, line, place) from None
    return shape


def _rows(layers: Sequence[Layer], shape: Shape) -> tuple[Row, ...]:
    rows: list[Row] = []
    for layer in layers:
        rows.append(_row(layer, shape))
        shape = rows[-1].output
    return tuple(rows)


def _row(layer: Layer, shape: Shape, times: int = 1) -> Row:
    counts = (layer.parameters(shape), layer.trainable(shape), layer.multiply_adds(shape))
    return Row(layer, shape, layer.output(shape), *(times * count for count in counts))
